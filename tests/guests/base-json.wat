;; The same as base.wat in world `policy-json`: it describes itself, takes any settings and changes nothing.
;; A test puts other code where a line starts with `;;!`, before what the function does otherwise, and texts of its own
;; where it says so.
(module
  ;;! imports
  (memory (export "memory") 2)
  (table $table 1 funcref)
  ;; Free memory starts here; below are texts: `[]` at 512, the manifest at 1024, and at 4096 what a test puts there.
  (global $heap i32 (i32.const 98304))
  (global $next (mut i32) (i32.const 98304))
  (data (i32.const 512) "[]")
  ;;! functions

  (func $start
    ;;! start
  )
  (start $start)

  ;; Gives out ever higher addresses, of any alignment up to 8.
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $address i32)
    ;;! realloc
    (local.set $address (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $address) (local.get $size)))
    (block $fits
      (loop $grow
        (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $grow)))
    (local.get $address))

  ;; Answers with a text: its address and length are at 0.
  (func $answer (param $at i32) (param $bytes i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $bytes))
    (i32.const 0))

  (func (export "describe") (result i32)
    ;;! describe
    (call $answer (i32.const 1024) (i32.const MANIFEST_BYTES)))

  (func (export "configure") (param i32 i32) (result i32)
    ;;! configure
    (call $answer (i32.const 512) (i32.const 2)))

  (func (export "user") (param i32 i32) (result i32)
    ;;! user
    (call $answer (i32.const 512) (i32.const 2)))
  (func (export "cabi_post_user") (param i32)
    ;;! post
    (global.set $next (global.get $heap)))

  (func (export "group") (param i32 i32) (result i32)
    ;;! group
    (call $answer (i32.const 512) (i32.const 2)))

  ;;! texts
)
