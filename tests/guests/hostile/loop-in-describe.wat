;; Never says what it is.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: DESCRIBE_MS_MAX
;; says: The plugin did not answer in time.
;;! describe
(loop $forever (br $forever))
