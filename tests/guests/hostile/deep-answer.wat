;; Answers with an array of an array of an array, five thousand deep.
;; base: base-json.wat
;; stopped-at: user
;; stopped-by: JSON_DEPTH_MAX
;; says: The plugin answered with JSON that the contract does not have. It is nested more than 68 deep.
;;! user
(drop (memory.grow (i32.const 1)))
(memory.fill (i32.const 131072) (i32.const 91) (i32.const 5000))
(return (call $answer (i32.const 131072) (i32.const 5000)))
