;; Says what it is in twelve mebibytes.
;; base: base-json.wat
;; stopped-at: upload/describe
;; stopped-by: ANSWER_BYTES_MAX
;; says: The plugin answered with more than 1 MiB.
;;! describe
(drop (memory.grow (i32.const 200)))
(return (call $answer (i32.const 131072) (i32.const 12000000)))
