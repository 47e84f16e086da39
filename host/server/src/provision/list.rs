//! GET of a list (RFC 7644 section 3.4.2): filter, sort, index paging.

use std::ops::ControlFlow;

use doorlist_scim::filter::Filter;
use doorlist_scim::list::{SortKey, sort_key};
use doorlist_scim::query::{Query, SortOrder};

use super::index::{self, last_id, last_ids};
use super::{Answer, Kind, Links, Scope};
use crate::error::Result;
use crate::id::Id;
use crate::store::layout::{self, GROUP};
use crate::store::{Numbers, Range, Rows};

/// One page.
#[derive(Debug)]
pub struct Page {
    /// How many resources match.
    pub total: usize,
    /// Those of the page.
    pub answers: Vec<Answer>,
}

/// Whether answering takes time that grows with the inventory, so that the caller keeps it off threads that must not wait.
pub fn is_scan(kind: &Kind, query: &Query) -> bool {
    match &query.filter {
        None => query.sort.is_some() || query.page.start_index > SKIP_SHORT_MAX,
        Some(filter) => Candidates::of(kind, filter).is_none(),
    }
}

/// Rows that are skipped to reach a page without counting as slow.
const SKIP_SHORT_MAX: usize = 1_000;

/// Answers a list from one snapshot.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query) -> Result<Page> {
    let skip = query.page.start_index.saturating_sub(1);
    if query.filter.is_none() && query.sort.is_none() {
        return everything(rows, scope, kind, query, skip);
    }
    let mut found = matching(rows, scope, kind, query)?;
    let total = found.len();
    if query.sort.is_some() {
        // Stable: those that are equal stay in the order of their creation.
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        if matches!(query.sort, Some((_, SortOrder::Descending))) {
            found.reverse();
        }
    }
    let mut answers = Vec::new();
    for (_, id) in found.into_iter().skip(skip).take(query.page.count) {
        if let Some(json) = rows.get(&layout::resource(scope.connection, kind.number, id))? {
            answers.push(answer(rows, scope, kind, query, id, json)?);
        }
    }
    Ok(Page { total, answers })
}

/// A page in the order of creation: the total is a counter, and nothing is parsed.
fn everything(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query, skip: usize) -> Result<Page> {
    let total = rows.number(&layout::resource_count(scope.connection, kind.number))?;
    let mut place = 0;
    let mut page = Vec::new();
    if query.page.count > 0 {
        rows.each(&Range::under(layout::resources(scope.connection, kind.number)), &mut |key, value| {
            place += 1;
            if place > skip {
                page.extend(last_id(key).map(|id| (id, value.to_vec())));
            }
            if page.len() < query.page.count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    let answers = page.into_iter().map(|(id, json)| answer(rows, scope, kind, query, id, json)).collect::<Result<_>>()?;
    Ok(Page { total: usize::try_from(total).unwrap_or(usize::MAX), answers })
}

fn answer(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query, id: Id, json: Vec<u8>) -> Result<Answer> {
    let links = if kind.wants_links(&query.projection) { Links::read(rows, scope, kind, id)? } else { Links::None };
    Ok(Answer { id, json, links })
}

/// Sort keys (if asked for) and ids of the resources that match, in the order of their creation.
fn matching(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query) -> Result<Vec<(Option<SortKey>, Id)>> {
    let mut found = Vec::new();
    let mut look = |id: Id, json: &[u8]| -> Result<()> {
        if let Some(key) = examine(rows, scope, kind, query, id, json)? {
            found.push((key, id));
        }
        Ok(())
    };
    let candidates = query.filter.as_ref().and_then(|filter| Candidates::of(kind, filter));
    if let Some(candidates) = candidates {
        for id in candidates.ids(rows, scope, kind)? {
            if let Some(json) = rows.get(&layout::resource(scope.connection, kind.number, id))? {
                look(id, &json)?;
            }
        }
        return Ok(found);
    }
    let mut outcome = Ok(());
    rows.each(&Range::under(layout::resources(scope.connection, kind.number)), &mut |key, value| {
        let Some(id) = last_id(key) else { return ControlFlow::Continue(()) };
        outcome = look(id, value);
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome.map(|()| found)
}

/// The sort key of a resource that matches; `None` if it does not match.
fn examine(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query, id: Id, json: &[u8]) -> Result<Option<Option<SortKey>>> {
    let mut resource: doorlist_scim::Resource = crate::store::from_json(json)?;
    let mentions = |name: &str| {
        query.filter.as_ref().is_some_and(|filter| filter.mentions(name))
            || query.sort.as_ref().is_some_and(|(path, _)| path.name == name)
    };
    if (kind.has_members && mentions("members")) || (kind.shows_groups && mentions("groups")) {
        // Filters on `$ref` would need the base URL, which rows do not know; ids say the same.
        if let Some((name, value)) = Links::read(rows, scope, kind, id)?.attribute("") {
            resource.insert(name.to_owned(), value);
        }
    }
    if query.filter.as_ref().is_some_and(|filter| !filter.matches(kind.scim, &resource)) {
        return Ok(None);
    }
    Ok(Some(query.sort.as_ref().map(|(path, _)| sort_key(kind.scim, path, &resource))))
}

/// The few resources among which every match is.
enum Candidates {
    /// The one with this id.
    Id(String),
    /// Those with this value at an indexed attribute.
    Indexed { number: u8, value: String },
    /// The groups of this member.
    GroupsOf(String),
    /// The members of this group.
    MembersOf(String),
}

impl Candidates {
    /// What one of the filter's equalities leads to, if there is an index for it.
    fn of(kind: &Kind, filter: &Filter) -> Option<Self> {
        filter.equalities().into_iter().find_map(|(path, value)| {
            let path = path.to_string();
            match path.as_str() {
                "id" => Some(Self::Id(value.to_owned())),
                "members.value" | "members" if kind.has_members => Some(Self::GroupsOf(value.to_owned())),
                "groups.value" | "groups" if kind.shows_groups => Some(Self::MembersOf(value.to_owned())),
                _ => {
                    let path = if path == "emails" { "emails.value" } else { &path };
                    let (number, case_exact) = index::of(kind, path)?;
                    Some(Self::Indexed { number, value: index::fold(value, case_exact) })
                }
            }
        })
    }

    fn ids(&self, rows: &impl Rows, scope: Scope, kind: &Kind) -> Result<Vec<Id>> {
        match self {
            Self::Id(id) => Ok(id.parse().into_iter().collect()),
            Self::Indexed { number, value } => index::find(rows, scope, kind, *number, value),
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
}
