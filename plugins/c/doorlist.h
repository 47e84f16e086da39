// What the author of a Doorlist policy needs in C17: JSON in, changes out, and one macro that makes a plugin's exports. The plugin speaks
// world `policy-json` of the contract. No libc is needed, and none is used.
//
// A policy is three functions and a manifest. `DL_EXPORT(manifest, configure, user, group)` at the end of the one file that includes this
// exports them; a function that is NULL changes nothing.
//
//     static void user(const dl_value *user, dl_changes *changes) {
//         if (dl_same(dl_text_at(user, "userName"), DL("root"))) dl_exclude(changes, DL("Nobody is called root."));
//     }
//
//     DL_EXPORT(DL_JSON({"name": "no-root", "version": "1.0.0", "reads": ["userName"], "writes": ["included"]}), NULL, user, NULL)
//
// Memory: what is allocated while settings are taken stays, everything else goes with the answer. Nothing is ever freed singly. A policy may
// keep in static variables what `configure` made; what it keeps of a user or group is gone by the next one, and must be.
//
// Compiled for another target than WebAssembly the same file is an ordinary program's, so that tests need no sandbox.

#ifndef DOORLIST_H
#define DOORLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Values nested in each other; Doorlist sends fewer. Each costs the reader some hundred bytes of stack.
#define DL_DEPTH_MAX 130
// Bytes of an answer; Doorlist takes no more.
#define DL_ANSWER_BYTES_MAX ((size_t)1 << 20)

// ---- Text ----------------------------------------------------------------------------------------------------------------------------

// UTF-8 text, not ended by a zero. `at` is NULL in a text that is absent, whose length is 0.
typedef struct {
    const char *at;
    size_t length;
} dl_text;

// A string literal as a text.
#define DL(literal) ((dl_text){"" literal, sizeof(literal) - 1})
// JSON as it is written, as a string literal: DL_JSON({"name": "x"}).
#define DL_JSON(...) #__VA_ARGS__
// Texts, one behind the other: DL_JOIN(DL("The title "), title, DL(" is not known.")).
#define DL_JOIN(...) dl_join((const dl_text[]){__VA_ARGS__}, sizeof((const dl_text[]){__VA_ARGS__}) / sizeof(dl_text))

static inline bool dl_same(dl_text one, dl_text other) {
    if (one.length != other.length) return false;
    for (size_t i = 0; i < one.length; i++)
        if (one.at[i] != other.at[i]) return false;
    return true;
}

static inline bool dl_starts_with(dl_text text, dl_text start) {
    return text.length >= start.length && dl_same((dl_text){text.at, start.length}, start);
}

// The text of a C string.
static inline dl_text dl_string(const char *string) {
    size_t length = 0;
    while (string[length]) length++;
    return (dl_text){string, length};
}

// The part from `from` on, of at most `length` bytes. What lies outside is empty.
static inline dl_text dl_part(dl_text text, size_t from, size_t length) {
    if (from > text.length) from = text.length;
    if (length > text.length - from) length = text.length - from;
    return (dl_text){text.at ? text.at + from : NULL, length};
}

static inline bool dl_ends_with(dl_text text, dl_text end) {
    return text.length >= end.length && dl_same(dl_part(text, text.length - end.length, end.length), end);
}

// Where `part` first is in `text`, or the text's length.
static inline size_t dl_find(dl_text text, dl_text part) {
    for (size_t i = 0; i + part.length <= text.length; i++)
        if (dl_same((dl_text){text.at + i, part.length}, part)) return i;
    return text.length;
}

// Without white space of ASCII at both ends.
static inline dl_text dl_trim(dl_text text) {
    while (text.length && (unsigned char)text.at[0] <= ' ') text.at++, text.length--;
    while (text.length && (unsigned char)text.at[text.length - 1] <= ' ') text.length--;
    return text;
}

// ---- What is different outside a sandbox ---------------------------------------------------------------------------------------------

enum dl_level { DL_DEBUG, DL_INFO, DL_WARN };

#ifdef __wasm__

