;; Is built for a contract that this server does not speak.
;; stopped-at: upload/exports
;; stopped-by: contract
;; says: The plugin is built for doorlist:policy@2; this server speaks 1.
(module
  (memory (export "memory") 1)
  (func (export "doorlist:policy/projection@2.3.0#describe") (result i32) (i32.const 0)))
