;; Spreads its memory over modules.
;; stopped-at: upload/features
;; stopped-by: MEMORIES_MAX
;; says: The plugin has more than 4 memories.
(component
  ;;! repeat 5 (core module (memory 1))
)
