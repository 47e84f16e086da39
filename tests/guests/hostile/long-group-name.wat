;; Answers with a name of a group that is longer than any may be.
;; base: base-json.wat
;; writes: groups
;; stopped-at: user
;; stopped-by: GROUP_NAME_BYTES_MAX
;; says: The plugin answered with a text of more than 256 bytes.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"add-named-group\",\"value\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"reason\":\"\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 310)))
