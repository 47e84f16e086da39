//! Settings that are wrong: where, and in which words.

use serde_json::{Value, json};

use crate::{configure, problems};

fn users(rules: &Value) -> Value {
    json!({"users": rules})
}

#[test]
fn a_condition_that_is_none_says_where_it_is_wrong() {
    for (when, column, message) in [
        ("", 1, "an attribute should follow"),
        ("userTyp eq \"x\"", 1, "\"userTyp\", which no schema"),
        ("title pr and ütle pr", 14, "where an attribute should follow"),
        ("userType is \"x\"", 10, "not followed by an operator such as eq"),
        ("userType eq", 12, "not followed by a value"),
        ("active eq \"perhaps\"", 11, "true or false"),
        ("(title pr", 10, "ends where ) should follow"),
        ("title pr userType pr", 10, "and, or or the end"),
        ("emails[kind eq \"x\"]", 8, "\"kind\""),
        ("urn:acme:User:x pr", 1, "has to be given under \"schemas\""),
        ("urn:doorlist:view.rolle eq \"x\"", 1, "\"urn:doorlist:view.rolle\""),
        ("password pr", 1, "cannot be used"),
    ] {
        let rule = json!({"name": "rule", "when": when, "effects": {"included": false}});
        let good = json!({"name": "good", "when": "title pr", "effects": {"included": false}});
        for (settings, at) in [(json!({"users": [good, rule]}), "/users/1/when"), (json!({"groups": [rule]}), "/groups/0/when")] {
            let found = problems(&settings);
            let [(pointer, said)] = found.as_slice() else { panic!("{when}: {found:?}") };
            assert_eq!(pointer, at, "{when}");
            if at.starts_with("/users") {
                assert!(said.starts_with(&format!("Column {column}: ")) && said.contains(message), "{when}: {said}");
            }
        }
    }
}

#[test]
fn rules_do_not_see_what_is_not_of_the_item() {
    for (settings, at, message) in [
        (
            users(&json!([{"name": "r", "when": "meta.created gt \"2020-01-01T00:00:00Z\"", "stop": true}])),
            "/users/0/when",
            "do not see meta",
        ),
        (users(&json!([{"name": "r", "when": "groups[$ref pr]", "stop": true}])), "/users/0/when", "do not see groups.$ref"),
        (json!({"groups": [{"name": "r", "when": "title pr or members pr", "stop": true}]}), "/groups/0/when", "\"title\""),
        (json!({"groups": [{"name": "r", "when": "members.value eq \"x\"", "stop": true}]}), "/groups/0/when", "do not see members"),
    ] {
        let found = problems(&settings);
        assert!(matches!(found.as_slice(), [(pointer, said)] if pointer == at && said.contains(message)), "{settings}: {found:?}");
    }
}

