;; A component of world `policy-json` that imports WASI 0.2, as programs do whose language has a runtime. It prints to standard output and
;; error, asks for the time, random numbers and its environment, reads standard input, and says what it got by what it prints.
;; A test puts other code where a line starts with `;;!`, and the manifest where it says so.
(component
  (import "wasi:io/error@0.2.6" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
  (import "wasi:io/streams@0.2.6" (instance $streams
    (export "error" (type $e (eq $io-error)))
    (export "input-stream" (type $in (sub resource)))
    (export "output-stream" (type $out (sub resource)))
    (type $stream-error (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $named (eq $stream-error)))
    (export "[method]output-stream.check-write" (func (param "self" (borrow $out)) (result (result u64 (error $named)))))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $out)) (param "contents" (list u8)) (result (result (error $named)))))
    (export "[method]input-stream.blocking-read"
      (func (param "self" (borrow $in)) (param "len" u64) (result (result (list u8) (error $named)))))))
  (alias export $streams "output-stream" (type $output))
  (alias export $streams "input-stream" (type $input))
  (import "wasi:cli/stdout@0.2.6" (instance $stdout (export "output-stream" (type $t (eq $output))) (export "get-stdout" (func (result (own $t))))))
  (import "wasi:cli/stderr@0.2.6" (instance $stderr (export "output-stream" (type $t (eq $output))) (export "get-stderr" (func (result (own $t))))))
  (import "wasi:cli/stdin@0.2.6" (instance $stdin (export "input-stream" (type $t (eq $input))) (export "get-stdin" (func (result (own $t))))))
  (import "wasi:cli/exit@0.2.6" (instance $exit (export "exit" (func (param "status" (result))))))
  (import "wasi:cli/environment@0.2.6" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:clocks/wall-clock@0.2.6" (instance $clock
    (type $datetime (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $named (eq $datetime)))
    (export "now" (func (result $named)))))
  (import "wasi:random/random@0.2.6" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
    (export "get-random-u64" (func (result u64)))))
  (import "wasi:sockets/tcp-create-socket@0.2.6" (instance $sockets
    (type $error-code (enum "unknown" "access-denied"))
    (export "error-code" (type $named (eq $error-code)))
    (export "create-tcp-socket" (func (param "family" u32) (result (result u32 (error $named)))))))

  (core module $memory
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 65536))
    (data (i32.const 512) "[]")
    ;;! manifest
    (data (i32.const 2048) "to standard output\n")
    (data (i32.const 2112) "to standard error")
    (data (i32.const 2176) "yes\n")
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "cabi_realloc" (core func $realloc))

  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $get-stderr (canon lower (func $stderr "get-stderr")))
  (core func $get-stdin (canon lower (func $stdin "get-stdin")))
  (core func $check-write (canon lower (func $streams "[method]output-stream.check-write") (memory $mem)))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $mem)))
  (core func $read (canon lower (func $streams "[method]input-stream.blocking-read") (memory $mem) (realloc $realloc)))
  (core func $exit (canon lower (func $exit "exit")))
  (core func $get-environment (canon lower (func $environment "get-environment") (memory $mem) (realloc $realloc)))
  (core func $now (canon lower (func $clock "now") (memory $mem)))
  (core func $random-bytes (canon lower (func $random "get-random-bytes") (memory $mem) (realloc $realloc)))
  (core func $random-u64 (canon lower (func $random "get-random-u64")))
  (core func $socket (canon lower (func $sockets "create-tcp-socket") (memory $mem)))
  (core func $drop-output (canon resource.drop $output))

  (core module $policy
    (import "memory" "memory" (memory 2))
    (import "wasi" "get-stdout" (func $get-stdout (result i32)))
    (import "wasi" "get-stderr" (func $get-stderr (result i32)))
    (import "wasi" "get-stdin" (func $get-stdin (result i32)))
    (import "wasi" "check-write" (func $check-write (param i32 i32)))
    (import "wasi" "write" (func $write (param i32 i32 i32 i32)))
    (import "wasi" "read" (func $read (param i32 i64 i32)))
    (import "wasi" "exit" (func $exit (param i32)))
    (import "wasi" "get-environment" (func $get-environment (param i32)))
    (import "wasi" "now" (func $now (param i32)))
    (import "wasi" "random-bytes" (func $random-bytes (param i64 i32)))
    (import "wasi" "random-u64" (func $random-u64 (result i64)))
    (import "wasi" "socket" (func $socket (param i32 i32)))
    (import "wasi" "drop-output" (func $drop-output (param i32)))

    (func $print (param $stream i32) (param $at i32) (param $length i32)
      (call $write (local.get $stream) (local.get $at) (local.get $length) (i32.const 128))
      (if (i32.load8_u (i32.const 128)) (then unreachable))
      (call $drop-output (local.get $stream)))
    (func $answer (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0))
    ;; Prints a line if something is as a stand-in has it, else traps.
    (func $expect (param $truth i32)
      (if (i32.eqz (local.get $truth)) (then unreachable))
      (call $print (call $get-stdout) (i32.const 2176) (i32.const 4)))

    (func (export "describe") (result i32) (call $answer (i32.const 1024) (i32.const MANIFEST_BYTES)))
    (func (export "configure") (param i32 i32) (result i32) (call $answer (i32.const 512) (i32.const 2)))
    (func (export "user") (param i32 i32) (result i32)
      ;;! user
      (call $print (call $get-stdout) (i32.const 2048) (i32.const 19))
      (call $print (call $get-stderr) (i32.const 2112) (i32.const 17))
      ;; 4 KiB may be written at once.
      (call $check-write (call $get-stdout) (i32.const 256))
      (call $expect (i64.eq (i64.load (i32.const 264)) (i64.const 4096)))
      ;; The input is closed: an error, the second of its kinds.
      (call $read (call $get-stdin) (i64.const 10) (i32.const 256))
      (call $expect (i32.and (i32.load8_u (i32.const 256)) (i32.load8_u (i32.const 260))))
      ;; The environment is empty, and it is 1970.
      (call $get-environment (i32.const 256))
      (call $expect (i32.eqz (i32.load (i32.const 260))))
      (call $now (i32.const 256))
      (call $expect (i64.eqz (i64.load (i32.const 256))))
      ;; As many random bytes as were asked for, and never the same number twice.
      (call $random-bytes (i64.const 33) (i32.const 256))
      (call $expect (i32.eq (i32.load (i32.const 260)) (i32.const 33)))
      (call $expect (i64.ne (call $random-u64) (call $random-u64)))
      ;; There is no network.
      (call $socket (i32.const 0) (i32.const 256))
      (call $expect (i32.load8_u (i32.const 256)))
      (call $answer (i32.const 512) (i32.const 2))))
  (core instance $policy (instantiate $policy
    (with "memory" (instance $memory))
    (with "wasi" (instance
      (export "get-stdout" (func $get-stdout)) (export "get-stderr" (func $get-stderr)) (export "get-stdin" (func $get-stdin))
      (export "check-write" (func $check-write)) (export "write" (func $write)) (export "read" (func $read)) (export "exit" (func $exit))
      (export "get-environment" (func $get-environment)) (export "now" (func $now)) (export "random-bytes" (func $random-bytes))
      (export "random-u64" (func $random-u64)) (export "socket" (func $socket)) (export "drop-output" (func $drop-output))))))

  (func (export "describe") (result string) (canon lift (core func $policy "describe") (memory $mem) (realloc $realloc)))
  (func (export "configure") (param "settings" string) (result string)
    (canon lift (core func $policy "configure") (memory $mem) (realloc $realloc)))
  (func (export "user") (param "user" string) (result string)
    (canon lift (core func $policy "user") (memory $mem) (realloc $realloc))))
