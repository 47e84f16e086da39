//! Members of groups: rows in both directions, so that one more or one fewer costs the same in a group of five and of fifty thousand.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use doorlist_scim::ErrorKind;
use doorlist_scim::filter::Filter;
use doorlist_scim::patch::ElementChange;
use doorlist_scim::validate::Element;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::index::{last_id, last_ids};
use super::stored::{location, push_location};
use super::{Kind, Scope, Why, mark_dirty};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{GROUPS_OF_USER_MAX, SHOWN_ID_CHARACTERS_MAX};
use crate::store::layout::{self, GROUP, USER};
use crate::store::{Numbers, Range, Rows, Tx};

/// What a member of a group is (RFC 7643 section 4.2: `type`). The byte is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MemberKind {
    /// A group within the group.
    Group = GROUP,
    /// A user.
    User = USER,
}

impl MemberKind {
    fn of(value: &[u8]) -> Self {
        if value.first() == Some(&GROUP) { Self::Group } else { Self::User }
    }

    fn kind(self) -> &'static Kind {
        match self {
            Self::Group => Kind::group(),
            Self::User => Kind::user(),
        }
    }
}

/// What a resource shows of the member rows.
#[derive(Debug, Default)]
pub enum Links {
    /// Nothing: there is nothing, or it was not asked for.
    #[default]
    None,
    /// The members of a group.
    Members(Vec<(Id, MemberKind)>),
    /// The groups of a user, with their names.
    Groups(Vec<(Id, String)>),
}

impl Links {
    /// Reads those of a resource.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn read(rows: &impl Rows, scope: Scope, kind: &Kind, id: Id) -> Result<Self> {
        if kind.has_members {
            return members_of(rows, scope, id).map(Self::Members);
        }
        if kind.shows_groups {
            return groups_of(rows, scope, id).map(Self::Groups);
        }
        Ok(Self::None)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Members(members) => members.len(),
            Self::Groups(groups) => groups.len(),
        }
    }

    /// Appends the attribute they make, led by a comma, if there are any (RFC 7643 section 2.5: none is unassigned).
    pub(super) fn splice(&self, base: &str, out: &mut Vec<u8>) {
        match self {
            Self::Members(members) if !members.is_empty() => {
                out.extend_from_slice(b",\"members\":[");
                for (place, (id, kind)) in members.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    out.extend_from_slice(comma.as_bytes());
                    out.extend_from_slice(b"{\"$ref\":\"");
                    push_location(out, base, &kind.kind().scim.endpoint, *id);
                    out.extend_from_slice(b"\",\"type\":\"");
                    out.extend_from_slice(kind.kind().scim.name.as_bytes());
                    out.extend_from_slice(b"\",\"value\":\"");
                    id.write_to(out);
                    out.extend_from_slice(b"\"}");
                }
                out.push(b']');
            }
            Self::Groups(groups) if !groups.is_empty() => {
                out.extend_from_slice(b",\"groups\":");
                out.extend_from_slice(self.value(base).to_string().as_bytes());
            }
            _ => {}
        }
    }

    /// The attribute's name and value, for filters and projections; `None` if it is unassigned.
    pub fn attribute(&self, base: &str) -> Option<(&'static str, Value)> {
        match self {
            Self::Members(members) if !members.is_empty() => Some(("members", self.value(base))),
            Self::Groups(groups) if !groups.is_empty() => Some(("groups", self.value(base))),
            _ => None,
        }
    }

    fn value(&self, base: &str) -> Value {
        let location = |kind: &Kind, id: Id| location(base, &kind.scim.endpoint, id);
        match self {
            Self::None => Value::Null,
            Self::Members(members) => members
                .iter()
                .map(|(id, kind)| json!({"value": id, "type": kind.kind().scim.name, "$ref": location(kind.kind(), *id)}))
                .collect(),
            Self::Groups(groups) => groups
                .iter()
                .map(|(id, name)| json!({"value": id, "type": "direct", "display": name, "$ref": location(Kind::group(), *id)}))
                .collect(),
        }
    }
}

/// The members of a group, in the order of their creation.
///
/// # Errors
/// If the disk refuses.
pub fn members_of(rows: &impl Rows, scope: Scope, group: Id) -> Result<Vec<(Id, MemberKind)>> {
    let mut members = Vec::new();
    rows.each(&Range::under(layout::group_members(scope.connection, group)), &mut |key, value| {
        members.extend(last_id(key).map(|id| (id, MemberKind::of(value))));
        ControlFlow::Continue(())
    })?;
    Ok(members)
}

