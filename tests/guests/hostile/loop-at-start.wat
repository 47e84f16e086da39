;; Never finishes its start function.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: START_MS_MAX
;; says: The plugin did not answer in time.
;;! start
(loop $forever (br $forever))
