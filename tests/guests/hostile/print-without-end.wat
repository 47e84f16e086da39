;; Prints lines without end. What is kept of them is bounded, and the deadline ends it.
;; base: base.wat
;; stopped-at: user
;; stopped-by: PROJECT_MS_MAX
;; says: The plugin did not answer in time.
;;! imports
(import "doorlist:policy/log@1.0.0" "log" (func $log (param i32 i32 i32)))
;;! user
(loop $more
  (call $log (i32.const 2) (i32.const 8192) (i32.const 8))
  (br $more))
