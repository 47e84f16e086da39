;; Never answers about a group.
;; base: base.wat, base-json.wat
;; stopped-at: group
;; stopped-by: PROJECT_MS_MAX
;; says: The plugin did not answer in time.
;;! group
(loop $forever (br $forever))
