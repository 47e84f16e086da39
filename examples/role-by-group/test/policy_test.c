// The policy is an ordinary program's here: the README has the command, which needs no sandbox. `doorlist plugin test` runs cases/ in it.

#include "../src/policy.c"

static int failures;

static void expect(dl_text is, dl_text should) {
    if (dl_same(is, should)) return;
    failures++;
    fprintf(stderr, "%.*s\nexpected %.*s\n", (int)is.length, is.at, (int)should.length, should.at);
}

// The role that a user gets, absent if it stays.
static dl_text role_of(dl_text user) {
    const dl_value *first = dl_parse(dl_answer_user(user))->first;
    return first ? dl_text_at(first, "value") : (dl_text){NULL, 0};
}

int main(void) {
    dl_text two = DL(DL_JSON({"roles": [{"group": "Admins", "role": "admin"}, {"group": "Net", "role": "network_admin"}]}));
    dl_text twice = DL(DL_JSON({"roles": [{"group": "Admins", "role": "admin"}, {"group": "Admins", "role": "owner"}]}));
    expect(dl_text_at(dl_parse(dl_answer_configure(twice))->first, "pointer"), DL("/roles/1/group"));

    expect(dl_answer_configure(two), DL("[]"));
    expect(role_of(DL(DL_JSON({"groups": [{"name": "Net"}, {"name": "Admins"}]}))), DL("admin"));
    expect(role_of(DL(DL_JSON({"groups": [{"name": "Net"}]}))), DL("network_admin"));
    expect(role_of(DL(DL_JSON({"groups": [{"name": "net"}]}))), DL(""));
    return failures != 0;
}
