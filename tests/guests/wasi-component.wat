;; A component that wants to speak HTTP.
(component
  (import "wasi:http/outgoing-handler@0.2.0" (instance
    (export "handle" (func (param "to" string)))))
  (instance $projection)
  (export "doorlist:policy/projection@1.0.0" (instance $projection)))
