;; Begins with ten million function pointers.
;; stopped-at: upload/features
;; stopped-by: TABLE_ELEMENTS_MAX
;; says: The plugin has more than 20000 elements in a table.
(module
  (table 10000000 funcref)
)
