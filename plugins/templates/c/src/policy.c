// Suspends members by their title.

#include "doorlist.h"

#define MANIFEST DL_JSON({ \
    "name": "{{name}}", \
    "version": "0.1.0", \
    "description": "Suspends members by their title.", \
    "settingsSchema": { \
        "type": "object", \
        "additionalProperties": false, \
        "properties": { \
            "titles": { \
                "description": "Members with one of these titles are suspended. Upper and lower case differ.", \
                "type": "array", \
                "items": {"type": "string", "minLength": 1, "maxLength": 256}, \
                "maxItems": 100, \
                "default": [] \
            } \
        } \
    }, \
    "reads": ["title"], \
    "writes": ["status"] \
})

// What an operator may set; the manifest says the same to Doorlist.
static struct {
    const dl_value *titles;
} settings;

static void configure(const dl_value *given, dl_problems *problems) {
    settings.titles = dl_get(given, "titles");
    int64_t at = 0;
    DL_EACH(title, settings.titles) {
        const dl_value *earlier = settings.titles->first;
        while (earlier != title && !dl_same(earlier->text, title->text)) earlier = earlier->next;
        if (earlier != title) dl_problem(problems, DL_JOIN(DL("/titles/"), dl_decimal(at)), DL("This title is listed twice."));
        at++;
    }
}

static void user(const dl_value *user, dl_changes *changes) {
    DL_EACH_ATTRIBUTE(attribute, user, "title") {
        dl_text title = dl_text_at(attribute, "value");
        if (dl_has(settings.titles, title)) {
            dl_set_status(changes, DL("suspended"), DL_JOIN(DL("The title \""), title, DL("\" is suspended.")));
            return;
        }
    }
}

// Groups are left alone.
DL_EXPORT(MANIFEST, configure, user, NULL)
