;; Answers, and never finishes tidying up.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: PROJECT_MS_MAX
;; says: The plugin did not answer in time.
;;! post
(loop $forever (br $forever))
