;; Makes its table larger until there is no room.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: TABLE_ELEMENTS_MAX
;; says: The plugin wanted a table of more than 20000 elements.
;;! user
(loop $more
  (drop (table.grow $table (ref.null func) (i32.const 1000)))
  (br $more))
