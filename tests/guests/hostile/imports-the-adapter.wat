;; Wants what only the adapter of this server prints to.
;; stopped-at: upload/imports
;; stopped-by: imports
;; says: A plugin can compute and nothing else; this one imports doorlist:adapter/output@1.0.0.
(component
  (import "doorlist:adapter/output@1.0.0" (instance
    (export "write" (func (param "to" u8) (param "bytes" (list u8))))))
  (instance $projection)
  (export "doorlist:policy/projection@1.0.0" (instance $projection)))
