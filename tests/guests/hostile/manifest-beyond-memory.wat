;; Says what it is beyond its memory.
;; base: base.wat
;; stopped-at: upload/describe
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! describe
(return (i32.const 131068))
