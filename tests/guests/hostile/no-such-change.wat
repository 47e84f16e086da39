;; Answers with a change of a kind that does not exist.
;; base: base.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! user
(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
(i32.store8 (i32.const 64) (i32.const 99))
(return (i32.const 0))
