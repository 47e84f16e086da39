;; Never takes its settings.
;; base: base.wat, base-json.wat
;; stopped-at: configure
;; stopped-by: CONFIGURE_MS_MAX
;; says: The plugin did not answer in time.
;;! configure
(loop $forever (br $forever))
