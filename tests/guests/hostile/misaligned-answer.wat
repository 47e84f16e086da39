;; Answers at an odd address.
;; base: base.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! user
(return (i32.const 1))
