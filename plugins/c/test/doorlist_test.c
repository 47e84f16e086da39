// The library outside a sandbox: cc -std=c17 -I.. doorlist_test.c && ./a.out

#include "doorlist.h"

static int failures;

static void expect(const char *what, dl_text is, dl_text should) {
    if (dl_same(is, should)) return;
    failures++;
    fprintf(stderr, "%s: %.*s, expected %.*s\n", what, (int)is.length, is.at, (int)should.length, should.at);
}

static void check(const char *what, bool holds) {
    if (holds) return;
    failures++;
    fprintf(stderr, "%s: does not hold\n", what);
}

static dl_text written(const dl_value *value) {
    dl_writer out = {NULL, 0, 0};
    dl_put_value(&out, value);
    return (dl_text){out.at, out.length};
}

// What is read is written as it was, with one way to escape.
static void json_that_is_some(void) {
    static const char *const table[][2] = {
        {"null", "null"},
        {" true\n", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0.5e+10", "-0.5e+10"},
        {"12E3", "12E3"},
        {"\"\"", "\"\""},
        {"\"plain\"", "\"plain\""},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0022\\u005c/\\u0008\\u000c\\u000a\\u000d\\u0009\""},
        {"\"before\\n\"", "\"before\\u000a\""},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"", "\"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"\"\\ud83d\"", "\"\xEF\xBF\xBD\""},
        {"\"\\ud83dx\"", "\"\xEF\xBF\xBDx\""},
        {"\"\\ud83d\\u0041\"", "\"\xEF\xBF\xBD" "A\""},
        {"\"\\ude00\\ud83d\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\"\\u0000\"", "\"\\u0000\""},
        {"[]", "[]"},
        {"[ ]", "[]"},
        {" [ 1 , [ ] , \"a\" ] ", "[1,[],\"a\"]"},
        {"{}", "{}"},
        {"{ \"a\" : 1 , \"b\\n\" : { \"c\" : null } }", "{\"a\":1,\"b\\u000a\":{\"c\":null}}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const dl_value *value = dl_parse(dl_string(table[i][0]));
        if (value) expect(table[i][0], written(value), dl_string(table[i][1]));
        else check(table[i][0], false);
        dl_forget();
    }
}

static void json_that_is_none(void) {
    static const char *const table[] = {
        "",      " ",     "nul",    "nulll", "True",      "+1",         "-",          "01",         "1.",          ".5",         "1e",       "1e+",
        "--1",   "0x1",   "\"",     "\"a",   "\"\\",      "\"\\\"",     "\"\\x\"",    "\"\\u12\"",  "\"\\u12g4\"", "\"\\u\"",    "\"a\nb\"", "\"\\t\t\"",
        "[",     "]",     "[1",     "[1,",   "[1,]",      "[,1]",       "[1 2]",      "[1}",        "{",           "}",          "{1:2}",    "{\"a\"}",
        "{\"a\":}", "{\"a\":1", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\":1]", "1 2", "[] []", "'a'", "\x01", "\"\\",
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        check(table[i], !dl_parse(dl_string(table[i])));
        dl_forget();
    }
}

// Every beginning of a text that is JSON is read without reading behind it.
static void beginnings(void) {
    dl_text whole = DL("{\"a\":[\"x\\u00e9\\ud83d\\ude00\",-1.5e3,true,null],\"b\":{\"c\":\"\"}}");
    for (size_t length = 0; length < whole.length; length++) {
        char *part = malloc(length ? length : 1);
        dl_copy(part, whole.at, length);
        check("a beginning is no JSON", !dl_parse((dl_text){part, length}));
        free(part);
        dl_forget();
    }
}

static void depth(void) {
    char text[2 * DL_DEPTH_MAX + 4];
    for (int levels = DL_DEPTH_MAX; levels <= DL_DEPTH_MAX + 2; levels++) {
        for (int i = 0; i < levels; i++) text[i] = '[', text[2 * levels - 1 - i] = ']';
        check("depth is bounded", !!dl_parse((dl_text){text, 2 * (size_t)levels}) == (levels <= DL_DEPTH_MAX + 1));
        dl_forget();
    }
}

static void integers(void) {
    static const struct {
        const char *json;
        int64_t number;
    } table[] = {
        {"0", 0}, {"-7", -7}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
        {"9223372036854775808", 99}, {"-9223372036854775809", 99}, {"1.0", 99}, {"1e2", 99}, {"\"1\"", 99}, {"null", 99},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) check(table[i].json, dl_integer(dl_parse(dl_string(table[i].json)), 99) == table[i].number);
    expect("the smallest", dl_decimal(INT64_MIN), DL("-9223372036854775808"));
    expect("the largest", dl_decimal(INT64_MAX), DL("9223372036854775807"));
    expect("nought", dl_decimal(0), DL("0"));
}

