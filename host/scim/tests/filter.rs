//! Filters: what is read, what is refused, what matches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::limits::{FILTER_DEPTH_MAX, FILTER_LENGTH_BYTES_MAX};
use doorlist_scim::{AttrPath, ErrorKind, Filter, PatchPath, Resource, ResourceType};
use proptest::prelude::*;
use serde_json::{Value, json};

fn ada() -> Resource {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223",
        "externalId": "Ext-7",
        "userName": "Ada@Example.com",
        "displayName": "Ada O'Brien (ops) \"the first\"",
        "nickName": "",
        "title": "Straße 12",
        "active": true,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "profileUrl": "https://example.com/Ada",
        "emails": [
            {"type": "work", "value": "ada@example.com", "primary": true},
            {"type": "home", "value": "Ada@Home.example"},
        ],
        "phoneNumbers": [{"value": "tel:+1-555-0100"}],
        "groups": [{"value": "g-Ops", "display": "Ops"}],
        "meta": {
            "resourceType": "User",
            "created": "2011-05-13T04:42:34Z",
            "lastModified": "2011-05-13T06:42:34.5+02:00",
        },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "701984",
            "department": "C-Suite",
            "manager": {"value": "M-1"},
        },
    });
    user.as_object().unwrap().clone()
}

fn user(filter: &str) -> Result<Filter, doorlist_scim::Error> {
    Filter::parse(filter, ResourceType::user())
}

