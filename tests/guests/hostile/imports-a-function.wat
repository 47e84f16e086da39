;; Wants a function of the host.
;; stopped-at: upload/imports
;; stopped-by: imports
;; says: A plugin can compute and nothing else; this one imports env.steal.
(module
  (import "env" "steal" (func (param i32)))
  (func (export "doorlist:policy/projection@1.0.0#describe") (result i32) (i32.const 0)))
