;; Panics.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: trap
;; says: The plugin panicked.
;;! user
(unreachable)
