//! Who works where in the demo, and the bodies that JumpCloud sends about them.
//!
//! Bodies of users have the shapes that were captured from JumpCloud; those of groups the shapes that public servers which work with
//! JumpCloud expect.

use serde_json::{Value, json};

/// The tenant.
pub(super) const TENANT: &str = "Demo";
/// Groups that start with it reach the directory.
pub(super) const GROUP_PREFIX: &str = "NB-";
/// Users in this group reach the directory.
pub(super) const USER_GROUP: &str = "NB-Staff";
/// Roles that the identity provider cannot take anything from.
pub(super) const PROTECTED_ROLES: [&str; 2] = ["owner", "admin"];

/// The groups that are bound to the application, as they are called at first.
pub(super) const GROUPS: [&str; 6] = [USER_GROUP, "NB-Engineering", "NB-Support", "NB-Finance", "Sales", "Marketing"];

/// A group that gets another name, and the name.
pub(super) const RENAMED: (&str, &str) = ("Sales", "NB-Sales");
/// Whom JumpCloud takes out of [`USER_GROUP`].
pub(super) const REMOVED: &str = "tara.singh@example.com";
/// Whom JumpCloud suspends.
pub(super) const SUSPENDED: &str = "paul.jensen@example.com";
/// Whom JumpCloud unassigns: sets inactive and takes out of every group.
pub(super) const UNASSIGNED: &str = "olga.nowak@example.com";
/// Whom the operator makes an admin before JumpCloud suspends them.
pub(super) const PROMOTED: &str = "noah.dubois@example.com";
/// The role that the operator gives.
pub(super) const PROMOTED_TO: &str = "admin";

/// Somebody who works there.
pub(super) struct Person {
    given: &'static str,
    family: &'static str,
    /// The groups that JumpCloud puts the person in.
    pub(super) groups: &'static [&'static str],
}

const fn person(given: &'static str, family: &'static str, groups: &'static [&'static str]) -> Person {
    Person { given, family, groups }
}

/// Everybody.
pub(super) const PEOPLE: [Person; 20] = [
    person("Ada", "Martin", &["NB-Staff", "NB-Engineering"]),
    person("Ben", "Okafor", &["NB-Staff", "NB-Engineering"]),
    person("Carla", "Rossi", &["NB-Staff", "NB-Engineering", "NB-Support"]),
    person("Daniel", "Weber", &["NB-Staff", "NB-Support"]),
    person("Elena", "Petrova", &["NB-Staff", "NB-Support"]),
    person("Farid", "Haddad", &["NB-Staff", "NB-Support"]),
    person("Grace", "Kim", &["NB-Staff", "NB-Finance"]),
    person("Hugo", "Lindqvist", &["NB-Staff", "NB-Finance"]),
    person("Ines", "Duarte", &["NB-Staff", "Sales"]),
    person("Jonas", "Becker", &["NB-Staff", "Sales"]),
    person("Kavya", "Nair", &["NB-Staff", "NB-Engineering", "NB-Finance"]),
    person("Liam", "Murphy", &["NB-Staff"]),
    person("Mei", "Tanaka", &["NB-Staff", "Marketing"]),
    person("Noah", "Dubois", &["NB-Staff", "NB-Engineering"]),
    person("Olga", "Nowak", &["NB-Staff", "NB-Finance"]),
    person("Paul", "Jensen", &["NB-Staff", "NB-Support"]),
    person("Quinn", "Walker", &["Marketing"]),
    person("Rosa", "Vidal", &["Marketing"]),
    person("Sam", "Fischer", &["Sales"]),
    person("Tara", "Singh", &["NB-Staff", "NB-Support"]),
];

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

impl Person {
    /// The name the person signs in with, which is also the mail address.
    pub(super) fn user_name(&self) -> String {
        format!("{}.{}@example.com", self.given, self.family).to_lowercase()
    }

