;; Has a function with a thousand local variables: the compiler's time grows with blocks times locals.
;; stopped-at: upload/features
;; stopped-by: Caps::locals
;; says: The plugin has more than 500 locals in a function.
(module
  (func
    ;;! repeat 1000 (local i64)
  )
)
