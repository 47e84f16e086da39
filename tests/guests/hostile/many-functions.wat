;; Has ten thousand functions, and the compiler is paid for each.
;; stopped-at: upload/features
;; stopped-by: Caps::functions
;; says: The plugin has more than 6000 functions.
(module
  ;;! repeat 10000 (func)
)