/// The groups a resource is directly in, with their names.
///
/// # Errors
/// If the disk refuses.
pub fn groups_of(rows: &impl Rows, scope: Scope, member: Id) -> Result<Vec<(Id, String)>> {
    let ids = last_ids(rows, &Range::under(layout::member_groups(scope.connection, member)))?;
    let mut groups = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(name) = rows.get(&layout::group_name(scope.connection, id))? {
            groups.push((id, String::from_utf8(name).map_err(Error::internal)?));
        }
    }
    Ok(groups)
}

/// A change of one group's members in the making.
pub(super) struct Editor<'t, 'a> {
    tx: &'t mut Tx<'a>,
    scope: Scope,
    group: Id,
    /// Those that came (`true`) or went, and what they are.
    moved: BTreeMap<Id, (bool, MemberKind)>,
    /// What is to be added to the digest of the members.
    digest: u64,
}

impl<'t, 'a> Editor<'t, 'a> {
    pub(super) fn new(tx: &'t mut Tx<'a>, scope: Scope, group: Id) -> Self {
        Self { tx, scope, group, moved: BTreeMap::new(), digest: 0 }
    }

    /// Makes the changes of a PATCH, in order.
    pub(super) fn apply(&mut self, changes: &[ElementChange], base: &str) -> Result<()> {
        for change in changes {
            match change {
                ElementChange::Add(elements) => self.add_all(elements)?,
                ElementChange::Replace(elements) => self.replace(elements)?,
                ElementChange::Remove(values) => {
                    // What is no identifier of ours is no member: nothing to remove.
                    for member in values.iter().filter_map(|value| value.parse().ok()) {
                        self.remove(member)?;
                    }
                }
                ElementChange::RemoveMatching(filter) => self.remove_matching(filter, base)?,
                ElementChange::RemoveAll => self.replace(&[])?,
            }
        }
        Ok(())
    }

    /// Adds members that are not there yet.
    pub(super) fn add_all(&mut self, elements: &[Element]) -> Result<()> {
        for element in elements {
            let (member, kind) = self.resolve(element)?;
            self.add(member, kind)?;
        }
        Ok(())
    }

    /// Makes these the members and nobody else.
    pub(super) fn replace(&mut self, elements: &[Element]) -> Result<()> {
        let mut wanted = BTreeMap::new();
        for element in elements {
            let (member, kind) = self.resolve(element)?;
            wanted.insert(member, kind);
        }
        for (member, _) in members_of(self.tx, self.scope, self.group)? {
            if !wanted.contains_key(&member) {
                self.remove(member)?;
            }
        }
        for (member, kind) in wanted {
            self.add(member, kind)?;
        }
        Ok(())
    }

    fn remove_matching(&mut self, filter: &Filter, base: &str) -> Result<()> {
        for (member, kind) in members_of(self.tx, self.scope, self.group)? {
            let links = Links::Members(vec![(member, kind)]);
            let element = links.value(base);
            if element.get(0).is_some_and(|element| filter.matches_element(&Kind::group().scim, element)) {
                self.remove(member)?;
            }
        }
        Ok(())
    }

    /// Who an element names.
    ///
    /// An unknown id is refused with the id, and with it the whole request: what was acknowledged is then what is there.
    fn resolve(&self, element: &Element) -> Result<(Id, MemberKind)> {
        let unknown = || {
            let shown: String = element.value.chars().take(SHOWN_ID_CHARACTERS_MAX).collect();
            Error::new(ErrorKind::InvalidValue, format!("There is no member with the id \"{shown}\"."))
        };
        let id: Id = element.value.parse().map_err(|_| unknown())?;
        for kind in [MemberKind::User, MemberKind::Group] {
            if id != self.group && self.tx.has(&layout::resource(self.scope.connection, kind as u8, id))? {
                return Ok((id, kind));
            }
        }
        Err(unknown())
    }

    fn add(&mut self, member: Id, kind: MemberKind) -> Result<()> {
        let key = layout::group_member(self.scope.connection, self.group, member);
        if self.tx.has(&key)? {
            return Ok(());
        }
        let groups = Range::under(layout::member_groups(self.scope.connection, member));
        if self.tx.count(&groups, GROUPS_OF_USER_MAX)? >= GROUPS_OF_USER_MAX {
            return Err(Error::invalid(format!("\"{member}\" is in {GROUPS_OF_USER_MAX} groups already, which is the most.")));
        }
        self.tx.put(&key, vec![kind as u8]);
        self.tx.put(&layout::member_group(self.scope.connection, member, self.group), Vec::new());
        self.digest = self.digest.wrapping_add(digest_of(member, kind));
        self.note(member, true, kind);
        Ok(())
    }