__attribute__((import_module("doorlist:policy/log@1.0.0"), import_name("log"))) void dl_import_log(int32_t level, const char *at, size_t length);
extern unsigned char __heap_base;

static inline void dl_log(enum dl_level level, dl_text line) { dl_import_log((int32_t)level, line.at, line.length); }

_Noreturn static inline void dl_trap(void) { __builtin_trap(); }

static inline unsigned char *dl_heap(void) { return &__heap_base; }

// Whether memory up to `end` is there.
static inline bool dl_reach(uintptr_t end) {
    const size_t page = 65536;
    size_t have = __builtin_wasm_memory_size(0);
    size_t want = end / page + 1;
    return want <= have || __builtin_wasm_memory_grow(0, want - have) != (size_t)-1;
}

// What a compiler may call although nobody wrote it.
__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    for (size_t i = 0; i < length; i++) ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

__attribute__((weak)) void *memset(void *to, int byte, size_t length) {
    for (size_t i = 0; i < length; i++) ((char *)to)[i] = (char)byte;
    return to;
}

#else

#include <stdio.h>
#include <stdlib.h>

static unsigned char dl_memory[16 << 20];

static inline void dl_log(enum dl_level level, dl_text line) {
    static const char *const levels[] = {"debug", "info", "warn"};
    fprintf(stderr, "%s: %.*s\n", levels[level], (int)line.length, line.at);
}

_Noreturn static inline void dl_trap(void) { abort(); }

static inline unsigned char *dl_heap(void) { return dl_memory; }

static inline bool dl_reach(uintptr_t end) { return end < (uintptr_t)(dl_memory + sizeof dl_memory); }

#endif

// Says why in the log and ends the plugin, which leaves the user or group at its last good state.
_Noreturn static inline void dl_fail(dl_text why) {
    dl_log(DL_WARN, why);
    dl_trap();
}

// ---- Memory --------------------------------------------------------------------------------------------------------------------------

// Where free memory begins, and where it begins again after an answer; 0 for the heap's start.
static uintptr_t dl_top, dl_kept;

static inline void *dl_alloc_aligned(size_t bytes, size_t alignment) {
    uintptr_t top = dl_top ? dl_top : (uintptr_t)dl_heap();
    uintptr_t at = (top + (alignment - 1)) & ~(uintptr_t)(alignment - 1);
    if (at < top || bytes > UINTPTR_MAX - at || !dl_reach(at + bytes)) dl_fail(DL("There is no more memory."));
    dl_top = at + bytes;
    return (void *)at;
}

// Memory for anything. Never NULL: a plugin without memory ends.
static inline void *dl_alloc(size_t bytes) { return dl_alloc_aligned(bytes, 8); }

static inline void dl_copy(char *to, const char *from, size_t length) {
    for (size_t i = 0; i < length; i++) to[i] = from[i];
}

static inline dl_text dl_join(const dl_text *texts, size_t count) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) length += texts[i].length;
    char *made = dl_alloc(length), *end = made;
    for (size_t i = 0; i < count; i++) {
        dl_copy(end, texts[i].at, texts[i].length);
        end += texts[i].length;
    }
    return (dl_text){made, length};
}

// With the capitals of ASCII made small.
static inline dl_text dl_lower(dl_text text) {
    char *made = dl_alloc(text.length);
    for (size_t i = 0; i < text.length; i++) made[i] = (char)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] + ('a' - 'A') : text.at[i]);
    return (dl_text){made, text.length};
}

// A number in digits.
static inline dl_text dl_decimal(int64_t number) {
    char *end = (char *)dl_alloc(20) + 20, *at = end;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0) *--at = '-';
    return (dl_text){at, (size_t)(end - at)};
}

// ---- Reading JSON --------------------------------------------------------------------------------------------------------------------

enum dl_kind { DL_NULL, DL_BOOLEAN, DL_NUMBER, DL_TEXT, DL_ARRAY, DL_OBJECT };