#[test]
fn matching_follows_the_rfc() {
    let ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let table: &[(&str, bool)] = &[
        // Letter case of values is the schema's to say, that of names and operators never counts.
        (r#"userName eq "ada@example.com""#, true),
        (r#"USERNAME Eq "ADA@EXAMPLE.COM""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.com""#, true),
        (r#"id eq "2819c223""#, true),
        (r#"id eq "2819C223""#, false),
        (r#"externalId eq "Ext-7""#, true),
        (r#"externalId eq "ext-7""#, false),
        (r#"title eq "STRASSE 12""#, false),
        (r#"title eq "straße 12""#, true),
        (r#"title co "RAßE""#, true),
        // Operators on text.
        (r#"displayName co "O'Brien""#, true),
        (r#"nickName eq O'Brien"#, false),
        (r#"userName ne "ada@example.com""#, false),
        (r#"userName ne "bob@example.com""#, true),
        (r#"userName co "@example""#, true),
        (r#"userName sw "ada@""#, true),
        (r#"userName ew ".COM""#, true),
        (r#"userName sw "example""#, false),
        (r#"userName gt "ada""#, true),
        (r#"userName lt "b""#, true),
        (r#"userName ge "ada@example.com""#, true),
        (r#"userName le "ada@example.com""#, true),
        (r#"userName gt "ada@example.com""#, false),
        (r#"displayName co "\"the f""#, true),
        (r#"displayName co "O'Brien (ops)""#, true),
        (r#"displayName co "\u0041da""#, true),
        (r#"profileUrl sw "HTTPS://""#, true),
        // Presence, null and absence.
        ("title pr", true),
        ("userType pr", false),
        ("nickName pr", false),
        ("name pr", true),
        ("emails pr", true),
        ("ims pr", false),
        ("userType eq null", true),
        ("title eq null", false),
        ("title ne null", true),
        (r#"userType ne "Contractor""#, true),
        (r#"userType eq "Contractor""#, false),
        (r#"userType gt "A""#, false),
        (r#"not (userType eq "Contractor")"#, true),
        // Booleans, as JSON and as Entra writes them.
        ("active eq true", true),
        ("active eq false", false),
        ("active ne false", true),
        (r#"active eq "True""#, true),
        (r#"active eq "False""#, false),
        ("active eq TRUE", true),
        // Complex and multi-valued attributes.
        (r#"name.familyName eq "LOVELACE""#, true),
        (r#"emails eq "ada@home.example""#, true),
        (r#"emails.value eq "ada@home.example""#, true),
        (r#"emails.type eq "home""#, true),
        (r#"emails co "example.com""#, true),
        (r#"emails.value ne "ada@example.com""#, true),
        (r#"ims.value ne "x""#, true),
        (r#"emails[type eq "work" and value co "home"]"#, false),
        (r#"emails[type eq "home" and value co "home"]"#, true),
        (r#"emails[not (type eq "work")]"#, true),
        (r#"emails[primary eq true and type eq "home"]"#, false),
        (r#"emails[type eq "work"].value eq "ADA@example.com""#, true),
        (r#"emails[type eq "home"].value eq "ada@example.com""#, false),
        (r#"emails[type eq "other"]"#, false),
        (r#"emails[type eq "home"].primary pr"#, false),
        (r#"name[givenName eq "ada"]"#, true),
        (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, true),
        (r#"schemas[value sw "urn:ietf"]"#, true),
        (r#"groups.value eq "g-Ops""#, true),
        (r#"groups eq "g-ops""#, false),
        // Points in time are compared as such.
        (r#"meta.created eq "2011-05-13T06:42:34+02:00""#, true),
        (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, true),
        (r#"meta.lastModified le "2011-05-13T04:42:34.500Z""#, true),
        (r#"meta.lastModified lt "2011-05-13T04:42:34.499999999Z""#, false),
        ("meta.lastModified ge 2011-05-13T04:42:34Z", true),
        // Values without quotes: Entra's documentation, early authentik.
        ("userName eq ada@example.com", true),
        ("(userName eq ada@example.com)", true),
        ("externalId eq Ext-7 and active eq true", true),
        ("emails[type eq work].value eq ada@example.com", true),
        ("phoneNumbers eq tel:+1-555-0100", true),
        // A number or keyword without quotes is text to a text attribute.
        (&format!("{ent}:employeeNumber eq 701984"), true),
        ("userName eq true", false),
        // Extensions, by their URN.
        (&format!(r#"{ent}:department eq "c-suite""#), true),
        (&format!(r#"{}:Department eq "c-suite""#, ent.to_uppercase()), true),
        (&format!(r#"{ent}:manager eq "M-1""#), true),
        (&format!(r#"{ent}:manager.value eq "m-1""#), false),
        (&format!("{ent}:costCenter pr"), false),
        (&format!(r#"{ent}:costCenter ne "x""#), true),
    ];
    for (filter, expected) in table {
        let parsed = user(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        let matched = parsed.matches(ResourceType::user(), &ada());
        assert_eq!(matched, *expected, "{filter}");
    }
}

#[test]
fn and_binds_tighter_than_or_and_parentheses_bind_tightest() {
    let (t, f) = ("active eq true", "active eq false");
    let table = [
        (format!("{t} or {t} and {f}"), true),
        (format!("({t} or {t}) and {f}"), false),
        (format!("{f} and {f} or {t}"), true),
        (format!("{f} and ({f} or {t})"), false),
        (format!("not ({t}) or {t}"), true),
        (format!("not ({t} or {t})"), false),
        (format!("not ({t}) and {t} or {f}"), false),
        (format!("NOT({f}) AND {t}"), true),
        (format!("not (not ({t}))"), true),
        (format!("(({t}))and({t})"), true),
        (format!("  {t}   AND\t{t}  "), true),
        (format!("{f} or {f} or {f} or {t}"), true),
    ];
    for (filter, expected) in table {
        let matched = user(&filter).unwrap().matches(ResourceType::user(), &ada());
        assert_eq!(matched, expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_and_never_matches_anything() {
    let table = [
        "",
        "   ",
        "userName",
        "userName eq",
        "userName eq ",
        "eq \"x\"",
        "userName is \"x\"",
        "userName eq \"x",
        "userName eq \"x\\\"",
        "userName eq \"\\x\"",
        "userName eq \"x\" and",
        "userName eq \"x\" or or active eq true",
        "userName eq \"x\" active eq true",
        "userName eq John Smith",
        "userName eq a\"b",
        "(userName eq \"x\"",
        "userName eq \"x\")",
        "not userName eq \"x\"",
        "not (userName eq \"x\"",
        "()",
        "emails[",
        "emails[]",
        "emails[type eq \"work\"",
        "emails[type eq \"work\"].",
        "emails[type eq \"work\"].value",
        "emails[type eq \"work\"].nothing eq \"x\"",
        "emails[nothing eq \"x\"]",
        "emails[emails.type eq \"work\"]",
        "emails[type[value eq \"x\"]]",
        "userName[value eq \"x\"]",
        "emails.value[type eq \"x\"]",
        // Unknown attributes.
        "nothing eq \"x\"",
        "userName.nothing eq \"x\"",
        "name.nothing eq \"x\"",
        "urn:unknown:User:userName eq \"x\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "members eq \"x\"",
        // Never returned, so never compared either.
        "password eq \"secret\"",
        "password pr",
        // Operators and values that do not fit the type.
        "active gt true",
        "active co \"t\"",
        "active eq \"yes\"",
        "active eq 1",
        "name eq \"Ada\"",
        "addresses eq \"x\"",
        "userName gt null",
        "meta.created co \"2011\"",
        "meta.created gt \"yesterday\"",
        "meta.created gt \"2011-02-30T00:00:00Z\"",
        "x509Certificates.value co \"x\"",
        "'; drop table users; --",
        // Quotation marks that are none, and what ends like a statement, are not read as values that nobody has.
        "userName eq 'ada@example.com'",
        "userName eq `ada@example.com`",
        "userName eq “ada@example.com”",
        "userName eq ‘ada@example.com’",
        "userName eq ada@example.com;",
        "emails[type eq 'work'].value eq \"x\"",
        "userName eq \"a\u{0}b\"",
    ];
    for filter in table {
        let error = user(filter).expect_err(filter);
        assert_eq!(error.kind, ErrorKind::InvalidFilter, "{filter}");
        assert_eq!(error.body()["status"], "400");
        assert_eq!(error.body()["scimType"], "invalidFilter");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let parens = |n: usize| format!("{}active eq true{}", "(".repeat(n), ")".repeat(n));
    let nots = |n: usize| format!("{}active eq true{}", "not (".repeat(n), ")".repeat(n));
    for nest in [parens, nots] {
        assert!(user(&nest(FILTER_DEPTH_MAX)).is_ok());
        let too_deep = user(&nest(FILTER_DEPTH_MAX + 1)).unwrap_err();
        assert_eq!(too_deep.kind, ErrorKind::InvalidFilter);
    }
    // Unclosed and far beyond every bound.
    for bomb in ["(", "not (", "emails[", "active eq true and (", "\"", "\\", "a.b:"] {
        assert!(user(&bomb.repeat(FILTER_LENGTH_BYTES_MAX / bomb.len())).is_err());
        assert!(user(&bomb.repeat(100_000)).is_err());
    }
    let quotes = "userName eq \"\"".len();
    let text = |n: usize| format!("userName eq \"{}\"", "x".repeat(n - quotes));
    assert!(user(&text(FILTER_LENGTH_BYTES_MAX)).is_ok());
    assert!(user(&text(FILTER_LENGTH_BYTES_MAX + 1)).is_err());
    // A long list is wide, not deep.
    let terms = vec!["id pr"; 400].join(" or ");
    let long = user(&terms).unwrap();
    assert!(long.matches(ResourceType::user(), &ada()));
}

#[test]
fn equality_names_what_an_index_can_look_up() {
    let ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let dept = format!("{ent}:department");
    let by_dept = format!("{dept} eq \"Ops\"");
    let table: &[(&str, Option<(&str, &str)>)] = &[
        (r#"userName eq "A@x""#, Some(("userName", "A@x"))),
        ("externalId eq jyoung", Some(("externalId", "jyoung"))),
        ("externalId eq 0042", Some(("externalId", "0042"))),
        (r#"userName eq "a" and active eq true"#, Some(("userName", "a"))),
        (r#"active eq true and (userName eq "a")"#, Some(("userName", "a"))),
        (r#"emails eq "a""#, Some(("emails.value", "a"))),
        (r#"emails.value eq "a""#, Some(("emails.value", "a"))),
        (r#"emails[value eq "a"]"#, Some(("emails.value", "a"))),
        (r#"emails[type eq "work"].value eq "a""#, Some(("emails.value", "a"))),
        (r#"emails[type eq "work" and value eq "a"]"#, Some(("emails.value", "a"))),
        (r#"emails[type eq "work"]"#, Some(("emails.type", "work"))),
        (&by_dept, Some((&dept, "Ops"))),
        (r#"userName eq "a" or active eq true"#, None),
        (r#"not (userName eq "a")"#, None),
        (r#"userName ne "a""#, None),
        (r#"userName sw "a""#, None),
        ("userName pr", None),
        ("userName eq null", None),
        ("active eq true", None),
        (r#"meta.created eq "2011-05-13T04:42:34Z""#, None),
        (r#"emails[value eq "a" or value eq "b"]"#, None),
    ];
    for (text, expected) in table {
        let filter = user(text).unwrap();
        let found = filter.equality().map(|(path, value)| (path.to_string(), value));
        let expected = expected.map(|(path, value)| (path.to_owned(), value));
        assert_eq!(found, expected, "{text}");
    }
    let both = user(r#"displayName eq "x" and userName eq "y""#).unwrap();
    let paths: Vec<String> = both.equalities().iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["displayName", "userName"]);
}

#[test]
fn mentions_finds_attributes_at_any_depth() {
    let filter = Filter::parse(r#"displayName sw "a" or not (members[value eq "1"])"#, ResourceType::group()).unwrap();
    assert!(filter.mentions("members"));
    assert!(filter.mentions("MEMBERS"));
    assert!(filter.mentions("displayName"));
    assert!(!filter.mentions("externalId"));
    assert!(Filter::parse("members.value eq 1", ResourceType::group()).unwrap().mentions("members"));
}

#[test]
fn paths_are_kept_in_the_spelling_of_the_schema() {
    let ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let table = [
        ("USERNAME", Some("userName".to_owned())),
        ("Name.GivenName", Some("name.givenName".into())),
        ("emails.$REF", None),
        ("groups.$REF", Some("groups.$ref".into())),
        ("urn:ietf:params:scim:schemas:core:2.0:user:name.formatted", Some("name.formatted".into())),
        ("urn:ietf:params:scim:schemas:core:2.0:User:id", Some("id".into())),
        ("URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User:MANAGER.Value", Some(format!("{ent}:manager.value"))),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", Some(ent.to_owned())),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:", None),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userName", None),
        ("department", None),
        ("", None),
        (".", None),
        ("name.", None),
        ("name.givenName.x", None),
        (":userName", None),
    ];
    for (text, expected) in table {
        let path = AttrPath::parse(text, ResourceType::user());
        match (path, expected) {
            (Ok(path), Some(expected)) => {
                assert_eq!(path.to_string(), expected);
                assert_eq!(AttrPath::parse(&expected, ResourceType::user()), Ok(path));
            }
            (Err(error), None) => assert_eq!(error.kind, ErrorKind::InvalidPath, "{text}"),
            (path, _) => panic!("{text}: {path:?}"),
        }
    }
}

#[test]
fn values_of_a_path_are_those_of_every_element() {
    let values = |path: &str| -> Vec<Value> {
        let path = AttrPath::parse(path, ResourceType::user()).unwrap();
        path.values(&ada()).into_iter().cloned().collect()
    };
    assert_eq!(values("emails.value"), [json!("ada@example.com"), json!("Ada@Home.example")]);
    assert_eq!(values("emails.primary"), [json!(true)]);
    assert_eq!(values("userName"), [json!("Ada@Example.com")]);
    assert_eq!(values("ims.value"), [] as [Value; 0]);
    assert_eq!(values("emails").len(), 2);
}

/// Filters of every shape, as text.
fn any_filter() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just(r#""x""#.to_owned()),
        "[a-zA-Z0-9@+-]{1,8}",
        any::<String>().prop_map(|text| Value::String(text).to_string()),
        Just("null".to_owned()),
    ];
    let text_op = prop::sample::select(vec!["eq", "NE", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let text_path = prop::sample::select(vec![
        "userName",
        "NAME.familyName",
        "externalId",
        "emails",
        "emails.type",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    ]);
    let text = (text_path, text_op, word.clone())
        .prop_filter("null has no order", |(_, op, word)| !word.eq_ignore_ascii_case("null") || matches!(*op, "eq" | "NE"))
        .prop_map(|(path, op, word)| format!("{path} {op} {word}"));
    let leaf = prop_oneof![
        text,
        Just("active eq True".to_owned()),
        Just("emails pr".to_owned()),
        Just(r#"meta.created ge "2020-01-01T00:00:00Z""#.to_owned()),
        word.prop_map(|word| format!("emails[type eq {word} and (primary pr or value co a)]")),
        Just(r#"emails[not (type eq "work") or value ew "x"].value sw "y""#.to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|terms| format!("({})", terms.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|terms| terms.join(" or ")),
            inner.prop_map(|term| format!("not ({term})")),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_filter_reads_as_an_equal_one(text in any_filter()) {
        prop_assume!(text.len() <= FILTER_LENGTH_BYTES_MAX);
        let filter = user(&text).unwrap();
        let printed = filter.to_string();
        prop_assume!(printed.len() <= FILTER_LENGTH_BYTES_MAX);
        let again = user(&printed).unwrap();
        prop_assert_eq!(&filter, &again);
        prop_assert_eq!(printed, again.to_string());
    }

    #[test]
    fn negation_turns_the_answer_around(text in any_filter()) {
        prop_assume!(text.len() < FILTER_LENGTH_BYTES_MAX - 10);
        let rt = ResourceType::user();
        let plain = user(&text).unwrap().matches(rt, &ada());
        let negated = user(&format!("not ({text})")).unwrap().matches(rt, &ada());
        prop_assert_ne!(plain, negated);
    }

    #[test]
    fn an_equality_holds_of_every_match(name in "[a-cA-C]{1,3}", kind in "[a-c]{1,2}") {
        let rt = ResourceType::user();
        let text = format!(r#"userName eq "{name}" and emails[type eq "{kind}"]"#);
        let filter = user(&text).unwrap();
        let resource = json!({"userName": name.to_lowercase(), "emails": [{"type": kind}]});
        let resource = resource.as_object().unwrap();
        prop_assert!(filter.matches(rt, resource));
        for (path, value) in filter.equalities() {
            let found = path.values(resource);
            let is_same = |found: &&Value| found.as_str().unwrap().eq_ignore_ascii_case(value);
            prop_assert!(found.iter().any(is_same));
        }
    }
}

#[test]
fn an_error_has_a_place() {
    for (text, place, detail) in [
        ("", 0, "an attribute should follow"),
        ("  nonsense eq 1", 2, "names \"nonsense\""),
        ("title", 5, "operator such as eq"),
        ("title is 1", 6, "operator such as eq"),
        ("title eq", 8, "not followed by a value"),
        ("title pr title pr", 9, "where and, or or the end should follow"),
        ("title pr and ü", 13, "where an attribute should follow"),
        ("(title pr", 9, "ends where ) should follow"),
        ("(title pr ] and", 10, "where and, or or ) should follow"),
        ("title eq \"ü\" or active eq \"x\"", 27, "true or false"),
        ("emails[type eq \"work\" and nonsense pr]", 26, "names \"nonsense\""),
        ("emails[type pr].nonsense pr", 16, "names \"nonsense\""),
        ("title[value pr]", 0, "no elements"),
        ("active eq true and password pr", 19, "cannot be used"),
        ("title eq \"x", 9, "does not end"),
    ] {
        let misread = Filter::parse_located(text, ResourceType::user()).expect_err(text);
        assert!(misread.error.detail.contains(detail), "{text}: {}", misread.error);
        assert_eq!(misread.at_bytes, place, "{text}: {}", misread.error);
        assert_eq!(user(text), Err(misread.error));
    }
    let long = "x".repeat(FILTER_LENGTH_BYTES_MAX + 1);
    assert_eq!(Filter::parse_located(&long, ResourceType::user()).map_err(|misread| misread.at_bytes), Err(0));
}

#[test]
fn a_path_with_a_filter_has_the_values_of_the_elements_that_pass() {
    for (path, values) in [
        ("title", json!(["Straße 12"])),
        ("name.givenName", json!(["Ada"])),
        ("emails.value", json!(["ada@example.com", "Ada@Home.example"])),
        (r#"emails[type eq "HOME"].value"#, json!(["Ada@Home.example"])),
        ("emails[primary eq true].type", json!(["work"])),
        (r#"emails[type eq "home"].primary"#, json!([])),
        (r#"emails[type eq "other"].value"#, json!([])),
        (r#"groups[display sw "o"]"#, json!([{"value": "g-Ops", "display": "Ops"}])),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", json!(["M-1"])),
        ("ims.value", json!([])),
    ] {
        let parsed = PatchPath::parse(path, ResourceType::user()).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(json!(parsed.values(ResourceType::user(), &ada())), values, "{path}");
    }
}
