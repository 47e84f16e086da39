;; Has a list of lists of lists, two hundred deep.
;; stopped-at: upload/features
;; stopped-by: validator
;; says: The file is not a plugin this server admits
(component
  (type $t0 (list u8))
  ;;! repeat 200 (type $t{n} (list $t{before}))
)
