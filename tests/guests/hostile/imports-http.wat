;; Wants to speak HTTP.
;; stopped-at: upload/imports
;; stopped-by: imports
;; says: A plugin can compute and nothing else; this one imports wasi:http/outgoing-handler@0.2.0.
(component
  (import "wasi:http/outgoing-handler@0.2.0" (instance
    (export "handle" (func (param "to" string)))))
  (instance $projection)
  (export "doorlist:policy/projection@1.0.0" (instance $projection)))
