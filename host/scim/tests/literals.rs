//! Filters down to the letter: literals, empties, white space, elements, and what operators mean for each type.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::{ErrorKind, Filter, Resource, ResourceType};
use serde_json::{Value, json};

const EXT: &str = "urn:doorlist:params:scim:schemas:test:extension:2.0:TestResource";

fn rt() -> &'static ResourceType {
    &ResourceType::test()[0]
}

fn resource() -> Resource {
    let all = json!({
        "id": "1", "string": "a\"b\\c/d é \u{1F600} [x](y)", "inexact": "Straße", "strings": ["one", "Two", ""],
        "boolean": false, "booleans": [true, false], "decimal": 0.0, "decimals": [-1.5, 1e3], "integer": 0,
        "integers": [-7, 9_007_199_254_740_993_i64, 18_446_744_073_709_551_615_u64],
        "dateTime": "2020-02-29T23:30:00-01:00", "dateTimes": ["1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z"],
        "binary": "AAAA", "binaries": ["YQ==", "YWI="], "reference": "", "references": ["../a", "urn:b"],
        "complex": {"string": "s", "boolean": true, "integer": 5},
        "complexes": [
            {"value": "a@x", "type": "work", "primary": true, "integer": 1},
            {"value": "b@y", "type": "home", "integer": 2},
            {"value": "c@z", "display": "no type"},
        ],
        EXT: {"code": "c", "number": 3, "place": {"site": "North", "since": "2020-01-01T00:00:00Z"}},
    });
    all.as_object().unwrap().clone()
}

fn check(table: &[(&str, bool)]) {
    for (text, expected) in table {
        let filter = Filter::parse(text, rt()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(rt(), &resource()), *expected, "{text}");
        let again = Filter::parse(&filter.to_string(), rt()).unwrap();
        assert_eq!(again.matches(rt(), &resource()), *expected, "{again}");
    }
}

