;; Never gives out the memory that its settings are to be written to.
;; base: base.wat, base-json.wat
;; stopped-at: configure
;; stopped-by: CONFIGURE_MS_MAX
;; says: The plugin did not answer in time.
;;! realloc
(loop $forever (br $forever))
