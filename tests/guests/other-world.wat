;; A module that is no policy at all.
(module
  (memory (export "memory") 1)
  (func (export "run") (result i32) (i32.const 42)))
