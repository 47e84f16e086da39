// Gives members the role of the first listed group that they are in.

#include "doorlist.h"

#define MANIFEST DL_JSON({ \
    "name": "role-by-group", \
    "version": "1.0.0", \
    "description": "Gives members the role of the first listed group that they are in, and another role or none to everybody else.", \
    "settingsSchema": { \
        "type": "object", \
        "additionalProperties": false, \
        "required": ["roles"], \
        "properties": { \
            "roles": { \
                "description": "Groups with the role of their members, the highest first. Upper and lower case differ.", \
                "type": "array", \
                "minItems": 1, \
                "maxItems": 100, \
                "items": { \
                    "type": "object", \
                    "additionalProperties": false, \
                    "required": ["group", "role"], \
                    "properties": { \
                        "group": {"description": "The name of a group.", "type": "string", "minLength": 1, "maxLength": 256}, \
                        "role": {"description": "One of the tenant's roles.", "type": "string", "minLength": 1, "maxLength": 64} \
                    } \
                } \
            }, \
            "otherwise": { \
                "description": "The role of members of none of the groups. Without it their role stays.", \
                "type": "string", \
                "minLength": 1, \
                "maxLength": 64 \
            } \
        } \
    }, \
    "reads": ["groups"], \
    "writes": ["role"] \
})

// What an operator may set; the manifest says the same to Doorlist.
static struct {
    const dl_value *roles;
    dl_text otherwise;
} settings;

static void configure(const dl_value *given, dl_problems *problems) {
    settings.roles = dl_get(given, "roles");
    settings.otherwise = dl_text_at(given, "otherwise");
    int64_t at = 0;
    DL_EACH(rule, settings.roles) {
        const dl_value *earlier = settings.roles->first;
        while (earlier != rule && !dl_same(dl_text_at(earlier, "group"), dl_text_at(rule, "group"))) earlier = earlier->next;
        if (earlier != rule) {
            dl_text pointer = DL_JOIN(DL("/roles/"), dl_decimal(at), DL("/group"));
            dl_problem(problems, pointer, DL("This group is listed before, and the first one counts."));
        }
        at++;
    }
}

static bool is_member(const dl_value *user, dl_text name) {
    DL_EACH(group, dl_get(user, "groups"))
        if (dl_same(dl_text_at(group, "name"), name)) return true;
    return false;
}

static void user(const dl_value *user, dl_changes *changes) {
    DL_EACH(rule, settings.roles) {
        dl_text group = dl_text_at(rule, "group");
        if (is_member(user, group)) {
            dl_set_role(changes, dl_text_at(rule, "role"), DL_JOIN(DL("Member of \""), group, DL("\".")));
            return;
        }
    }
    if (settings.otherwise.length) dl_set_role(changes, settings.otherwise, DL("Member of none of the groups that have a role."));
}

// Groups are left alone.
DL_EXPORT(MANIFEST, configure, user, NULL)
