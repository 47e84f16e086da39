;; Sets an attribute that no schema knows.
;; base: base-json.wat
;; writes: attributes
;; stopped-at: directory
;; stopped-by: schemas
;; says: It wanted to set an attribute that no schema knows.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"set-attribute\",\"value\":{\"path\":\"shoeSize\",\"value\":43},\"reason\":\"Why not.\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 87)))
