;; Calls itself without end.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: STACK_BYTES_MAX
;; says: The plugin recursed too deeply.
;;! functions
(func $recurse (call $recurse) (call $recurse))
;;! user
(call $recurse)
