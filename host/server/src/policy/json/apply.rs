//! What changes do to a view, by the contract's words alone: the host's own directory also knows which groups and roles
//! there are.

use crate::policy::{GroupChange, GroupEffect, GroupView, UserChange, UserEffect, UserView};

/// Makes the changes of one answer to a user's view.
pub fn apply_user(view: &mut UserView, changes: &[UserChange]) {
    // The values that one answer sets at a path come together.
    let mut set: Vec<&str> = Vec::new();
    for change in changes {
        match &change.effect {
            UserEffect::Include => view.included = true,
            UserEffect::Exclude => view.included = false,
            UserEffect::SetStatus(status) => view.status = *status,
            UserEffect::SetRole(role) => view.role.clone_from(role),
            UserEffect::AddGroup(id) => add(&mut view.groups, id),
            UserEffect::RemoveGroup(id) => view.groups.retain(|known| known != id),
            UserEffect::AddNamedGroup(name) => add(&mut view.named_groups, name),
            UserEffect::RemoveNamedGroup(name) => view.named_groups.retain(|known| known != name),
            UserEffect::SetUserName(name) => view.user_name.clone_from(name),
            UserEffect::SetDisplayName(name) => view.display_name.clone_from(name),
            UserEffect::SetAttribute(attribute) => {
                if !set.contains(&attribute.path.as_str()) {
                    set.push(&attribute.path);
                    view.attributes.retain(|known| known.path != attribute.path);
                }
                view.attributes.push(attribute.clone());
            }
            UserEffect::RemoveAttribute(path) => view.attributes.retain(|known| known.path != *path),
        }
    }
}

/// Makes the changes of one answer to a group's view.
pub fn apply_group(view: &mut GroupView, changes: &[GroupChange]) {
    for change in changes {
        match &change.effect {
            GroupEffect::Include => view.included = true,
            GroupEffect::Exclude => view.included = false,
            GroupEffect::SetDisplayName(name) => view.display_name.clone_from(name),
        }
    }
}

fn add(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}
