//! The few resources among which every match of a filter is, where rows other than the resources say so.

use std::ops::ControlFlow;

use doorlist_scim::filter::Filter;

use super::super::index::{self, last_id, last_ids};
use super::super::kind::Place;
use super::super::{Kind, Scope};
use crate::error::Result;
use crate::id::Id;
use crate::store::layout::{self, GROUP};
use crate::store::{Range, Rows};

/// Where the matches of a filter are.
pub(super) enum Candidates<'k> {
    /// The one with this id.
    Id(String),
    /// Those with this value at an indexed attribute.
    Indexed { place: &'k Place, value: String },
    /// The groups of this member.
    GroupsOf(String),
    /// The members of this group.
    MembersOf(String),
}

impl<'k> Candidates<'k> {
    /// What one of the filter's equalities leads to, if there is an index for it.
    pub(super) fn of(kind: &'k Kind, filter: &Filter) -> Option<Self> {
        filter.equalities().into_iter().find_map(|(path, value)| {
            let sub = path.sub.as_deref();
            match (path.urn.as_deref(), path.name.as_str()) {
                (None, "id") => Some(Self::Id(value.to_owned())),
                (None, "members") if kind.has_members && sub.is_none_or(|sub| sub == "value") => Some(Self::GroupsOf(value.to_owned())),
                (None, "groups") if kind.shows_groups && sub.is_none_or(|sub| sub == "value") => Some(Self::MembersOf(value.to_owned())),
                _ => {
                    let found = kind.index(path).or_else(|| {
                        // A complex attribute that is compared as a whole is compared by its `value`.
                        let value = doorlist_scim::AttrPath { sub: Some("value".to_owned()), ..path.clone() };
                        sub.is_none().then(|| kind.index(&value)).flatten()
                    })?;
                    Some(Self::Indexed { place: &found.place, value: index::fold(value, found.case_exact) })
                }
            }
        })
    }

    /// Their ids in the order of their creation.
    pub(super) fn ids(&self, rows: &impl Rows, scope: Scope, kind: &Kind) -> Result<Vec<Id>> {
        match self {
            Self::Id(id) => Ok(id.parse().into_iter().collect()),
            Self::Indexed { place, value } => index::find(rows, scope, kind, place, value),
            Self::GroupsOf(member) => match member.parse() {
                Ok(member) => last_ids(rows, &Range::under(layout::member_groups(scope.connection, member))),
                Err(_) => Ok(Vec::new()),
            },
            Self::MembersOf(group) => match group.parse() {
                Ok(group) if rows.has(&layout::resource(scope.connection, GROUP, group))? => {
                    last_ids(rows, &Range::under(layout::group_members(scope.connection, group)))
                }
                _ => Ok(Vec::new()),
            },
        }
    }

    /// Their ids if an id or an index says them and they are at most `most`; `None` otherwise.
    pub(super) fn few(&self, rows: &impl Rows, scope: Scope, kind: &Kind, most: usize) -> Result<Option<Vec<Id>>> {
        match self {
            Self::Id(id) => Ok((!kind.has_members).then(|| id.parse().into_iter().collect())),
            Self::Indexed { place, value } => {
                let mut ids = Vec::new();
                rows.each(&index::range(scope, kind, place, value), &mut |key, _| {
                    ids.extend(last_id(key));
                    if ids.len() <= most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                })?;
                Ok((ids.len() <= most).then_some(ids))
            }
            Self::GroupsOf(_) | Self::MembersOf(_) => Ok(None),
        }
    }
}