    fn remove(&mut self, member: Id) -> Result<()> {
        let key = layout::group_member(self.scope.connection, self.group, member);
        let Some(value) = self.tx.get(&key)? else { return Ok(()) };
        self.tx.delete(&key);
        self.tx.delete(&layout::member_group(self.scope.connection, member, self.group));
        let kind = MemberKind::of(&value);
        self.digest = self.digest.wrapping_sub(digest_of(member, kind));
        self.note(member, false, kind);
        Ok(())
    }

    /// Coming and going within one request is no change.
    fn note(&mut self, member: Id, came: bool, kind: MemberKind) {
        match self.moved.get(&member) {
            Some((before, _)) if *before != came => drop(self.moved.remove(&member)),
            _ => drop(self.moved.insert(member, (came, kind))),
        }
    }

    /// Whether the members are others than before.
    pub(super) fn is_changed(&self) -> bool {
        !self.moved.is_empty()
    }

    /// Keeps the digest and the request, whose activity entry is `stamp`, and marks the users that came or went as due for projection. The group itself is not due:
    /// no policy sees its members.
    pub(super) fn finish(self, stamp: u64) -> Result<()> {
        if self.moved.is_empty() {
            return Ok(());
        }
        add_to_digest(self.tx, self.scope, self.group, self.digest)?;
        self.tx.put(&layout::group_touched(self.scope.connection, self.group), stamp.to_be_bytes().to_vec());
        for (member, (_, kind)) in self.moved {
            if kind == MemberKind::User {
                mark_dirty(self.tx, self.scope, (USER, member), stamp, Why::group(stamp, self.group))?;
            }
        }
        Ok(())
    }

    /// The transaction again, to read or write beside the members.
    pub(super) fn tx(&mut self) -> &mut Tx<'a> {
        self.tx
    }

    /// Whose inventory this is.
    pub(super) fn scope(&self) -> Scope {
        self.scope
    }
}

/// Makes these members of a group that is there, and marks nobody as due.
pub(super) fn restore(tx: &mut Tx<'_>, scope: Scope, group: Id, members: &[Id]) -> Result<()> {
    let mut editor = Editor::new(tx, scope, group);
    for member in members {
        let (member, kind) = editor.resolve(&Element { value: member.to_string(), kind: None })?;
        editor.add(member, kind)?;
    }
    let digest = editor.digest;
    add_to_digest(tx, scope, group, digest)
}

/// What one member adds to the digest of a group's members.
fn digest_of(member: Id, kind: MemberKind) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(member.as_bytes());
    hasher.update([kind as u8]);
    first_bytes(&hasher.finalize())
}

/// The first eight bytes of a hash.
pub(super) fn first_bytes(hash: &[u8]) -> u64 {
    hash.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// Adds to the digest of a group's members. It is a sum, so that one more or one fewer costs the same whoever else is there.
pub(super) fn add_to_digest(tx: &mut Tx<'_>, scope: Scope, group: Id, by: u64) -> Result<()> {
    if by == 0 {
        return Ok(());
    }
    let key = layout::members_digest(scope.connection, group);
    let sum = tx.number(&key)?.wrapping_add(by);
    match sum {
        0 => tx.delete(&key),
        sum => tx.put(&key, sum.to_be_bytes().to_vec()),
    }
    Ok(())
}

/// What one member less takes from the digest of a group's members.
pub(super) fn less(member: Id, kind: MemberKind) -> u64 {
    0_u64.wrapping_sub(digest_of(member, kind))
}

/// Keeps the name of a group in a row of its own, or takes it away: a user shows the names of its groups, and may be in many that carry much else.
pub(super) fn keep_name(tx: &mut Tx<'_>, scope: Scope, kind: &Kind, group: Id, name: Option<&str>) {
    if !kind.has_members {
        return;
    }
    let key = layout::group_name(scope.connection, group);
    match name {
        Some(name) => tx.put(&key, name.as_bytes().to_vec()),
        None => tx.delete(&key),
    }
}

/// Marks every user of a group as due for projection, for the sake of the request with this activity entry: its name is an input of theirs.
pub(crate) fn mark_members(tx: &mut Tx<'_>, scope: Scope, group: Id, stamp: u64, activity: Option<u64>) -> Result<()> {
    for (member, kind) in members_of(tx, scope, group)? {
        if kind == MemberKind::User {
            mark_dirty(tx, scope, (USER, member), stamp, Why { activity, group: Some(group) })?;
        }
    }
    Ok(())
}