static void texts(void) {
    dl_text none = {NULL, 0};
    check("absent is empty", dl_same(none, DL("")) && dl_starts_with(none, none) && dl_find(none, DL("a")) == 0);
    check("starts", dl_starts_with(DL("abc"), DL("ab")) && !dl_starts_with(DL("a"), DL("ab")) && !dl_starts_with(DL("Abc"), DL("ab")));
    check("ends", dl_ends_with(DL("abc"), DL("bc")) && !dl_ends_with(DL("c"), DL("bc")) && dl_ends_with(DL("abc"), none));
    check("found", dl_find(DL("a / b / c"), DL(" / ")) == 1 && dl_find(DL("abc"), DL("cd")) == 3);
    expect("a part", dl_part(DL("abcd"), 1, 2), DL("bc"));
    expect("a part at the end", dl_part(DL("abcd"), 3, SIZE_MAX), DL("d"));
    expect("a part outside", dl_part(DL("abcd"), 9, 1), DL(""));
    expect("trimmed", dl_trim(DL(" \ta b\n")), DL("a b"));
    expect("all trimmed", dl_trim(DL("  ")), DL(""));
    expect("lower", dl_lower(DL("AbZ\xC3\x89@[")), DL("abz\xC3\x89@["));
    expect("joined", DL_JOIN(DL("a"), none, DL("bc")), DL("abc"));
}

static void members(void) {
    const dl_value *user = dl_parse(DL(DL_JSON({
        "attributes": [{"path": "title", "value": 5}, {"path": "x", "value": "no"}, {"path": "title", "value": "A"}, {"path": "title", "value": "B"}],
        "list": ["a", 1, "b"], "yes": true, "no": false
    })));
    expect("the first text", dl_attribute_text(user, "title"), DL("A"));
    check("no text", !dl_attribute_text(user, "Title").at && !dl_text_at(user, "yes").at);
    int titles = 0;
    DL_EACH_ATTRIBUTE(title, user, "title") titles++;
    check("titles", titles == 3);
    check("truth", dl_true(dl_get(user, "yes")) && !dl_true(dl_get(user, "no")) && !dl_true(dl_get(user, "list")));
    check("lists", dl_count(dl_get(user, "list")) == 3 && dl_has(dl_get(user, "list"), DL("b")) && !dl_has(dl_get(user, "list"), DL("1")));
    check("nothing of nothing", dl_get(dl_get(dl_get(user, "list"), "a"), "b")->kind == DL_NULL && !dl_count(dl_get(user, "z")));
}

static void configure(const dl_value *settings, dl_problems *problems) {
    DL_EACH(each, dl_get(settings, "wrong")) dl_problem(problems, DL_JOIN(DL("/wrong/"), each->text), DL("It is \"wrong\"."));
}

static void user(const dl_value *user, dl_changes *changes) {
    dl_text why = DL("Because.");
    if (dl_text_at(user, "userName").length == 0) return;
    dl_include(changes, why), dl_exclude(changes, why), dl_set_status(changes, DL("suspended"), why), dl_set_role(changes, DL("r"), why);
    dl_add_group(changes, DL("1"), why), dl_remove_group(changes, DL("2"), why), dl_add_named_group(changes, DL("3"), why);
    dl_remove_named_group(changes, DL("4"), why), dl_set_user_name(changes, DL("u"), why), dl_set_display_name(changes, DL("d"), why);
    dl_set_attribute(changes, DL("n"), dl_get(user, "name"), why), dl_set_attribute_text(changes, DL("t"), DL("x"), why);
    dl_remove_attribute(changes, DL("o"), why);
}

#define MANIFEST DL_JSON({"name": "all", "pattern": "^\\d+$", "yes": true})
DL_EXPORT(MANIFEST, configure, user, NULL)

static void answers(void) {
    check("a manifest is JSON", dl_parse(dl_manifest()) && dl_parse(dl_manifest())->kind == DL_OBJECT);
    expect("and as it was written", dl_text_at(dl_parse(dl_manifest()), "pattern"), DL("^\\d+$"));
    expect("no problems", dl_answer_configure(DL("{}")), DL("[]"));
    expect("problems", dl_answer_configure(DL("{\"wrong\":[\"a\",\"b\"]}")),
           DL("[{\"pointer\":\"/wrong/a\",\"message\":\"It is \\u0022wrong\\u0022.\"},{\"pointer\":\"/wrong/b\",\"message\":\"It is \\u0022wrong\\u0022.\"}]"));
    uintptr_t before = dl_top;
    expect("no changes", dl_answer_user(DL("{}")), DL("[]"));
    expect("a function that is NULL", dl_answer_group(DL("{}")), DL("[]"));
    dl_text said = dl_answer_user(DL("{\"userName\":\"a\",\"name\":{\"a\":[1,\"b\"]}}"));
    const dl_value *changes = dl_parse(said);
    check("changes are JSON", changes && dl_count(changes) == 13);
    size_t at = 0;
    static const char *const effects[] = {"include", "exclude", "set-status", "set-role", "add-group", "remove-group", "add-named-group",
                                          "remove-named-group", "set-user-name", "set-display-name", "set-attribute", "set-attribute", "remove-attribute"};
    DL_EACH(change, changes) {
        expect(effects[at], dl_text_at(change, "effect"), dl_string(effects[at]));
        expect(effects[at], dl_text_at(change, "reason"), DL("Because."));
        check(effects[at], (dl_get(change, "value")->kind == DL_NULL) == (at < 2));
        if (at == 10) expect("a value", written(dl_get(change, "value")), DL("{\"path\":\"n\",\"value\":{\"a\":[1,\"b\"]}}"));
        at++;
    }
    dl_forget();
    check("an answer leaves nothing", dl_top == before);
}

int main(void) {
    json_that_is_some(), json_that_is_none(), beginnings(), depth(), integers(), texts(), members(), answers();
    if (!failures) puts("all hold");
    return failures != 0;
}
