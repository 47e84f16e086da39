;; Takes memory until there is none, instead of its settings.
;; base: base.wat, base-json.wat
;; stopped-at: configure
;; stopped-by: MEMORY_BYTES_MAX
;; says: The plugin wanted more than 64 MiB of memory.
;;! configure
(loop $more
  (drop (memory.grow (i32.const 16)))
  (br $more))
