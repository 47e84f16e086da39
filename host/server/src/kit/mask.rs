//! What a policy is given of a case's user or group: what it declared to read, and nothing else, as the projection of a directory does it.

use crate::policy::{Attribute, Current, Group, GroupView, Reads, Status, User, UserView};

/// The user as a policy with these `reads` sees it.
pub(super) fn user(whole: &User, reads: &Reads) -> User {
    User {
        id: given(reads.id, &whole.id),
        external_id: whole.external_id.clone().filter(|_| reads.external_id),
        user_name: given(reads.user_name, &whole.user_name),
        display_name: given(reads.display_name, &whole.display_name),
        lifecycle: whole.lifecycle,
        groups: if reads.groups { whole.groups.clone() } else { Vec::new() },
        attributes: attributes(&whole.attributes, reads),
        facts: if reads.facts { whole.facts.clone() } else { Vec::new() },
        current: Current {
            issued: whole.current.issued,
            status: if reads.current { whole.current.status } else { Status::Active },
            role: given(reads.current, &whole.current.role),
        },
        view: user_view(&whole.view, reads),
    }
}

fn user_view(whole: &UserView, reads: &Reads) -> UserView {
    let groups = reads.view && reads.groups;
    UserView {
        included: whole.included,
        // A block is the operator's, and a policy hears of it by `current`.
        status: if whole.status == Status::Active { Status::Active } else { Status::Suspended },
        role: given(reads.view, &whole.role),
        user_name: given(reads.view && reads.user_name, &whole.user_name),
        display_name: given(reads.view && reads.display_name, &whole.display_name),
        groups: if groups { whole.groups.clone() } else { Vec::new() },
        named_groups: if groups { whole.named_groups.clone() } else { Vec::new() },
        attributes: if reads.view { whole.attributes.clone() } else { Vec::new() },
    }
}

/// The group as a policy with these `reads` sees it.
pub(super) fn group(whole: &Group, reads: &Reads) -> Group {
    Group {
        id: given(reads.id, &whole.id),
        external_id: whole.external_id.clone().filter(|_| reads.external_id),
        display_name: given(reads.display_name, &whole.display_name),
        lifecycle: whole.lifecycle,
        attributes: attributes(&whole.attributes, reads),
        facts: if reads.facts { whole.facts.clone() } else { Vec::new() },
        view: GroupView { included: whole.view.included, display_name: given(reads.view, &whole.view.display_name) },
    }
}

fn given(read: bool, text: &str) -> String {
    if read { text.to_owned() } else { String::new() }
}

/// The attributes that are read, spelled as the policy spells them.
fn attributes(whole: &[Attribute], reads: &Reads) -> Vec<Attribute> {
    if reads.all_attributes {
        return whole.to_vec();
    }
    let of = |path: &str| {
        let meant: Vec<&Attribute> = whole.iter().filter(|attribute| attribute.path.eq_ignore_ascii_case(path)).collect();
        meant.into_iter().map(|attribute| Attribute { path: path.to_owned(), value: attribute.value.clone() }).collect::<Vec<_>>()
    };
    reads.attributes.iter().flat_map(|path| of(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::json;
    use serde_json::json;

    fn reads(edit: impl FnOnce(&mut Reads)) -> Reads {
        let mut reads = Reads::default();
        edit(&mut reads);
        reads
    }

    fn whole() -> User {
        json::user(&json!({
            "id": "1", "externalId": "e", "userName": "ada", "displayName": "Ada", "lifecycle": "inactive",
            "groups": [{"id": "g", "name": "Sales"}],
            "attributes": [{"path": "Title", "value": "Guest"}, {"path": "x", "value": 1}],
            "facts": [{"path": "connection.provider", "value": "okta"}],
            "current": {"status": "blocked", "role": "owner"},
            "view": {"status": "blocked", "namedGroups": ["All"], "attributes": [{"path": "y", "value": 2}]},
        }))
        .unwrap()
    }

    #[test]
    fn a_policy_sees_what_it_reads_and_nothing_else() {
        let nothing = json!({
            "id": "", "userName": "", "displayName": "", "lifecycle": "inactive", "groups": [], "attributes": [], "facts": [],
            "current": {"issued": "scim", "status": "active", "role": ""},
            "view": {"included": true, "status": "suspended", "role": "", "userName": "", "displayName": "", "groups": [], "namedGroups": [], "attributes": []},
        });
        type Edit = fn(&mut Reads);
        let table: [(Edit, &[(&str, serde_json::Value)]); 9] = [
            (|_| {}, &[]),
            (|reads| reads.id = true, &[("/id", json!("1"))]),
            (|reads| reads.user_name = true, &[("/userName", json!("ada"))]),
            (|reads| reads.groups = true, &[("/groups", json!([{"id": "g", "name": "Sales"}]))]),
            (|reads| reads.facts = true, &[("/facts", json!([{"path": "connection.provider", "value": "okta"}]))]),
            (|reads| reads.current = true, &[("/current/status", json!("blocked")), ("/current/role", json!("owner"))]),
            (|reads| reads.view = true, &[("/view/role", json!("owner")), ("/view/attributes", json!([{"path": "y", "value": 2}]))]),
            (|reads| reads.attributes = vec!["title".into()], &[("/attributes", json!([{"path": "title", "value": "Guest"}]))]),
            (
                |reads| reads.all_attributes = true,
                &[("/attributes", json!([{"path": "Title", "value": "Guest"}, {"path": "x", "value": 1}]))],
            ),
        ];
        for (at, (edit, seen)) in table.into_iter().enumerate() {
            let mut expected = nothing.clone();
            for (pointer, value) in seen {
                *expected.pointer_mut(pointer).unwrap() = value.clone();
            }
            assert_eq!(json::user_to_json(&user(&whole(), &reads(edit))), expected, "row {at}");
        }
        let both = user(&whole(), &reads(|reads| (reads.view, reads.groups) = (true, true)));
        assert_eq!((both.view.groups, both.view.named_groups), (vec!["g".to_owned()], vec!["All".to_owned()]));
    }
}
