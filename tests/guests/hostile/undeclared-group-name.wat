;; Renames a group, and its manifest says nothing of names.
;; base: base-json.wat
;; stopped-at: group
;; stopped-by: writes
;; says: The plugin wanted to change what its manifest does not name.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"set-display-name\",\"value\":\"Mine\",\"reason\":\"\"}]")
;;! group
(return (call $answer (i32.const 4096) (i32.const 58)))
