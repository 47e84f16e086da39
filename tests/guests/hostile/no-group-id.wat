;; Puts everybody into a group by its name, where its id belongs.
;; base: base-json.wat
;; writes: groups
;; stopped-at: directory
;; stopped-by: inventory
;; says: It wanted to add a group by what is no group's id.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"add-group\",\"value\":\"Everybody\",\"reason\":\"Everybody is in it.\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 75)))