#[test]
fn texts_are_json_strings() {
    check(&[
        (r#"string eq "a\"b\\c/d é 😀 [x](y)""#, true),
        (r#"string eq "a\u0022b\u005cc\/d \u00e9 \ud83d\ude00 [x](y)""#, true),
        (r#"string co "\"b\\""#, true),
        (r#"string co "] and (""#, false),
        (r#"string ew "(y)""#, true),
        (r#"string co """#, true),
        (r#"string sw "" and string ew """#, true),
        (r#"string gt """#, true),
        (r#"string eq """#, false),
        (r#"string co "\t""#, false),
        (r#"inexact eq "STRASSE""#, false),
        (r#"inexact eq "straßE""#, true),
        (r#"inexact ge "STRASSE" and inexact lt "STRB""#, true),
        // Without quotes, up to a space or bracket.
        ("complexes[value eq a@x]", true),
        ("(complexes.value eq a@x)", true),
        ("complex.string eq s and complex.integer eq 5", true),
        ("references eq ../a or references eq nothing", true),
        ("references eq urn:b", true),
        // A word that is an attribute's name is a text like any other.
        ("complex.string eq string", false),
    ]);
    for bad in
        [r#"string eq "a"#, r#"string eq "\ud83d""#, r#"string eq "\u12""#, r#"string eq "\'""#, "string eq 'a b'", "string eq \"a\nb\""]
    {
        assert_eq!(Filter::parse(bad, rt()).unwrap_err().kind, ErrorKind::InvalidFilter, "{bad}");
    }
}

#[test]
fn zero_false_and_nothing_are_different() {
    check(&[
        ("boolean pr", true),
        ("boolean eq false", true),
        ("boolean ne true", true),
        ("boolean ne false", false),
        ("integer pr and decimal pr", true),
        ("integer eq 0 and decimal eq 0", true),
        ("integer eq -0", true),
        ("integer ne 0", false),
        // Empty text is a value that is not present.
        ("reference pr", false),
        (r#"reference eq """#, true),
        (r#"reference ne """#, false),
        ("reference eq null", true),
        (r#"strings eq """#, true),
        ("strings pr", true),
        // What is not there equals nothing, and differs from everything.
        (r#"exact eq """#, false),
        (r#"exact ne """#, true),
        ("exact eq null and not (exact pr)", true),
        ("complex.decimal eq 0", false),
        ("complex.decimal ne 0", true),
        ("complex.decimal lt 1 or complex.decimal ge 1", false),
        ("badge.value eq null", true),
        ("complex eq null", false),
        ("complexes ne null", true),
        ("request pr", false),
    ]);
}

#[test]
fn numbers_and_times_are_compared_as_what_they_are() {
    check(&[
        ("decimals eq -1.5", true),
        ("decimals eq -15e-1", true),
        ("decimals eq 1000", true),
        ("decimals gt 999.999 and decimals lt 0", true),
        ("integers eq -7.0", true),
        ("integers lt -6.5", true),
        // Beyond what a floating-point number can tell apart.
        ("integers eq 9007199254740993", true),
        ("integers eq 9007199254740992", false),
        ("integers gt 18446744073709551614", true),
        ("integers gt 18446744073709551615", false),
        ("dateTime eq \"2020-03-01T00:30:00Z\"", true),
        ("dateTime gt \"2020-02-29T23:59:59Z\"", true),
        ("dateTime lt 2020-03-01T00:30:00.001Z", true),
        ("dateTimes ge \"2000-01-01T01:00:00+01:00\"", true),
        ("dateTimes gt \"2000-01-01T00:00:00Z\"", false),
        (&format!("{EXT}:place.since le \"2020-01-01T00:00:00Z\""), true),
        (&format!("{EXT}:number ge 3 and {EXT}:place.site eq \"north\""), true),
        ("binary eq \"AAAA\" and binary ne \"aaaa\"", true),
        ("binaries eq \"YQ==\"", true),
        ("booleans eq true and booleans eq false", true),
    ]);
    for bad in [
        "integer eq \"0\"",
        "integer eq zero",
        "integer eq 1_000",
        "integer eq 0x1",
        "integer eq 01",
        "integer co 0",
        "decimal eq .5",
        "decimal eq NaN",
        "decimal eq +1",
        "boolean gt false",
        "boolean eq 0",
        "boolean sw \"f\"",
        "dateTime eq \"2020-02-29\"",
        "dateTime sw \"2020\"",
        "dateTime eq 0",
        "binary gt \"A\"",
        "binary co \"A\"",
        "complex eq \"s\"",
        "complex gt 1",
        "integer gt null",
        "boolean eq \"\"",
    ] {
        assert_eq!(Filter::parse(bad, rt()).unwrap_err().kind, ErrorKind::InvalidFilter, "{bad}");
    }
}

#[test]
fn brackets_are_about_one_element() {
    check(&[
        // Without brackets each comparison may be met by another element.
        (r#"complexes.type eq "home" and complexes.value eq "a@x""#, true),
        (r#"complexes[type eq "home" and value eq "a@x"]"#, false),
        (r#"complexes[type eq "home" and value eq "b@y"]"#, true),
        (r#"complexes[type eq "work" or type eq "home"]"#, true),
        (r#"complexes[(type eq "work" or type eq "home") and integer gt 1]"#, true),
        (r#"complexes[(type eq "work" or type eq "home") and integer gt 2]"#, false),
        (r#"complexes[not (type pr)]"#, true),
        (r#"not (complexes[not (type pr)])"#, false),
        (r#"complexes[type ne "work"]"#, true),
        (r#"complexes[type eq "work"].integer eq 1"#, true),
        (r#"complexes[type eq "work"].integer eq 2"#, false),
        (r#"complexes[type eq "work"].integer eq 1 and complexes[type eq "home"].integer eq 2"#, true),
        (r#"complexes[primary eq "True"].value eq "a@x""#, true),
        (r#"complexes[primary eq true].display pr or complexes[integer eq 2 and value co "@"]"#, true),
        ("strings[value eq \"two\"]", true),
        ("strings[value sw \"o\" and value ew \"o\"]", false),
        ("integers[value lt 0]", true),
        ("complex[string eq \"s\" and boolean eq true]", true),
        ("complex[string eq \"s\" and boolean eq false]", false),
        ("complex.string eq \"s\" and not (complex[integer ne 5])", true),
    ]);
    for bad in [
        "complexes[]",
        "complexes[type]",
        "complexes[type eq]",
        "complexes[type eq \"work\"",
        "complexes type eq \"work\"]",
        "complexes[type eq \"work\"]]",
        "complexes[[type eq \"work\"]]",
        "complexes[complexes.type eq \"work\"]",
        "complexes[type eq \"work\"][value pr]",
        "complexes[id pr]",
        "complexes.type[value pr]",
        "string[value pr]",
        "complexes[type eq \"work\"] . value eq \"x\"",
        "complexes[type eq \"work\"].",
        "complexes[type eq \"work\"].value",
        "complexes[type eq \"work\"]value pr",
    ] {
        assert_eq!(Filter::parse(bad, rt()).unwrap_err().kind, ErrorKind::InvalidFilter, "{bad}");
    }
}

#[test]
fn white_space_and_letter_case_of_the_grammar_do_not_count() {
    check(&[
        ("\t integer \n EQ \r 0  ", true),
        ("(integer eq 0)AND(boolean eq false)", true),
        ("(integer eq 0)and not(boolean eq true)", true),
        ("string pr AND NOT (string eq \"x\") OR boolean eq TRUE", true),
        ("string PR Or string Pr", true),
        (r#"complexes[TYPE EQ "WORK"AND VALUE CO"@"]"#, true),
    ]);
    for bad in [
        "integer eq 0AND boolean eq false",
        "integer eq 0 and",
        "and integer eq 0",
        "integer eq 0 and and boolean pr",
        "not integer eq 0",
        "not not (integer pr)",
        "integer",
        "pr",
        "integer eq 0;",
        "integer eq 0 -- x",
        "integer = 0",
        "integer == 0",
        "integer eq 0 xor boolean pr",
    ] {
        assert_eq!(Filter::parse(bad, rt()).unwrap_err().kind, ErrorKind::InvalidFilter, "{bad}");
    }
}

#[test]
fn every_filter_that_the_rfc_prints_is_read() {
    let user = json!({
        "userName": "bjensen", "title": "Tour Guide", "userType": "Employee", "name": {"familyName": "O'Malley"},
        "meta": {"lastModified": "2012-01-01T00:00:00Z"}, "schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "emails": [{"type": "work", "value": "bjensen@example.com"}], "ims": [{"type": "xmpp", "value": "b@foo.com"}],
    });
    // RFC 7644, section 3.4.2.2, figure by figure.
    for (text, expected) in [
        (r#"userName Eq "john""#, false),
        (r#"Username eq "john""#, false),
        (r#"userName eq "bjensen""#, true),
        (r#"name.familyName co "O'Malley""#, true),
        (r#"userName sw "J""#, false),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#, false),
        ("title pr", true),
        (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, true),
        (r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, true),
        (r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified le "2011-05-13T04:42:34Z""#, false),
        (r#"title pr and userType eq "Employee""#, true),
        (r#"title pr or userType eq "Intern""#, true),
        (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, true),
        (r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#, true),
        (r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#, false),
        (r#"userType eq "Employee" and (emails.type eq "work")"#, true),
        (r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#, true),
        (r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#, true),
    ] {
        let rt = ResourceType::user();
        assert_eq!(Filter::parse(text, rt).unwrap().matches(rt, user.as_object().unwrap()), expected, "{text}");
    }
}

#[test]
fn roles_are_found_by_booleans_as_text() {
    let rt = ResourceType::user();
    let user = |primary: Value| json!({"roles": [{"value": "r", "primary": primary}]}).as_object().unwrap().clone();
    for text in [r#"roles[primary eq "True"].value eq "r""#, r#"roles[primary eq true].value eq "r""#, r#"roles.primary eq "TRUE""#] {
        let filter = Filter::parse(text, rt).unwrap();
        assert!(filter.matches(rt, &user(json!(true))) && !filter.matches(rt, &user(json!(false))), "{text}");
    }
}
