;; Has more functions than the largest runtimes, Python's and SpiderMonkey's.
;; tier: large
;; stopped-at: upload/features
;; stopped-by: Caps::functions
;; says: The plugin has more than 20000 functions.
(module
  ;;! repeat 20001 (func)
)
