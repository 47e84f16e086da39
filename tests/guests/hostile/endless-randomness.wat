;; Wants a terabyte of random numbers.
;; base: wasi.wat
;; stopped-at: user
;; stopped-by: RANDOM_BYTES_MAX
;; says: The plugin wanted more random bytes at once than there are.
;;! user
(call $random-bytes (i64.const 1000000000000) (i32.const 256))
