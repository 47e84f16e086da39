;; Answers with ten thousand changes that share one reason of 64 KiB: 640 MiB if the host read it.
;; base: base.wat
;; stopped-at: user
;; stopped-by: ANSWER_BYTES_MAX
;; says: The plugin answered with more than 1 MiB.
;;! user
(local $i i32)
(drop (memory.grow (i32.const 64)))
(i32.store (i32.const 0) (i32.const 131072)) (i32.store (i32.const 4) (i32.const 10000))
(loop $next
  (i32.store8 (i32.add (i32.const 131072) (i32.mul (local.get $i) (i32.const 40))) (i32.const 1))
  (i32.store (i32.add (i32.const 131104) (i32.mul (local.get $i) (i32.const 40))) (i32.const 4096))
  (i32.store (i32.add (i32.const 131108) (i32.mul (local.get $i) (i32.const 40))) (i32.const 65536))
  (local.set $i (i32.add (local.get $i) (i32.const 1)))
  (br_if $next (i32.lt_u (local.get $i) (i32.const 10000))))
(return (i32.const 0))
