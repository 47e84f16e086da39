;; Says what it is, in JSON, and answers about nobody.
;; stopped-at: upload/exports
;; stopped-by: contract
;; says: A plugin of world policy-json exports `describe`, `configure` and at least one of `user` and `group`; this one does not.
(module
  (memory (export "memory") 1)
  (func (export "describe") (result i32) (i32.const 0)))
