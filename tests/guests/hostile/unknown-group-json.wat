;; Puts everybody into a group by an id that no group has.
;; base: base-json.wat
;; writes: groups
;; stopped-at: directory
;; stopped-by: inventory
;; says: It wanted to add a group that the identity provider does not have.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"add-group\",\"value\":\"0192f0c1-0000-7000-8000-00000000dead\",\"reason\":\"Everybody is in it.\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 102)))