// A value. Read it with the functions below, which take any kind.
typedef struct dl_value {
    enum dl_kind kind;
    bool boolean;
    // A text, or a number as it is written.
    dl_text text;
    // The name of a member of an object.
    dl_text name;
    const struct dl_value *first;
    const struct dl_value *next;
} dl_value;

static const dl_value dl_null = {.kind = DL_NULL};

// The entries of an array or the members of an object, one after the other: DL_EACH(group, dl_get(user, "groups")) { … }
#define DL_EACH(each, list) for (const dl_value *each = (list)->first; each; each = each->next)

// A member of an object; null if there is none.
static inline const dl_value *dl_get(const dl_value *object, const char *name) {
    if (object->kind == DL_OBJECT) {
        DL_EACH(member, object)
            if (dl_same(member->name, dl_string(name))) return member;
    }
    return &dl_null;
}

// The text that a value is; absent if it is none.
static inline dl_text dl_text_of(const dl_value *value) { return value->kind == DL_TEXT ? value->text : (dl_text){NULL, 0}; }

// The text that a member is; absent if it is none.
static inline dl_text dl_text_at(const dl_value *object, const char *name) { return dl_text_of(dl_get(object, name)); }

// Whether a value is `true`.
static inline bool dl_true(const dl_value *value) { return value->kind == DL_BOOLEAN && value->boolean; }

// The whole number that a value is; `otherwise` if it is none that fits.
static inline int64_t dl_integer(const dl_value *value, int64_t otherwise) {
    if (value->kind != DL_NUMBER) return otherwise;
    bool negative = value->text.at[0] == '-';
    uint64_t number = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (size_t i = negative; i < value->text.length; i++) {
        unsigned digit = (unsigned)(value->text.at[i] - '0');
        if (digit > 9 || number > (limit - digit) / 10) return otherwise;
        number = number * 10 + digit;
    }
    if (!negative) return (int64_t)number;
    return number == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)number;
}

// How many entries or members.
static inline size_t dl_count(const dl_value *list) {
    size_t count = 0;
    DL_EACH(each, list) count++;
    return count;
}

// Whether an array has this text.
static inline bool dl_has(const dl_value *list, dl_text text) {
    DL_EACH(each, list)
        if (each->kind == DL_TEXT && dl_same(each->text, text)) return true;
    return false;
}

// The next attribute of a user or group behind `before` (NULL: the first) that has this path, spelled as in `reads`; NULL if there is none.
// Its value is `dl_get(attribute, "value")`.
static inline const dl_value *dl_attribute(const dl_value *item, const char *path, const dl_value *before) {
    const dl_value *each = before ? before->next : dl_get(item, "attributes")->first;
    while (each && !dl_same(dl_text_at(each, "path"), dl_string(path))) each = each->next;
    return each;
}

// The attributes of a user or group with a path: DL_EACH_ATTRIBUTE(mail, user, "emails.value") { … dl_text_at(mail, "value") … }
#define DL_EACH_ATTRIBUTE(each, item, path) \
    for (const dl_value *each = dl_attribute(item, path, NULL); each; each = dl_attribute(item, path, each))

// The first text that an attribute has; absent if there is none.
static inline dl_text dl_attribute_text(const dl_value *item, const char *path) {
    DL_EACH_ATTRIBUTE(each, item, path) {
        dl_text text = dl_text_at(each, "value");
        if (text.at) return text;
    }
    return (dl_text){NULL, 0};
}

typedef struct {
    const char *at, *end;
} dl_reader;

static inline void dl_skip(dl_reader *in) {
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t')) in->at++;
}

// Whether this byte comes next; then it is behind the reader.
static inline bool dl_take(dl_reader *in, char byte) {
    bool taken = in->at < in->end && *in->at == byte;
    in->at += taken;
    return taken;
}

static inline bool dl_read_word(dl_reader *in, dl_text word) {
    if (!dl_starts_with((dl_text){in->at, (size_t)(in->end - in->at)}, word)) return false;
    in->at += word.length;
    return true;
}

