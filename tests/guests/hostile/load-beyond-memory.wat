;; Reads what is not its own.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: trap
;; says: The plugin did what WebAssembly forbids.
;;! user
(drop (i32.load (i32.const -4)))
