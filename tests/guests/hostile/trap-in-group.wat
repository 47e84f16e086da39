;; Panics over a group.
;; base: base.wat, base-json.wat
;; stopped-at: group
;; stopped-by: trap
;; says: The plugin panicked.
;;! group
(unreachable)