static inline size_t dl_digits(dl_reader *in) {
    const char *from = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') in->at++;
    return (size_t)(in->at - from);
}

static inline bool dl_read_number(dl_reader *in, dl_text *number) {
    const char *from = in->at;
    dl_take(in, '-');
    bool zero = in->at < in->end && *in->at == '0';
    size_t digits = dl_digits(in);
    if (!digits || (zero && digits > 1)) return false;
    if (dl_take(in, '.') && !dl_digits(in)) return false;
    if (dl_take(in, 'e') || dl_take(in, 'E')) {
        if (!dl_take(in, '-')) dl_take(in, '+');
        if (!dl_digits(in)) return false;
    }
    *number = (dl_text){from, (size_t)(in->at - from)};
    return true;
}

static inline bool dl_read_hex(dl_reader *in, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        if (in->at == in->end) return false;
        char byte = *in->at++;
        uint32_t digit = byte >= '0' && byte <= '9' ? (uint32_t)(byte - '0')
                         : byte >= 'a' && byte <= 'f' ? (uint32_t)(byte - 'a' + 10)
                         : byte >= 'A' && byte <= 'F' ? (uint32_t)(byte - 'A' + 10)
                                                      : 16;
        if (digit > 15) return false;
        *unit = *unit << 4 | digit;
    }
    return true;
}

static inline char *dl_put_utf8(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xE0 | code >> 12);
        } else {
            *to++ = (char)(0xF0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (code & 0x3F));
    return to;
}

