;; Never finishes `_initialize`, which runtimes call before anything else.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: START_MS_MAX
;; says: The plugin did not answer in time.
;;! functions
(func (export "_initialize")
  (loop $forever (br $forever)))
