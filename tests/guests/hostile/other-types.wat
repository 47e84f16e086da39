;; Has functions of other types than the contract's.
;; stopped-at: upload/exports
;; stopped-by: contract
;; says: The plugin's functions do not have the types that doorlist:policy@1.0.0 asks for.
(component
  (core module $m (func (export "describe") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $describe (result u32) (canon lift (core func $i "describe")))
  (instance $projection (export "describe" (func $describe)))
  (export "doorlist:policy/projection@1.0.0" (instance $projection)))