// What stands behind a backslash. Half of a surrogate pair becomes U+FFFD.
static inline bool dl_read_escape(dl_reader *in, char **to) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    if (in->at == in->end) return false;
    char byte = *in->at++;
    if (byte != 'u') {
        for (size_t i = 0; i < sizeof from - 1; i++)
            if (byte == from[i]) {
                *(*to)++ = into[i];
                return true;
            }
        return false;
    }
    uint32_t code, low;
    if (!dl_read_hex(in, &code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
        dl_reader ahead = *in;
        if (dl_take(&ahead, '\\') && dl_take(&ahead, 'u') && dl_read_hex(&ahead, &low) && low >= 0xDC00 && low < 0xE000) {
            *in = ahead;
            code = 0x10000 + ((code - 0xD800) << 10 | (low - 0xDC00));
        }
    }
    *to = dl_put_utf8(*to, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
}

// A text between quotation marks, of which the first has been read. It stays where it is unless something in it is escaped.
static inline bool dl_read_text(dl_reader *in, dl_text *text) {
    const char *from = in->at;
    while (in->at < in->end && *in->at != '"' && *in->at != '\\' && (unsigned char)*in->at >= ' ') in->at++;
    if (dl_take(in, '"')) {
        *text = (dl_text){from, (size_t)(in->at - 1 - from)};
        return true;
    }
    const char *end = in->at;
    while (end < in->end && *end != '"') end += *end == '\\' ? 2 : 1;
    if (end >= in->end) return false;
    // No escape is shorter than what it stands for.
    char *made = dl_alloc((size_t)(end - from)), *to = made;
    dl_copy(made, from, (size_t)(in->at - from));
    to += in->at - from;
    while (in->at < in->end && !dl_take(in, '"')) {
        if ((unsigned char)*in->at < ' ') return false;
        if (!dl_take(in, '\\')) *to++ = *in->at++;
        else if (!dl_read_escape(in, &to)) return false;
    }
    *text = (dl_text){made, (size_t)(to - made)};
    return true;
}

static inline const dl_value *dl_read_value(dl_reader *in, int depth);

// Entries or members, of which the opening bracket has been read.
static inline bool dl_read_list(dl_reader *in, dl_value *list, char close, int depth) {
    const dl_value **end = &list->first;
    dl_skip(in);
    if (dl_take(in, close)) return true;
    do {
        dl_text name = {NULL, 0};
        if (list->kind == DL_OBJECT) {
            dl_skip(in);
            if (!dl_take(in, '"') || !dl_read_text(in, &name)) return false;
            dl_skip(in);
            if (!dl_take(in, ':')) return false;
        }
        // Made by the reader, which nobody else sees yet.
        dl_value *each = (dl_value *)dl_read_value(in, depth + 1);
        if (!each) return false;
        each->name = name;
        *end = each;
        end = &each->next;
        dl_skip(in);
    } while (dl_take(in, ','));
    return dl_take(in, close);
}

static inline const dl_value *dl_read_value(dl_reader *in, int depth) {
    if (depth > DL_DEPTH_MAX) return NULL;
    dl_value *value = dl_alloc(sizeof *value);
    *value = dl_null;
    dl_skip(in);
    bool read = false;
    if (dl_take(in, '"')) {
        value->kind = DL_TEXT;
        read = dl_read_text(in, &value->text);
    } else if (dl_take(in, '{')) {
        value->kind = DL_OBJECT;
        read = dl_read_list(in, value, '}', depth);
    } else if (dl_take(in, '[')) {
        value->kind = DL_ARRAY;
        read = dl_read_list(in, value, ']', depth);
    } else if (dl_read_word(in, DL("true"))) {
        value->kind = DL_BOOLEAN;
        value->boolean = read = true;
    } else if (dl_read_word(in, DL("false"))) {
        value->kind = DL_BOOLEAN;
        read = true;
    } else if (dl_read_word(in, DL("null"))) {
        read = true;
    } else {
        value->kind = DL_NUMBER;
        read = dl_read_number(in, &value->text);
    }
    return read ? value : NULL;
}

// The value that a text says; NULL if it is no JSON (RFC 8259) or nested too deeply. The text must stay for as long as the value does.
static inline const dl_value *dl_parse(dl_text text) {
    dl_reader in = {text.at, text.at + text.length};
    const dl_value *value = dl_read_value(&in, 0);
    dl_skip(&in);
    return in.at == in.end ? value : NULL;
}

// ---- Writing JSON --------------------------------------------------------------------------------------------------------------------

typedef struct {
    char *at;
    size_t length, room;
} dl_writer;

static inline void dl_put(dl_writer *out, dl_text text) {
    if (text.length > DL_ANSWER_BYTES_MAX - out->length) dl_fail(DL("The answer is too long."));
    if (text.length > out->room - out->length) {
        size_t room = (out->length + text.length) * 2;
        char *at = dl_alloc(room);
        dl_copy(at, out->at, out->length);
        out->at = at;
        out->room = room;
    }
    dl_copy(out->at + out->length, text.at, text.length);
    out->length += text.length;
}

static inline void dl_put_text(dl_writer *out, dl_text text) {
    static const char hex[] = "0123456789abcdef";
    dl_put(out, DL("\""));
    size_t plain = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte >= ' ' && byte != '"' && byte != '\\') continue;
        dl_put(out, dl_part(text, plain, i - plain));
        char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        dl_put(out, (dl_text){escape, sizeof escape});
        plain = i + 1;
    }
    dl_put(out, dl_part(text, plain, text.length - plain));
    dl_put(out, DL("\""));
}

static inline void dl_put_value(dl_writer *out, const dl_value *value) {
    bool object = value->kind == DL_OBJECT;
    switch (value->kind) {
    case DL_NULL: dl_put(out, DL("null")); break;
    case DL_BOOLEAN: dl_put(out, value->boolean ? DL("true") : DL("false")); break;
    case DL_NUMBER: dl_put(out, value->text); break;
    case DL_TEXT: dl_put_text(out, value->text); break;
    case DL_ARRAY:
    case DL_OBJECT:
        dl_put(out, object ? DL("{") : DL("["));
        DL_EACH(each, value) {
            if (each != value->first) dl_put(out, DL(","));
            if (object) {
                dl_put_text(out, each->name);
                dl_put(out, DL(":"));
            }
            dl_put_value(out, each);
        }
        dl_put(out, object ? DL("}") : DL("]"));
    }
}

// ---- Answers -------------------------------------------------------------------------------------------------------------------------

// What is wrong with settings.
typedef struct {
    dl_writer out;
} dl_problems;

