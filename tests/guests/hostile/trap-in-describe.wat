;; Panics instead of saying what it is.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: trap
;; says: The plugin panicked.
;;! describe
(unreachable)
