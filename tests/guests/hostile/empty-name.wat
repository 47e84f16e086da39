;; Answers with a group of no name.
;; base: base-json.wat
;; writes: groups
;; stopped-at: user
;; stopped-by: contract
;; says: The plugin answered with an empty name.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"add-named-group\",\"value\":\"\",\"reason\":\"\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 53)))
