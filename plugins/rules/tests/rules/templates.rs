//! Texts with places in braces.

use doorlist_sdk::UserEffect;
use serde_json::json;

use crate::{effects_of, problems};

#[test]
fn a_text_is_what_its_places_are() {
    for (template, expected) in [
        ("plain", Some("plain")),
        ("{{{title}}}", Some("{Engineer}")),
        ("{title}{title}", Some("EngineerEngineer")),
        ("{ title }", Some("Engineer")),
        ("{TITLE}", Some("Engineer")),
        ("{active}", Some("true")),
        ("{emails.value}", Some("ada@example.com")),
        ("{emails}", Some("ada@example.com")),
        ("{emails[type eq \"home\"].value}", Some("ada@home.example")),
        ("{emails[type eq \"home\"]}", Some("ada@home.example")),
        ("{groups.display}", Some("NB-Staff")),
        ("{groups[display sw \"a\"].display}", Some("All")),
        ("{urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department}", Some("R&D")),
        ("{urn:doorlist:connection.name}", Some("Head office")),
        ("{urn:doorlist:view.role}", Some("user")),
        // Alternatives.
        ("{nickName | name.givenName}", Some("Ada")),
        ("{nickName|userType|title}", Some("Contractor")),
        ("{nickName | emails[type eq \"}|\"].value}", None),
        // Steps.
        ("{userName lower}", Some("ada@example.com")),
        ("{name.familyName upper}", Some("LOVELACE")),
        ("{userName before @}", Some("Ada")),
        ("{userName after @}", Some("Example.com")),
        ("{userName after @ before . lower}", Some("example")),
        ("{title before @}", Some("Engineer")),
        ("{title after \"Eng\"}", Some("ineer")),
        ("{urn:doorlist:connection.name after \"Head \"}", Some("office")),
        ("{title after Engineer}", None),
        ("{title after Engineer | name.givenName}", Some("Ada")),
        // Places without a value.
        ("{nickName}", None),
        ("x{nickName}", None),
        ("{nickName} {name.familyName}", Some("Lovelace")),
        ("{name.givenName} {nickName} {name.familyName}", Some("Ada Lovelace")),
        ("{name.givenName} {nickName}", Some("Ada")),
        ("{name.givenName}, {nickName}", Some("Ada,")),
        ("  {name.givenName}  ", Some("  Ada  ")),
    ] {
        let expected: Vec<UserEffect> = expected.map(|text| UserEffect::SetDisplayName(text.into())).into_iter().collect();
        assert_eq!(effects_of(&json!({"displayName": template})), expected, "{template}");
    }
}

#[test]
fn what_is_no_text_is_refused_at_its_column() {
    for (template, column, message) in [
        ("", 1, "empty"),
        ("é{title", 2, "does not end"),
        ("a }", 3, "without its {"),
        ("{}", 2, "path of an attribute should follow here"),
        ("{", 2, "ends where the path"),
        ("{title|}", 8, "path of an attribute should follow here"),
        ("{nonsense}", 2, "\"nonsense\" leads to no attribute"),
        ("{urn:acme:User:x}", 2, "given under \"schemas\""),
        ("{name}", 2, "has sub-attributes"),
        ("{title shout}", 8, "lower, upper, before or after"),
        ("{title before}", 14, "followed by a text"),
        ("{title before \"x}", 15, "The \" that begins here"),
        ("{emails[type eq \"x\".value}", 8, "The [ that begins here"),
        ("{emails[kind eq \"x\"].value}", 2, "\"kind\""),
        ("{meta.created}", 2, "do not see meta"),
        ("{groups.$ref}", 2, "do not see groups.$ref"),
        ("{password}", 2, "Nobody may read password"),
        ("{urn:doorlist}", 2, "is a schema"),
        (&"{title}".repeat(50), 1, "more than 20 places"),
        (&format!("{{title{}}}", " lower".repeat(9)), 56, "at most 8 steps"),
        (&format!("{{title{}}}", "|title".repeat(20)), 1, "more than 20 alternatives"),
        (&"x".repeat(1_025), 1, "more than 1024 bytes"),
    ] {
        let found = problems(&json!({"users": [{"name": "rule", "effects": {"addGroups": ["fine", template]}}]}));
        let [(pointer, said)] = found.as_slice() else { panic!("{template}: {found:?}") };
        assert_eq!(pointer, "/users/0/effects/addGroups/1", "{template}");
        assert!(said.starts_with(&format!("Column {column}: ")) && said.contains(message), "{template}: {said}");
    }
}
