;; Answers with twelve mebibytes of zeros: no JSON, but the host would copy it first.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: ANSWER_BYTES_MAX
;; says: The plugin answered with more than 1 MiB.
;;! user
(drop (memory.grow (i32.const 200)))
(return (call $answer (i32.const 131072) (i32.const 12000000)))
