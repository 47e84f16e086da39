;; Wants to block a member, which only operators do.
;; base: base.wat
;; writes: status
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin blocked a member, which only an operator does.
;;! user
(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
(i32.store8 (i32.const 64) (i32.const 2)) (i32.store8 (i32.const 72) (i32.const 2))
(i64.store (i32.const 96) (i64.const 0))
(return (i32.const 0))