// The changes to a view. Each has a reason that people read: one short sentence.
typedef struct {
    dl_writer out;
} dl_changes;

static inline void dl_begin(dl_writer *out, dl_text name, dl_text text) {
    dl_put(out, out->length > 1 ? DL(",{\"") : DL("{\""));
    dl_put(out, name);
    dl_put(out, DL("\":"));
    dl_put_text(out, text);
}

static inline void dl_end(dl_writer *out, dl_text name, dl_text text) {
    dl_put(out, DL(",\""));
    dl_put(out, name);
    dl_put(out, DL("\":"));
    dl_put_text(out, text);
    dl_put(out, DL("}"));
}

// What is wrong, as one short sentence, and where, as a JSON Pointer (RFC 6901) into the settings; an empty one means the whole.
static inline void dl_problem(dl_problems *problems, dl_text pointer, dl_text message) {
    dl_begin(&problems->out, DL("pointer"), pointer);
    dl_end(&problems->out, DL("message"), message);
}

static inline void dl_change(dl_changes *changes, dl_text effect, const dl_text *value, dl_text reason) {
    dl_begin(&changes->out, DL("effect"), effect);
    if (value) {
        dl_put(&changes->out, DL(",\"value\":"));
        dl_put_text(&changes->out, *value);
    }
    dl_end(&changes->out, DL("reason"), reason);
}

// The directory has the user or group.
static inline void dl_include(dl_changes *changes, dl_text reason) { dl_change(changes, DL("include"), NULL, reason); }

// The directory does not have the user or group.
static inline void dl_exclude(dl_changes *changes, dl_text reason) { dl_change(changes, DL("exclude"), NULL, reason); }

// The name people read, of a user or group.
static inline void dl_set_display_name(dl_changes *changes, dl_text name, dl_text reason) {
    dl_change(changes, DL("set-display-name"), &name, reason);
}

// `active` or `suspended`. Only an operator blocks.
static inline void dl_set_status(dl_changes *changes, dl_text status, dl_text reason) { dl_change(changes, DL("set-status"), &status, reason); }

// One of the tenant's roles.
static inline void dl_set_role(dl_changes *changes, dl_text role, dl_text reason) { dl_change(changes, DL("set-role"), &role, reason); }

// Makes the member one of a group of the inventory, by its id.
static inline void dl_add_group(dl_changes *changes, dl_text id, dl_text reason) { dl_change(changes, DL("add-group"), &id, reason); }

// Takes the member out of a group, by its id.
static inline void dl_remove_group(dl_changes *changes, dl_text id, dl_text reason) { dl_change(changes, DL("remove-group"), &id, reason); }

// Makes the member one of the group with this name that exists for as long as policies put somebody in it.
static inline void dl_add_named_group(dl_changes *changes, dl_text name, dl_text reason) {
    dl_change(changes, DL("add-named-group"), &name, reason);
}

// Takes the member out of a group that policies put it in, by its name.
static inline void dl_remove_named_group(dl_changes *changes, dl_text name, dl_text reason) {
    dl_change(changes, DL("remove-named-group"), &name, reason);
}

// The name the member signs in with.
static inline void dl_set_user_name(dl_changes *changes, dl_text name, dl_text reason) { dl_change(changes, DL("set-user-name"), &name, reason); }

// A value of an attribute; the values an answer sets at one path together replace what was there.
static inline void dl_set_attribute(dl_changes *changes, dl_text path, const dl_value *value, dl_text reason) {
    dl_begin(&changes->out, DL("effect"), DL("set-attribute"));
    dl_put(&changes->out, DL(",\"value\":{\"path\":"));
    dl_put_text(&changes->out, path);
    dl_put(&changes->out, DL(",\"value\":"));
    dl_put_value(&changes->out, value);
    dl_put(&changes->out, DL("}"));
    dl_end(&changes->out, DL("reason"), reason);
}

