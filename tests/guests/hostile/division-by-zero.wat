;; Divides by zero.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: trap
;; says: The plugin did what WebAssembly forbids.
;;! user
(drop (i32.div_u (i32.const 1) (i32.const 0)))
