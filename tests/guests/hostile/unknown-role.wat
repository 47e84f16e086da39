;; Gives a role that the tenant does not have.
;; base: base-json.wat
;; writes: role
;; stopped-at: directory
;; stopped-by: roles
;; says: It wanted to give the role "emperor", which the tenant does not have.
;;! functions
(data (i32.const 4096) "[{\"effect\":\"set-role\",\"value\":\"emperor\",\"reason\":\"Why not.\"}]")
;;! user
(return (call $answer (i32.const 4096) (i32.const 61)))