// The same with a text.
static inline void dl_set_attribute_text(dl_changes *changes, dl_text path, dl_text text, dl_text reason) {
    dl_value value = {.kind = DL_TEXT, .text = text};
    dl_set_attribute(changes, path, &value, reason);
}

// Removes every value of an attribute.
static inline void dl_remove_attribute(dl_changes *changes, dl_text path, dl_text reason) {
    dl_change(changes, DL("remove-attribute"), &path, reason);
}

// ---- A policy ------------------------------------------------------------------------------------------------------------------------

// Takes the settings, once, and says what is wrong with them as far as their JSON Schema cannot.
typedef void dl_configure(const dl_value *settings, dl_problems *problems);
// The changes to a user's or group's view.
typedef void dl_project(const dl_value *item, dl_changes *changes);

static inline const dl_value *dl_given(dl_text json) {
    const dl_value *given = dl_parse(json);
    if (!given) dl_fail(DL("What the plugin was given is not JSON."));
    return given;
}

// The answer to settings, as JSON. Whatever has been allocated until now stays.
static inline dl_text dl_answer_settings(dl_configure *configure, dl_text json) {
    dl_problems problems = {{NULL, 0, 0}};
    dl_put(&problems.out, DL("["));
    if (configure) configure(dl_given(json), &problems);
    dl_put(&problems.out, DL("]"));
    dl_kept = dl_top;
    return (dl_text){problems.out.at, problems.out.length};
}

// The answer to a user or group, as JSON.
static inline dl_text dl_answer_item(dl_project *project, dl_text json) {
    dl_changes changes = {{NULL, 0, 0}};
    dl_put(&changes.out, DL("["));
    if (project) project(dl_given(json), &changes);
    dl_put(&changes.out, DL("]"));
    return (dl_text){changes.out.at, changes.out.length};
}

// Forgets everything since the settings were taken.
static inline void dl_forget(void) { dl_top = dl_kept; }

#ifdef __wasm__

// Texts pass as an address and a length, a text that is returned as the address of both (the canonical ABI of the component model).
static dl_text dl_returned;

static inline dl_text *dl_return(dl_text text) {
    dl_returned = text;
    return &dl_returned;
}

#define DL_EXPORT_AS(name) __attribute__((export_name(name)))

#define DL_EXPORT(manifest, configure, user, group) \
    DL_EXPORT_AS("cabi_realloc") void *dl_export_realloc(void *old, size_t old_length, size_t alignment, size_t length) { \
        char *made = dl_alloc_aligned(length, alignment); \
        if (old) dl_copy(made, old, old_length < length ? old_length : length); \
        return made; \
    } \
    DL_EXPORT_AS("describe") dl_text *dl_export_describe(void) { return dl_return(DL(manifest)); } \
    DL_EXPORT_AS("configure") dl_text *dl_export_configure(const char *at, size_t length) { \
        return dl_return(dl_answer_settings(configure, (dl_text){at, length})); \
    } \
    DL_EXPORT_AS("user") dl_text *dl_export_user(const char *at, size_t length) { \
        return dl_return(dl_answer_item(user, (dl_text){at, length})); \
    } \
    DL_EXPORT_AS("group") dl_text *dl_export_group(const char *at, size_t length) { \
        return dl_return(dl_answer_item(group, (dl_text){at, length})); \
    } \
    DL_EXPORT_AS("cabi_post_user") void dl_export_post_user(dl_text *returned) { (void)returned, dl_forget(); } \
    DL_EXPORT_AS("cabi_post_group") void dl_export_post_group(dl_text *returned) { (void)returned, dl_forget(); }

#else

// Outside a sandbox: what a test may want to look at.
#define DL_EXPORT(manifest, configure, user, group) \
    static inline dl_text dl_manifest(void) { return DL(manifest); } \
    static inline dl_text dl_answer_configure(dl_text json) { return dl_answer_settings(configure, json); } \
    static inline dl_text dl_answer_user(dl_text json) { return dl_answer_item(user, json); } \
    static inline dl_text dl_answer_group(dl_text json) { return dl_answer_item(group, json); }

#endif

#endif
