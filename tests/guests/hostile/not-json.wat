;; Answers with half an array.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with JSON that the contract does not have. It is not JSON.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"exclude\"")
;;! user
(return (call $answer (i32.const 4096) (i32.const 20)))
