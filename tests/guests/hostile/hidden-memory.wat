;; Hides a gibibyte of memory in a module in a component in a component.
;; stopped-at: upload/features
;; stopped-by: MEMORY_BYTES_MAX
;; says: The plugin has more than 67108864 bytes of memory.
(component
  (component (component (core module (memory 16384))))
)
