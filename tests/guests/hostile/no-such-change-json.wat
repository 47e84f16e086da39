;; Answers with a change of a kind that does not exist.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with JSON that the contract does not have. At /0/effect: It must be an effect that the contract has for users.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"delete\",\"reason\":\"Gone.\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 38)))
