;; Has one function of half a megabyte, longer than the longest of the largest runtimes.
;; tier: large
;; stopped-at: upload/features
;; stopped-by: Caps::function_bytes
;; says: The plugin has more than 524288 bytes in a function.
(module
  (func
    ;; Twelve bytes each.
    ;;! repeat 43700 i64.const 0x7000000000000000 drop
  )
)
