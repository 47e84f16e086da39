;; Answers with one change whose reason has two mebibytes.
;; base: base.wat
;; stopped-at: user
;; stopped-by: ANSWER_BYTES_MAX
;; says: The plugin answered with more than 1 MiB.
;;! user
(drop (memory.grow (i32.const 64)))
(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
(i32.store8 (i32.const 64) (i32.const 1))
(i32.store (i32.const 96) (i32.const 4096)) (i32.store (i32.const 100) (i32.const 2097152))
(return (i32.const 0))
