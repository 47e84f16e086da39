;; Is no policy at all.
;; stopped-at: upload/exports
;; stopped-by: contract
;; says: The plugin does not export doorlist:policy/projection@1.0.0
(module
  (memory (export "memory") 1)
  (func (export "run") (result i32) (i32.const 42)))
