//! Short ways to make the values that authors make often.

use crate::{
    Attribute, Current, Group, GroupChange, GroupEffect, GroupRef, GroupView, Issued, Lifecycle, Problem, Status, User, UserChange,
    UserEffect, UserView, Value,
};

impl Problem {
    /// What is wrong with the settings at a JSON Pointer (RFC 6901); an empty one means the whole.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { pointer: pointer.into(), message: message.into() }
    }
}

impl Attribute {
    /// A textual value of the SCIM attribute at `path`.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Attribute {
        Attribute { path: path.into(), value: Value::Text(text.into()) }
    }
}

impl User {
    /// A user as the host hands it to the first policy when nothing but the name is known: active, included, with
    /// role `user`. For tests.
    pub fn sample(user_name: impl Into<String>) -> User {
        let user_name = user_name.into();
        User {
            id: "0192f0c1-0000-7000-8000-000000000001".into(),
            external_id: None,
            user_name: user_name.clone(),
            display_name: String::new(),
            lifecycle: Lifecycle::Active,
            groups: Vec::new(),
            attributes: Vec::new(),
            facts: Vec::new(),
            current: Current { issued: Issued::Scim, status: Status::Active, role: "user".into() },
            view: UserView {
                included: true,
                status: Status::Active,
                role: "user".into(),
                user_name,
                display_name: String::new(),
                groups: Vec::new(),
                named_groups: Vec::new(),
                attributes: Vec::new(),
            },
        }
    }

    /// The same user, put into groups of these names by the identity provider.
    #[must_use]
    pub fn in_groups(mut self, names: &[&str]) -> User {
        self.groups = names.iter().map(|name| GroupRef { id: format!("id of {name}"), name: (*name).into() }).collect();
        self.view.groups = self.groups.iter().map(|group| group.id.clone()).collect();
        self
    }

    /// The first textual value of the declared attribute at `path`, which is compared as written in `READS`.
    pub fn text(&self, path: &str) -> Option<&str> {
        first_text(&self.attributes, path)
    }
}

impl Group {
    /// A group as the host hands it to the first policy when nothing but the name is known. For tests.
    pub fn sample(display_name: impl Into<String>) -> Group {
        let display_name = display_name.into();
        Group {
            id: "0192f0c1-0000-7000-8000-000000000002".into(),
            external_id: None,
            display_name: display_name.clone(),
            lifecycle: Lifecycle::Active,
            attributes: Vec::new(),
            facts: Vec::new(),
            view: GroupView { included: true, display_name },
        }
    }

    /// The first textual value of the declared attribute at `path`, which is compared as written in `READS`.
    pub fn text(&self, path: &str) -> Option<&str> {
        first_text(&self.attributes, path)
    }
}

fn first_text<'a>(attributes: &'a [Attribute], path: &str) -> Option<&'a str> {
    attributes.iter().find_map(|attribute| match &attribute.value {
        Value::Text(text) if attribute.path == path => Some(text.as_str()),
        _ => None,
    })
}

impl UserChange {
    /// Any effect with its reason.
    pub fn new(effect: UserEffect, reason: impl Into<String>) -> UserChange {
        UserChange { effect, reason: reason.into() }
    }

    /// The directory has the user as a member.
    pub fn include(reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::Include, reason)
    }

    /// The directory does not have the user.
    pub fn exclude(reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::Exclude, reason)
    }

    /// Active or suspended. Only an operator blocks.
    pub fn set_status(status: Status, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::SetStatus(status), reason)
    }

    /// One of the tenant's roles.
    pub fn set_role(role: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::SetRole(role.into()), reason)
    }

    /// Makes the member one of a group of the inventory, by its id.
    pub fn add_group(id: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::AddGroup(id.into()), reason)
    }

    /// Takes the member out of a group, by its id.
    pub fn remove_group(id: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::RemoveGroup(id.into()), reason)
    }

    /// Makes the member one of the group with this name that exists for as long as policies put somebody in it.
    pub fn add_named_group(name: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::AddNamedGroup(name.into()), reason)
    }

    /// Takes the member out of a group that policies put it in, by its name.
    pub fn remove_named_group(name: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::RemoveNamedGroup(name.into()), reason)
    }

    /// The name the member signs in with.
    pub fn set_user_name(name: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::SetUserName(name.into()), reason)
    }

    /// The name people read.
    pub fn set_display_name(name: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::SetDisplayName(name.into()), reason)
    }

    /// A value of an attribute; the values an answer sets at one path together replace what was there.
    pub fn set_attribute(attribute: Attribute, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::SetAttribute(attribute), reason)
    }

    /// Removes every value of an attribute.
    pub fn remove_attribute(path: impl Into<String>, reason: impl Into<String>) -> UserChange {
        UserChange::new(UserEffect::RemoveAttribute(path.into()), reason)
    }
}

impl GroupChange {
    /// Any effect with its reason.
    pub fn new(effect: GroupEffect, reason: impl Into<String>) -> GroupChange {
        GroupChange { effect, reason: reason.into() }
    }

    /// The directory has the group.
    pub fn include(reason: impl Into<String>) -> GroupChange {
        GroupChange::new(GroupEffect::Include, reason)
    }

    /// The directory does not have the group.
    pub fn exclude(reason: impl Into<String>) -> GroupChange {
        GroupChange::new(GroupEffect::Exclude, reason)
    }

    /// The name people read.
    pub fn set_display_name(name: impl Into<String>, reason: impl Into<String>) -> GroupChange {
        GroupChange::new(GroupEffect::SetDisplayName(name.into()), reason)
    }
}
