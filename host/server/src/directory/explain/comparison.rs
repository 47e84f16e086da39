//! What the directory has of a subject, what it would have, and where the two differ.
//!
//! Knows no policy.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::directory::group::{self, Group};
use crate::directory::member::{self, Member};
use crate::error::{Error, Result, pointer_below};
use crate::id::Id;
use crate::store::Rows;
use crate::store::layout;

/// What the directory shows of a user or group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DirectoryEntry {
    /// A member.
    Member(Box<MemberEntry>),
    /// A group.
    Group(Group),
}

/// A member with its groups.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberEntry {
    /// The member.
    #[serde(flatten)]
    pub member: Member,
    /// The directory's groups that it is in, local ones too, by name.
    pub groups: Vec<NamedGroup>,
}

/// A group by id and name.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedGroup {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
}

/// The directory now and then.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What would happen to it.
    pub change: DirectoryChange,
    /// What the directory has now; null if nothing.
    pub now: Option<DirectoryEntry>,
    /// What it would have; null if nothing.
    pub then: Option<DirectoryEntry>,
    /// Where the two differ, if both are there.
    pub differences: Vec<ChangedValue>,
}

/// What would happen to something in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DirectoryChange {
    /// Nothing.
    None,
    /// It would come.
    Added,
    /// It would change.
    Updated,
    /// It would go.
    Removed,
}

/// One value that would be another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedValue {
    /// Where, as a JSON Pointer (RFC 6901) into `now` and `then`.
    pub pointer: String,
    /// What is there now; absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Value>,
    /// What would be there; absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Value>,
}

/// What the directory has of a member.
pub(super) fn member_entry(rows: &impl Rows, id: Id) -> Result<Option<DirectoryEntry>> {
    let Some(row) = member::row(rows, id)?.filter(|row| !row.removed) else { return Ok(None) };
    let mut groups = Vec::new();
    for id in group::ids_of_member(rows, id)? {
        groups.extend(rows.json::<Group>(&layout::group(id))?.map(|group| NamedGroup { id, name: group.display_name }));
    }
    groups.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(Some(DirectoryEntry::Member(Box::new(MemberEntry { member: row.member, groups }))))
}

/// What the directory has of a group.
pub(super) fn group_entry(rows: &impl Rows, id: Id) -> Result<Option<DirectoryEntry>> {
    Ok(rows.json::<Group>(&layout::group(id))?.map(DirectoryEntry::Group))
}

impl Comparison {
    /// Compares.
    ///
    /// # Errors
    /// None that a value of ours can cause.
    pub(super) fn of(now: Option<DirectoryEntry>, then: Option<DirectoryEntry>) -> Result<Self> {
        let mut differences = Vec::new();
        let change = match (&now, &then) {
            (None, None) => DirectoryChange::None,
            (None, Some(_)) => DirectoryChange::Added,
            (Some(_), None) => DirectoryChange::Removed,
            (Some(now), Some(then)) => {
                let json = |entry: &DirectoryEntry| serde_json::to_value(entry).map_err(Error::internal);
                compare("", Some(&json(now)?), Some(&json(then)?), &mut differences);
                if differences.is_empty() { DirectoryChange::None } else { DirectoryChange::Updated }
            }
        };
        Ok(Self { change, now, then, differences })
    }
}

/// Members of an object that say when, not what.
const TIMES: [&str; 2] = ["/created", "/lastModified"];

fn compare(pointer: &str, now: Option<&Value>, then: Option<&Value>, differences: &mut Vec<ChangedValue>) {
    if now == then || TIMES.contains(&pointer) {
        return;
    }
    let (Some(Value::Object(one)), Some(Value::Object(other))) = (now, then) else {
        differences.push(ChangedValue { pointer: pointer.to_owned(), now: now.cloned(), then: then.cloned() });
        return;
    };
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    for name in names {
        compare(&pointer_below(pointer, name), one.get(name), other.get(name), differences);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_told_where_they_are() {
        let now = json!({"role": "user", "lastModified": 1, "attributes": {"title": "T", "a/b": 1, "gone": true}, "groups": [1]});
        let then = json!({"role": "admin", "lastModified": 2, "attributes": {"title": "T", "a/b": 2, "new": []}, "groups": [1, 2]});
        let mut differences = Vec::new();
        compare("", Some(&now), Some(&then), &mut differences);
        let mut told: Vec<(&str, Option<Value>, Option<Value>)> =
            differences.iter().map(|each| (each.pointer.as_str(), each.now.clone(), each.then.clone())).collect();
        told.sort_by_key(|each| each.0);
        let expected = vec![
            ("/attributes/a~1b", Some(json!(1)), Some(json!(2))),
            ("/attributes/gone", Some(json!(true)), None),
            ("/attributes/new", None, Some(json!([]))),
            ("/groups", Some(json!([1])), Some(json!([1, 2]))),
            ("/role", Some(json!("user")), Some(json!("admin"))),
        ];
        assert_eq!(told, expected);
    }
}
