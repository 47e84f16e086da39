;; Begins with a gibibyte of memory.
;; stopped-at: upload/features
;; stopped-by: MEMORY_BYTES_MAX
;; says: The plugin has more than 67108864 bytes of memory.
(module
  (memory 16384)
)
