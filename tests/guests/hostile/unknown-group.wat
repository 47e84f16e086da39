;; Puts everybody into a group by an id that no group has.
;; base: base.wat
;; writes: groups
;; stopped-at: directory
;; stopped-by: inventory
;; says: It wanted to add a group that the identity provider does not have.
;;! functions
(data (i32.const 8192) "0192f0c1-0000-7000-8000-00000000dead")
;;! user
;; One change: its kind, its value, and an empty reason.
(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
(i32.store8 (i32.const 64) (i32.const 4))
(i32.store (i32.const 72) (i32.const 8192)) (i32.store (i32.const 76) (i32.const 36))
(i64.store (i32.const 96) (i64.const 0))
(return (i32.const 0))
