;; A plugin of a contract that this server does not speak.
(module
  (memory (export "memory") 1)
  (func (export "doorlist:policy/projection@2.3.0#describe") (result i32) (i32.const 0)))
