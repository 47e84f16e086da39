;; Answers about a group with a list of 4,294,967,295 changes.
;; base: base.wat
;; stopped-at: group
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! group
(i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const -1))
(return (i32.const 0))
