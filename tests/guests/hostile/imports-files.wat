;; Wants the files of a machine, as programs of WASI's first draft did.
;; stopped-at: upload/imports
;; stopped-by: imports
;; says: A plugin can compute and nothing else; this one imports wasi_unstable.path_open.
(module
  (import "wasi_unstable" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (func (export "doorlist:policy/projection@1.0.0#describe") (result i32) (i32.const 0)))
