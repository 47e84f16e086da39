;; Panics over its settings.
;; base: base.wat, base-json.wat
;; stopped-at: configure
;; stopped-by: trap
;; says: The plugin panicked.
;;! configure
(unreachable)
