;; Consists of more modules than any language needs.
;; stopped-at: upload/features
;; stopped-by: Caps::modules
;; says: The plugin has more than 16 modules.
(component
  ;;! repeat 17 (core module)
)
