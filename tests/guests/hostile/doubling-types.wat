;; Has types of two of the type before: thirty of them stand for a billion fields.
;; stopped-at: upload/features
;; stopped-by: validator
;; says: The file is not a plugin this server admits
(component
  (type $t0 (tuple u8 u8))
  ;;! repeat 30 (type $t{n} (tuple $t{before} $t{before}))
)
