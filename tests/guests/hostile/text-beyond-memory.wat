;; Answers with a text that ends beyond its memory.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! user
(return (call $answer (i32.const 4) (i32.const -8)))
