//! GET of a list (RFC 7644 section 3.4.2): filter, sort, index paging.

use std::ops::ControlFlow;

use doorlist_scim::filter::Filter;
use doorlist_scim::list::{SortKey, sort_key};
use doorlist_scim::query::{Query, SortOrder};
use serde_json::Value;

use super::index::{self, last_id, last_ids};
use super::stored::location;
use super::{Answer, Kind, Links, Scope};
use crate::error::Result;
use crate::id::Id;
use crate::limits::{QUICK_CANDIDATES_MAX, QUICK_TERMS_MAX, SCIM_PAGE_LINKS_MAX};
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

/// Whether answering is a matter of a few look-ups, whatever the inventory has. Anything else does not belong on a thread that must not wait.
///
/// # Errors
/// If the disk refuses.
pub fn is_quick(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query) -> Result<bool> {
    let Some(filter) = query.filter.as_ref().filter(|filter| filter.terms() <= QUICK_TERMS_MAX) else { return Ok(false) };
    match Candidates::of(kind, filter) {
        Some(Candidates::Id(_)) => Ok(!kind.has_members),
        Some(Candidates::Indexed { number, value }) => {
            let range = Range::under(layout::index(scope.connection, kind.number, number, &value));
            Ok(rows.count(&range, QUICK_CANDIDATES_MAX + 1)? <= QUICK_CANDIDATES_MAX)
        }
        _ => Ok(false),
    }
}

/// Answers a list from one snapshot. `base` is where clients see this service, which filters on locations are compared with.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query, base: &str) -> Result<Page> {
    let skip = query.page.start_index.saturating_sub(1);
    if query.filter.is_none() && query.sort.is_none() {
        return everything(rows, scope, kind, query, skip);
    }
    let mut found = matching(rows, scope, kind, query, base)?;
    let total = found.len();
    if query.sort.is_some() {
        // Stable: those that are equal stay in the order of their creation.
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        if matches!(query.sort, Some((_, SortOrder::Descending))) {
            found.reverse();
        }
    }
    let mut answers = Answers::default();
    for (_, id) in found.into_iter().skip(skip).take(query.page.count) {
        if let Some(json) = rows.get(&layout::resource(scope.connection, kind.number, id))?
            && answers.add(answer(rows, scope, kind, query, id, json)?).is_break()
        {
            break;
        }
    }
    Ok(Page { total, answers: answers.taken })
}

/// The answers of a page in the making.
#[derive(Default)]
struct Answers {
    taken: Vec<Answer>,
    links: usize,
}

impl Answers {
    /// Takes one more; breaks when the page carries enough.
    fn add(&mut self, answer: Answer) -> ControlFlow<()> {
        self.links += answer.links.len();
        self.taken.push(answer);
        if self.links < SCIM_PAGE_LINKS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
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
    let mut answers = Answers::default();
    for (id, json) in page {
        if answers.add(answer(rows, scope, kind, query, id, json)?).is_break() {
            break;
        }
    }
    Ok(Page { total: usize::try_from(total).unwrap_or(usize::MAX), answers: answers.taken })
}

fn answer(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query, id: Id, json: Vec<u8>) -> Result<Answer> {
    let links = if kind.wants_links(&query.projection) { Links::read(rows, scope, kind, id)? } else { Links::None };
    Ok(Answer { id, json, links })
}

/// Sort keys (if asked for) and ids of the resources that match, in the order of their creation.
fn matching(rows: &impl Rows, scope: Scope, kind: &Kind, query: &Query, base: &str) -> Result<Vec<(Option<SortKey>, Id)>> {
    let mut found = Vec::new();
    let candidates = query.filter.as_ref().and_then(|filter| Candidates::of(kind, filter));
    // Index and member rows say exactly what a filter of one comparison asks: values are folded for them as the filter compares.
    let exact = candidates.is_some() && query.filter.as_ref().is_some_and(|filter| filter.terms() == 1);
    let unread = exact && query.sort.is_none();
    let mut look = |id: Id, json: &[u8]| -> Result<()> {
        if unread {
            found.push((None, id));
        } else if let Some(key) = examine(rows, scope, kind, query, (id, json), (exact, base))? {
            found.push((key, id));
        }
        Ok(())
    };
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
fn examine(
    rows: &impl Rows,
    scope: Scope,
    kind: &Kind,
    query: &Query,
    (id, json): (Id, &[u8]),
    (exact, base): (bool, &str),
) -> Result<Option<Option<SortKey>>> {
    let mut resource: doorlist_scim::Resource = crate::store::from_json(json)?;
    let filter = query.filter.as_ref().filter(|_| !exact);
    let mentions =
        |name: &str| filter.is_some_and(|filter| filter.mentions(name)) || query.sort.as_ref().is_some_and(|(path, _)| path.name == name);
    if ((kind.has_members && mentions("members")) || (kind.shows_groups && mentions("groups")))
        && let Some((name, value)) = Links::read(rows, scope, kind, id)?.attribute(base)
    {
        resource.insert(name.to_owned(), value);
    }
    if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
        meta.insert("location".to_owned(), Value::String(location(base, &kind.scim.endpoint, id)));
    }
    if filter.is_some_and(|filter| !filter.matches(kind.scim, &resource)) {
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
