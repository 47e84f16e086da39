;; Takes memory until there is none, when it starts.
;; base: base.wat, base-json.wat
;; stopped-at: upload/describe
;; stopped-by: MEMORY_BYTES_MAX
;; says: The plugin wanted more than 64 MiB of memory.
;;! start
(loop $more
  (drop (memory.grow (i32.const 16)))
  (br $more))
