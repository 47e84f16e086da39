;; Answers with text that is no UTF-8.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with what the contract does not have.
;;! user
(i32.store8 (i32.const 64) (i32.const 255))
(return (call $answer (i32.const 64) (i32.const 1)))
