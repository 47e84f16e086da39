;; Answers with a list of a hundred thousand changes, which ends beyond its memory.
;; base: base.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! user
(i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 100000))
(return (i32.const 0))
