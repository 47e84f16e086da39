;; Consists of more modules than a Python does with its libraries.
;; tier: large
;; stopped-at: upload/features
;; stopped-by: Caps::modules
;; says: The plugin has more than 64 modules.
(component
  ;;! repeat 65 (core module)
)
