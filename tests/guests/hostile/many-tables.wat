;; Has more tables than any language needs.
;; stopped-at: upload/features
;; stopped-by: TABLES_MAX
;; says: The plugin has more than 8 tables.
(module
  ;;! repeat 9 (table 1 funcref)
)
