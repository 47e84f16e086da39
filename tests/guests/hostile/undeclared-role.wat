;; Gives a role, and its manifest says nothing of roles.
;; base: base.wat
;; stopped-at: user
;; stopped-by: writes
;; says: The plugin wanted to change what its manifest does not name.
;;! functions
(data (i32.const 8192) "owner")
;;! user
;; One change: its kind, its value, and an empty reason.
(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
(i32.store8 (i32.const 64) (i32.const 3))
(i32.store (i32.const 72) (i32.const 8192)) (i32.store (i32.const 76) (i32.const 5))
(i64.store (i32.const 96) (i64.const 0))
(return (i32.const 0))
