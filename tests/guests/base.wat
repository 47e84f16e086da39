;; A well-behaved policy plugin as a core module: it describes itself, takes any settings and changes nothing.
;; A test puts other code where a line starts with `;;!`, before what the function does otherwise, and the manifest
;; where it says so.
(module
  ;;! imports
  (memory (export "memory") 2)
  (table $table 1 funcref)
  ;; Free memory starts here; below are the manifest at 1024 and answers at 0.
  (global $heap i32 (i32.const 98304))
  (global $next (mut i32) (i32.const 98304))
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

  (func (export "doorlist:policy/projection@1.0.0#describe") (result i32)
    ;;! describe
    (i32.const 1024))

  ;; Result: ok.
  (func (export "doorlist:policy/projection@1.0.0#configure") (param i32 i32) (result i32)
    ;;! configure
    (i32.store8 (i32.const 0) (i32.const 0))
    (i32.const 0))

  ;; Result: the list at 0, which is empty.
  (func (export "doorlist:policy/projection@1.0.0#project-user") (param i32) (result i32)
    ;;! project-user
    (i64.store (i32.const 0) (i64.const 0))
    (i32.const 0))
  (func (export "cabi_post_doorlist:policy/projection@1.0.0#project-user") (param i32)
    ;;! post
    (global.set $next (global.get $heap)))

  (func (export "doorlist:policy/projection@1.0.0#project-group")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    ;;! project-group
    (i64.store (i32.const 0) (i64.const 0))
    (global.set $next (global.get $heap))
    (i32.const 0))

  ;;! manifest
)