    /// The body of the create. `number` makes JumpCloud's own id.
    pub(super) fn created(&self, number: usize) -> Value {
        let user_name = self.user_name();
        json!({
            "schemas": [USER, ENTERPRISE_USER],
            "externalId": format!("66e2d689590450d0{number:08x}"),
            "userName": user_name,
            "name": {"givenName": self.given, "familyName": self.family},
            "displayName": format!("{} {}", self.given, self.family),
            "active": true,
            "emails": [{"primary": true, "type": "work", "value": user_name}],
            "addresses": [],
            "phoneNumbers": [],
            "locale": "en-US",
            "preferredLanguage": "en-US",
        })
    }

    /// The body of the PUT that makes the person inactive.
    pub(super) fn deactivated(&self, id: &str) -> Value {
        let user_name = self.user_name();
        json!({
            "schemas": [USER],
            "id": id,
            "userName": user_name,
            "name": {"givenName": self.given, "familyName": self.family},
            "displayName": format!("{} {}", self.given, self.family),
            "emails": [{"primary": true, "type": "work", "value": user_name}],
            "active": false,
        })
    }
}

/// The person with this name.
pub(super) fn find(user_name: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.user_name() == user_name)
}

/// The address that an admin typed in for tests of the connection.
const TEST_USER: &str = "scim-test@example.com";

/// The body with which an activation creates its test user.
pub(super) fn test_user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE_USER],
        "externalId": "66e2d689590450d073d2df3b",
        "userName": TEST_USER,
        "name": {"familyName": "lastname", "givenName": "firstname"},
        "displayName": "displayname",
        "active": true,
        "emails": [{"primary": true, "type": "work", "value": TEST_USER}],
        "addresses": [{"country": "US", "locality": "locality", "postalCode": "80027", "primary": true, "region": "region",
            "streetAddress": "street-address", "type": "work"}],
        "phoneNumbers": [{"primary": true, "type": "work", "value": "tel:+1-555-555-5555"}],
        "locale": "en-US",
        "preferredLanguage": "en-US",
    })
}

/// The body with which an activation updates its test user. That `emails` is null is JumpCloud's doing.
pub(super) fn test_user_update(id: &str) -> Value {
    json!({
        "schemas": [USER],
        "id": id,
        "userName": TEST_USER,
        "name": {"familyName": "lastname", "givenName": "firstname"},
        "emails": null,
        "active": true,
    })
}

/// The name of an activation's test group, and its next one.
pub(super) const TEST_GROUP: (&str, &str) = ("jumpcloud-test-group", "jumpcloud-test-group-updated");

/// The body that creates a group. Members follow one by one.
pub(super) fn group(name: &str) -> Value {
    json!({"schemas": [GROUP], "displayName": name, "members": []})
}

/// The body that gives a group another name: a replace without a path.
pub(super) fn rename(name: &str) -> Value {
    json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": name}}]})
}

/// The body that adds one member.
pub(super) fn add_member(user: &str) -> Value {
    json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}]})
}

/// The body that removes one member: a path without a filter, and a list of values.
pub(super) fn remove_member(user: &str) -> Value {
    json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": "members", "value": [{"value": user}]}]})
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, PEOPLE, PROMOTED, REMOVED, RENAMED, SUSPENDED, UNASSIGNED, USER_GROUP, find};
    use std::collections::BTreeSet;

    #[test]
    fn the_scenario_hangs_together() {
        let names: BTreeSet<String> = PEOPLE.iter().map(super::Person::user_name).collect();
        assert_eq!(names.len(), PEOPLE.len());
        for person in &PEOPLE {
            assert!(!person.groups.is_empty() && person.groups.iter().all(|group| GROUPS.contains(group)), "{}", person.user_name());
        }
        for user_name in [PROMOTED, REMOVED, SUSPENDED, UNASSIGNED] {
            assert!(find(user_name).is_some_and(|person| person.groups.contains(&USER_GROUP)), "{user_name}");
        }
        assert!(GROUPS.contains(&RENAMED.0) && !GROUPS.contains(&RENAMED.1));
        // Filters that keep nobody out would show nothing.
        assert!(PEOPLE.iter().any(|person| !person.groups.contains(&USER_GROUP)));
    }
}
