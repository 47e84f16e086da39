;; Cannot be configured and projects nothing.
;; stopped-at: upload/componentize
;; stopped-by: contract
;; says: doorlist:policy@1.0.0
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "doorlist:policy/projection@1.0.0#describe") (result i32) (i32.const 0)))
