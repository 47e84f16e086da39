// The policy is an ordinary program's here: `cc -std=c17 -Ilib test/policy_test.c` needs no sandbox. `doorlist plugin test` runs cases/ in it.

#include "../src/policy.c"

static int failures;

static void expect(dl_text is, dl_text should) {
    if (dl_same(is, should)) return;
    failures++;
    fprintf(stderr, "%.*s\nexpected %.*s\n", (int)is.length, is.at, (int)should.length, should.at);
}

int main(void) {
    expect(dl_answer_configure(DL(DL_JSON({"titles": ["Guest", "Guest"]}))),
           DL(DL_JSON([{"pointer":"/titles/1","message":"This title is listed twice."}])));
    expect(dl_answer_configure(DL(DL_JSON({"titles": ["Guest", "Intern"]}))), DL("[]"));

    expect(dl_answer_user(DL(DL_JSON({"attributes": [{"path": "title", "value": "guest"}]}))), DL("[]"));
    dl_text changes = dl_answer_user(DL(DL_JSON({"attributes": [{"path": "title", "value": "Guest"}]})));
    expect(dl_text_at(dl_parse(changes)->first, "value"), DL("suspended"));
    return failures != 0;
}
