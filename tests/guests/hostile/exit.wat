;; Ends, as a program does.
;; base: wasi.wat
;; stopped-at: user
;; stopped-by: trap
;; says: The plugin exited, as a program does and a policy must not.
;;! user
(call $exit (i32.const 0))
