;; Never answers about a user.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: PROJECT_MS_MAX
;; says: The plugin did not answer in time.
;;! user
(loop $forever (br $forever))
