//! Items as the host hands them to the first policy of a pipeline.

use doorlist::policy::{Attribute, Current, Group, GroupRef, GroupView, Issued, Lifecycle, Status, User, UserView, Value};

/// An active user with role `user` in groups of these names.
pub fn user(groups: &[&str]) -> User {
    let groups: Vec<GroupRef> = groups.iter().map(|name| GroupRef { id: format!("id of {name}"), name: (*name).into() }).collect();
    User {
        id: "0192f0c1-0000-7000-8000-000000000001".into(),
        external_id: Some("6530c7b1a4f1e50001a1b2c3".into()),
        user_name: "ada@example.com".into(),
        display_name: "Ada Lovelace".into(),
        lifecycle: Lifecycle::Active,
        attributes: vec![Attribute { path: "title".into(), value: Value::Text("Countess".into()) }],
        facts: Vec::new(),
        current: Current { issued: Issued::Scim, status: Status::Active, role: "user".into() },
        view: UserView {
            included: true,
            status: Status::Active,
            role: "user".into(),
            user_name: "ada@example.com".into(),
            display_name: "Ada Lovelace".into(),
            groups: groups.iter().map(|group| group.id.clone()).collect(),
            named_groups: Vec::new(),
            attributes: Vec::new(),
        },
        groups,
    }
}

/// An active group.
pub fn group(name: &str) -> Group {
    Group {
        id: "0192f0c1-0000-7000-8000-000000000002".into(),
        external_id: None,
        display_name: name.into(),
        lifecycle: Lifecycle::Active,
        attributes: Vec::new(),
        facts: Vec::new(),
        view: GroupView { included: true, display_name: name.into() },
    }
}
