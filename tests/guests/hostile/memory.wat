;; Takes memory until there is none.
;; base: base.wat, base-json.wat
;; stopped-at: user
;; stopped-by: MEMORY_BYTES_MAX
;; says: The plugin wanted more than 64 MiB of memory.
;;! user
(loop $more
  (drop (memory.grow (i32.const 16)))
  (br $more))
