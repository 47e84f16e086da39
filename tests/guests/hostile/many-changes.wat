;; Answers with three hundred changes with nothing in them.
;; base: base.wat
;; stopped-at: user
;; stopped-by: CHANGES_MAX
;; says: The plugin answered with more than 256 changes.
;;! user
(i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 300))
(return (i32.const 0))
