;; Panics when it starts.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: trap
;; says: The plugin panicked.
;;! start
(unreachable)
