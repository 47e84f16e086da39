;; Has one function of seventy thousand instructions: the compiler needs more than linear time in it.
;; stopped-at: upload/features
;; stopped-by: Caps::function_bytes
;; says: The plugin has more than 65536 bytes in a function.
(module
  (func
    ;;! repeat 70000 nop
  )
)