#[test]
fn effects_that_make_no_sense_are_refused_where_they_stand() {
    let long = "x".repeat(257);
    for (effects, at, message) in [
        (json!({"role": "{title}"}), "/role", "cannot name one"),
        (json!({"role": {"of": "{title}", "table": {"a": "b"}, "otherwise": "{title}"}}), "/role/otherwise", "cannot name one"),
        (json!({"role": {"of": "{nonsense}", "table": {"a": "b"}}}), "/role/of", "Column 2"),
        (json!({"userName": {"of": "x", "table": {}}}), "/userName/table", "between 1 and 1000 entries"),
        (json!({"userName": {"of": "x", "table": {"a/b": ""}}}), "/userName/table/a~1b", "between 1 and 256 bytes"),
        (json!({"userName": {"of": "x", "table": {"a": long}}}), "/userName/table/a", "between 1 and 256 bytes"),
        (json!({"removeGroupsWhere": "name eq \"x\""}), "/removeGroupsWhere", "Column 1: The filter names \"name\""),
        (json!({"removeGroupsWhere": "display sw \"x\" and"}), "/removeGroupsWhere", "Column 19: The filter ends where more"),
        (json!({"removeGroupsWhere": "display pr] or title pr or emails[value pr"}), "/removeGroupsWhere", "not one filter"),
        (json!({"removeGroupsWhere": "display pr].value eq \"x\" and groups[display pr"}), "/removeGroupsWhere", "not one filter"),
        (json!({"addGroupIds": ["Sales"]}), "/addGroupIds/0", "no group's SCIM id"),
        (json!({"addGroups": vec!["x"; 51]}), "/addGroups", "more than 50"),
        (json!({"setAttributes": [{"path": "title"}]}), "/setAttributes/0", "either value or from"),
        (json!({"setAttributes": [{"path": "title", "value": "x", "from": "nickName"}]}), "/setAttributes/0", "either value or from"),
        (json!({"setAttributes": [{"path": "nonsense", "value": "x"}]}), "/setAttributes/0/path", "\"nonsense\""),
        (json!({"setAttributes": [{"path": "userName", "value": "x"}]}), "/setAttributes/0/path", "the effect userName does"),
        (json!({"setAttributes": [{"path": "active", "value": "true"}]}), "/setAttributes/0/path", "the effect status does"),
        (json!({"setAttributes": [{"path": "groups.display", "value": "x"}]}), "/setAttributes/0/path", "addGroups"),
        (json!({"setAttributes": [{"path": "emails.value", "value": "x"}]}), "/setAttributes/0/path", "by the path emails"),
        (json!({"setAttributes": [{"path": "name", "value": "x"}]}), "/setAttributes/0/value", "A text fits one of them"),
        (json!({"setAttributes": [{"path": "title", "from": "name"}]}), "/setAttributes/0/from", "name one of them"),
        (json!({"setAttributes": [{"path": "name", "from": "title"}]}), "/setAttributes/0/from", "name one of them"),
        (json!({"setAttributes": [{"path": "emails", "from": "addresses"}]}), "/setAttributes/0/from", "does not have"),
        (json!({"setAttributes": [{"path": "title", "from": "meta.created"}]}), "/setAttributes/0/from", "do not see meta"),
        (json!({"setAttributes": [{"path": "title", "from": "emails[x eq 1].value"}]}), "/setAttributes/0/from", "\"x\""),
        (
            json!({"setAttributes": [{"path": "urn:doorlist:view.role", "value": "owner"}]}),
            "/setAttributes/0/path",
            "is what Doorlist says",
        ),
        (
            json!({"setAttributes": [{"path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "value": "x"}]}),
            "/setAttributes/0/path",
            "is a schema",
        ),
        (json!({"removeAttributes": ["externalId"]}), "/removeAttributes/0", "the identity provider's"),
        (json!({"removeAttributes": ["urn:acme:User:x"]}), "/removeAttributes/0", "given under \"schemas\""),
    ] {
        let found = problems(&users(&json!([{"name": "rule", "effects": effects}])));
        let [(pointer, said)] = found.as_slice() else { panic!("{effects}: {found:?}") };
        assert_eq!(*pointer, format!("/users/0/effects{at}"), "{effects}: {said}");
        assert!(said.contains(message), "{effects}: {said}");
    }
}

#[test]
fn rules_have_names_and_do_something() {
    let effects = json!({"included": false});
    for (rules, at, message) in [
        (json!([{"name": "r"}]), "/users/0", "does nothing"),
        (json!([{"name": "r", "effects": {}, "when": "title pr"}]), "/users/0", "does nothing"),
        (json!([{"name": "", "effects": effects}]), "/users/0/name", "between 1 and 100"),
        (json!([{"name": " ", "effects": effects}]), "/users/0/name", "not blank"),
        (json!([{"name": "a\nb", "effects": effects}]), "/users/0/name", "between"),
        (json!([{"name": "é".repeat(51), "effects": effects}]), "/users/0/name", "between"),
        (json!([{"name": "r", "effects": effects}, {"name": "r", "effects": effects}]), "/users/1/name", "same name"),
        (json!([{"name": "r", "effects": effects, "description": "x".repeat(1_001)}]), "/users/0/description", "1000 bytes"),
    ] {
        let found = problems(&users(&rules));
        assert!(matches!(found.as_slice(), [(pointer, said)] if pointer == at && said.contains(message)), "{rules}: {found:?}");
    }
    let one = json!({"name": "r", "effects": effects});
    assert!(configure(&json!({"users": [one], "groups": [one]})).is_ok(), "users and groups are named apart");
    assert!(configure(&json!({})).is_ok(), "no rules are as good as any");
}

#[test]
fn rules_are_bounded() {
    let rule = |place: usize, when: &str| json!({"name": format!("r{place}"), "when": when, "stop": true});
    let rules = |count: usize, when: &str| (0..count).map(|place| rule(place, when)).collect::<Value>();
    assert!(configure(&users(&rules(200, "title pr"))).is_ok());
    assert_eq!(problems(&users(&rules(201, "title pr")))[0].0, "/users");
    let hundred = vec!["title pr"; 100].join(" or ");
    assert!(configure(&users(&rules(5, &hundred))).is_ok());
    let found = problems(&users(&rules(7, &hundred)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0], ("/users/5/when".to_owned(), "With this rule the conditions have more than 500 comparisons.".to_owned()));
    let wrong: Value = (0..50).map(|place| rule(place, "x")).collect();
    assert_eq!(problems(&users(&wrong)).len(), 20, "nobody reads more at a time");
    let deep = format!("{}title pr{}", "(".repeat(33), ")".repeat(33));
    assert!(problems(&users(&json!([rule(0, &deep)])))[0].1.contains("deeper than 32"));
}

#[test]
fn schemas_are_held_against_what_an_upload_is() {
    let schema = |id: &str| json!({"id": id, "attributes": [{"name": "x"}]});
    for (schemas, at, message) in [
        (json!([{"id": "urn:acme:User", "attributes": [{"name": "x", "type": "text"}]}]), "/schemas/0/attributes/0/type", "must be one of"),
        (json!([schema("acme")]), "/schemas/0/id", "must be a URN"),
        (json!([schema("urn:doorlist")]), "/schemas/0/id", "must be a URN"),
        (json!([schema("urn:doorlist:view")]), "/schemas/0/id", "Doorlist's own"),
        (json!([schema("URN:Doorlist:x")]), "/schemas/0/id", "Doorlist's own"),
        (json!([schema("urn:acme:User"), schema("urn:ACME:user")]), "/schemas/1/id", "twice"),
    ] {
        let found = problems(&json!({"schemas": schemas}));
        assert!(matches!(found.as_slice(), [(pointer, said)] if pointer == at && said.contains(message)), "{schemas}: {found:?}");
    }
}
