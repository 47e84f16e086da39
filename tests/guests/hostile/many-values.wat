;; Answers with an array of thirty thousand numbers.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: JSON_VALUES_MAX
;; says: The plugin answered with JSON that the contract does not have. It has more than 20000 values.
;;! user
(local $at i32)
(drop (memory.grow (i32.const 1)))
(local.set $at (i32.const 131072))
;; `0,` thirty thousand times.
(loop $next
  (i32.store16 (local.get $at) (i32.const 0x2c30))
  (local.set $at (i32.add (local.get $at) (i32.const 2)))
  (br_if $next (i32.lt_u (local.get $at) (i32.const 191072))))
(i32.store8 (i32.const 131072) (i32.const 91))
(return (call $answer (i32.const 131072) (i32.const 60000)))
