;; A component that wants sockets.
(component
  (import "wasi:sockets/network@0.2.0" (instance
    (export "connect" (func (param "to" string)))))
  (instance $projection)
  (export "doorlist:policy/projection@1.0.0" (instance $projection)))
