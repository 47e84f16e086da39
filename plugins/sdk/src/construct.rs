//! Short ways to make the values that authors make often.

use crate::{
    Attribute, Current, Group, GroupChange, GroupEffect, GroupRef, GroupView, Issued, Lifecycle, Problem, Status, User, UserChange,
    UserEffect, UserView, Value, pointer,
};
use serde::de::DeserializeOwned;

impl Problem {
    /// What is wrong with the settings at a JSON Pointer (RFC 6901); an empty one means the whole.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { pointer: pointer.into(), message: message.into() }
    }

    /// What is wrong with the settings at the end of a path of names and indices, which becomes the JSON Pointer.
    ///
    /// ```
    /// let problem = doorlist_sdk::Problem::at(["names", "R/D"], "This department is listed twice.");
    /// assert_eq!(problem.pointer, "/names/R~1D");
    /// ```
    pub fn at<S: AsRef<str>>(path: impl IntoIterator<Item = S>, message: impl Into<String>) -> Problem {
        Problem::new(path.into_iter().map(|token| pointer::token(token.as_ref())).collect::<String>(), message)
    }
}

impl Attribute {
    /// A textual value of the SCIM attribute at `path`.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Attribute {
        Attribute { path: path.into(), value: Value::Text(text.into()) }
    }

    /// A complex value of the SCIM attribute at `path`, as JSON.
    pub fn json(path: impl Into<String>, json: impl Into<String>) -> Attribute {
        Attribute { path: path.into(), value: Value::Json(json.into()) }
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
    pub fn text<'a>(&'a self, path: &'a str) -> Option<&'a str> {
        self.texts(path).next()
    }

    /// Every textual value of the declared attribute at `path`, in the order in which they were sent.
    pub fn texts<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        texts(&self.attributes, path)
    }

    /// Every complex value of the declared attribute at `path` that has the members of `T`, such as the elements of `emails`.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Email {
    ///     value: String,
    ///     #[serde(default)]
    ///     primary: bool,
    /// }
    ///
    /// let mut user = doorlist_sdk::User::sample("ada@example.com");
    /// user.attributes.push(doorlist_sdk::Attribute::json("emails", r#"{"value": "ada@example.com", "primary": true}"#));
    /// let primary = user.complex("emails").find(|email: &Email| email.primary).map(|email| email.value);
    /// assert_eq!(primary.as_deref(), Some("ada@example.com"));
    /// ```
    pub fn complex<'a, T: DeserializeOwned + 'a>(&'a self, path: &'a str) -> impl Iterator<Item = T> + 'a {
        complex(&self.attributes, path)
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
    pub fn text<'a>(&'a self, path: &'a str) -> Option<&'a str> {
        self.texts(path).next()
    }

    /// Every textual value of the declared attribute at `path`, in the order in which they were sent.
    pub fn texts<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        texts(&self.attributes, path)
    }

    /// Every complex value of the declared attribute at `path` that has the members of `T`.
    pub fn complex<'a, T: DeserializeOwned + 'a>(&'a self, path: &'a str) -> impl Iterator<Item = T> + 'a {
        complex(&self.attributes, path)
    }
}

fn texts<'a>(attributes: &'a [Attribute], path: &'a str) -> impl Iterator<Item = &'a str> {
    attributes.iter().filter(move |attribute| attribute.path == path).filter_map(|attribute| match &attribute.value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

fn complex<'a, T: DeserializeOwned + 'a>(attributes: &'a [Attribute], path: &'a str) -> impl Iterator<Item = T> + 'a {
    attributes.iter().filter(move |attribute| attribute.path == path).filter_map(|attribute| match &attribute.value {
        Value::Json(json) => serde_json::from_str(json).ok(),
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
