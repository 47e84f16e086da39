;; Sets sixty mebibytes to zero again and again. The engine cannot stop one fill, so the limit of memory bounds how long one takes.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: PROJECT_MS_MAX
;; says: The plugin did not answer in time.
;;! user
(drop (memory.grow (i32.const 960)))
(loop $again
  (memory.fill (i32.const 65536) (i32.const 0) (i32.const 62914560))
  (br $again))
