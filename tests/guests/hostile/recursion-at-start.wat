;; Calls itself without end when it starts.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: STACK_BYTES_MAX
;; says: The plugin recursed too deeply.
;;! functions
(func $recurse (call $recurse) (call $recurse))
;;! start
(call $recurse)
