//! Lists (RFC 7644 section 3.4.2): filter, sort, and paging by index or cursor (RFC 9865).
//!
//! A list is answered from one snapshot, and holds no more than its page in memory; a sorted one also a short key for each resource before the page's end.
//! Both ways of paging go on behind the last resource of the page before, so resources that come and go between two pages neither move others out of
//! sight nor show them twice: a cursor says which that was, and for an index [`Walks`] remembers it as long as the client walks on.

mod candidates;
mod cursor;
mod walks;

use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::Arc;

use doorlist_scim::Filter;
use doorlist_scim::list::{SortKey, sort_key};
use doorlist_scim::query::{Query, SortOrder, Start};
use serde_json::Value;

use self::candidates::Candidates;
use self::cursor::Cursor;
use super::index::last_id;
use super::stored::location;
use super::{Answer, Kind, Links, Scope, Wanted};
use crate::error::Result;
use crate::id::Id;
use crate::limits::{QUICK_CANDIDATES_MAX, QUICK_TERMS_MAX, SCIM_PAGE_LINKS_MAX};
use crate::store::layout;
use crate::store::{Numbers, Range, Rows};

pub use self::walks::{AllWalks, Walks};

/// What a list is asked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// The kinds to look through, in this order, each with the query as it reads for that kind. All ask for the same page and order.
    pub selections: Vec<(Arc<Kind>, Query)>,
    /// Where clients see this service, which filters on locations are compared with.
    pub base: Arc<str>,
}

/// One page.
#[derive(Debug)]
pub struct Page {
    /// How many resources match.
    pub total: usize,
    /// The number of the first of them; `None` if it was asked for by a cursor.
    pub start_index: Option<usize>,
    /// The cursor of the next page, if this one was asked for by a cursor and there is a next one.
    pub next_cursor: Option<String>,
    /// Those of the page, each with the place of its kind among the selections.
    pub answers: Vec<(usize, Answer)>,
}

/// Where in the order of a list a resource stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    /// The place of its kind among the selections.
    place: usize,
    id: Id,
    /// What it is sorted by, if the list is.
    key: Option<SortKey>,
}

/// Where a page starts.
#[derive(Clone, Debug)]
struct From {
    /// Behind this one; at the beginning without it.
    behind: Option<Position>,
    /// So many further on.
    skip: usize,
    /// How many matched when the first page was made, if that is known.
    total: Option<usize>,
}

/// A resource that matches.
struct Found {
    position: Position,
    json: Option<Vec<u8>>,
}

/// What was found for a page.
struct Gathered {
    found: Vec<Found>,
    /// How many match.
    total: usize,
    /// Whether there are more behind the page.
    more: bool,
}

impl Search {
    /// A list of one kind.
    pub fn of(kind: &Arc<Kind>, query: Query, base: &Arc<str>) -> Self {
        Self { selections: vec![(Arc::clone(kind), query)], base: Arc::clone(base) }
    }

    /// The query that all selections share page and order with.
    fn first(&self) -> Option<&Query> {
        self.selections.first().map(|(_, query)| query)
    }

    fn count(&self) -> usize {
        self.first().map_or(0, |query| query.page.count)
    }

    fn is_sorted(&self) -> bool {
        self.first().is_some_and(|query| query.sort.is_some())
    }

    fn is_descending(&self) -> bool {
        self.first().is_some_and(|query| matches!(query.sort, Some((_, SortOrder::Descending))))
    }
}

/// Answers a list if that is a matter of a few look-ups, whatever the inventory has; `None` if it is not. Anything else does not belong on a thread that
/// must not wait.
///
/// # Errors
/// If the disk refuses.
pub fn quick(rows: &impl Rows, scope: Scope, search: &Search) -> Result<Option<Page>> {
    let [(kind, query)] = search.selections.as_slice() else { return Ok(None) };
    let is_first = matches!(query.page.start, Start::Index(1)) && !search.is_sorted();
    let Some(filter) = query.filter.as_ref().filter(|filter| is_first && filter.terms() <= QUICK_TERMS_MAX) else { return Ok(None) };
    let Some(candidates) = Candidates::of(kind, filter) else { return Ok(None) };
    let Some(ids) = candidates.few(rows, scope, kind, QUICK_CANDIDATES_MAX)? else { return Ok(None) };
    let exact = filter.terms() == 1;
    let (mut total, mut answers) = (0, Vec::new());
    for id in ids {
        let Some(json) = rows.get(&layout::resource(scope.connection, kind.number, id))? else { continue };
        if !exact && !examine(rows, scope, (kind, query), (id, &json), &search.base)?.is_match {
            continue;
        }
        total += 1;
        if answers.len() < query.page.count {
            answers.push((0, Answer::read(rows, scope, kind, (id, json), Wanted::of_many(kind, &query.projection))?));
        }
    }
    // With more than a page the general way says where it ended.
    Ok((total == answers.len() || query.page.count == 0).then_some(Page { total, start_index: Some(1), next_cursor: None, answers }))
}

/// Answers a list from one snapshot. `walks` remembers where pages ended, for clients that page by index.
///
/// # Errors
/// `invalidCursor` for a cursor that was not given for this list; or if the disk refuses.
pub fn list(rows: &impl Rows, scope: Scope, search: &Search, walks: &Walks) -> Result<Page> {
    let start = search.first().map_or(Start::Index(1), |query| query.page.start.clone());
    let fingerprint = cursor::fingerprint(walks.tenant(), scope, search);
    let (from, index) = match &start {
        Start::Cursor(text) if text.is_empty() => (From { behind: None, skip: 0, total: None }, None),
        Start::Cursor(text) => (Cursor::read(text, fingerprint, search.is_sorted(), search.selections.len())?, None),
        Start::Index(index) => {
            let skip = index.saturating_sub(1);
            (walks.find(fingerprint, *index).unwrap_or(From { behind: None, skip, total: None }), Some(*index))
        }
    };
    let gathered = gather(rows, scope, search, &from)?;
    let (total, mut more) = (gathered.total, gathered.more);
    let (answers, last, is_whole) = answer(rows, scope, search, gathered.found)?;
    more |= !is_whole;
    let end = last.filter(|_| more);
    let Some(index) = index else {
        let next_cursor = end.map(|position| Cursor { fingerprint, position, total }.write());
        return Ok(Page { total, start_index: None, next_cursor, answers });
    };
    let total = index_total(from.behind.is_some(), total, (index, answers.len()), more);
    if let Some(position) = end {
        walks.keep(fingerprint, index.saturating_add(answers.len()), From { behind: Some(position), skip: 0, total: Some(total) });
    }
    Ok(Page { total, start_index: Some(index), next_cursor: None, answers })
}

/// The total that a page by index says. Of a page that goes on behind another one, it is such that a client which goes on until it has had that many
/// misses nobody: deletions behind it lower the number of what there is, but not of what it has been given.
fn index_total(goes_on: bool, total: usize, (index, items): (usize, usize), more: bool) -> usize {
    let given = index.saturating_sub(1).saturating_add(items);
    match (goes_on, more) {
        (false, _) => total,
        (true, false) => given,
        (true, true) => total.max(given.saturating_add(1)),
    }
}

/// Finds what a page has.
fn gather(rows: &impl Rows, scope: Scope, search: &Search, from: &From) -> Result<Gathered> {
    let counted = match count_all(rows, scope, search)? {
        Some(total) => Some(total),
        None => from.total,
    };
    if search.is_sorted() { by_key(rows, scope, search, from, counted) } else { in_order(rows, scope, search, from, counted) }
}

/// How many match, if that is written down: if no filter leaves anything out.
fn count_all(rows: &impl Rows, scope: Scope, search: &Search) -> Result<Option<usize>> {
    let mut total = 0;
    for (kind, query) in &search.selections {
        if query.filter.is_some() {
            return Ok(None);
        }
        total += rows.number(&layout::resource_count(scope.connection, kind.number))?;
    }
    Ok(Some(usize::try_from(total).unwrap_or(usize::MAX)))
}

/// In the order of creation. Stops at the end of the page if the total is known.
fn in_order(rows: &impl Rows, scope: Scope, search: &Search, from: &From, counted: Option<usize>) -> Result<Gathered> {
    let (mut seen, mut more, mut found) = (0_usize, false, Vec::new());
    let count = search.count();
    let first = from.behind.as_ref().map_or(0, |behind| behind.place);
    for (place, selection) in search.selections.iter().enumerate().skip(first) {
        let after = from.behind.as_ref().filter(|behind| behind.place == place).map(|behind| behind.id);
        let done = each_match(rows, scope, selection, &search.base, after, &mut |id, json, _| {
            seen += 1;
            if seen > from.skip && found.len() < count {
                found.push(Found { position: Position { place, id, key: None }, json: Some(json.to_vec()) });
            } else if seen > from.skip {
                more = true;
                if counted.is_some() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        if done.is_break() {
            break;
        }
    }
    Ok(Gathered { found, total: counted.unwrap_or(seen), more })
}

/// A match among others in the order of a sorted list.
#[derive(PartialEq, Eq)]
struct Ranked {
    key: SortKey,
    place: usize,
    id: Id,
    descending: bool,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let order = (&self.key, self.place, self.id).cmp(&(&other.key, other.place, other.id));
        if self.descending { order.reverse() } else { order }
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// In the order of their keys. Looks at every match, and keeps the keys of as many as lie before the end of the page.
fn by_key(rows: &impl Rows, scope: Scope, search: &Search, from: &From, counted: Option<usize>) -> Result<Gathered> {
    let descending = search.is_descending();
    let rank = |place, id, key| Ranked { key, place, id, descending };
    let behind = from.behind.as_ref().and_then(|behind| Some(rank(behind.place, behind.id, behind.key.clone()?)));
    // One more than the page has, to know whether there are more.
    let most = from.skip.saturating_add(search.count()).saturating_add(1);
    if counted.is_some_and(|total| from.skip >= total) {
        return Ok(Gathered { found: Vec::new(), total: counted.unwrap_or(0), more: false });
    }
    let mut seen = 0;
    let mut least = BinaryHeap::new();
    for (place, selection) in search.selections.iter().enumerate() {
        let _ = each_match(rows, scope, selection, &search.base, None, &mut |id, _, key| {
            seen += 1;
            let ranked = rank(place, id, key.unwrap_or_else(SortKey::unassigned));
            if behind.as_ref().is_none_or(|behind| ranked > *behind) {
                least.push(ranked);
                if least.len() > most {
                    least.pop();
                }
            }
            ControlFlow::Continue(())
        })?;
    }
    let more = least.len() == most;
    let sorted = least.into_sorted_vec().into_iter().skip(from.skip).take(search.count());
    let found = sorted.map(|Ranked { key, place, id, .. }| Found { position: Position { place, id, key: Some(key) }, json: None });
    Ok(Gathered { found: found.collect(), total: counted.unwrap_or(seen), more })
}

/// The answers of a page, its last position, and whether everything that was found is in it: it ends early when it carries enough.
#[allow(clippy::type_complexity, reason = "three things that one loop finds")]
fn answer(rows: &impl Rows, scope: Scope, search: &Search, found: Vec<Found>) -> Result<(Vec<(usize, Answer)>, Option<Position>, bool)> {
    let (mut answers, mut last, mut links) = (Vec::with_capacity(found.len()), None, 0);
    for Found { position, json } in found {
        if links >= SCIM_PAGE_LINKS_MAX {
            return Ok((answers, last, false));
        }
        let Some((kind, query)) = search.selections.get(position.place) else { continue };
        let json = match json {
            Some(json) => json,
            None => rows.get(&layout::resource(scope.connection, kind.number, position.id))?.unwrap_or_default(),
        };
        let answer = Answer::read(rows, scope, kind, (position.id, json), Wanted::of_many(kind, &query.projection))?;
        links += answer.links.len();
        answers.push((position.place, answer));
        last = Some(position);
    }
    Ok((answers, last, true))
}

/// What is called with each match: id, stored form, and sort key if the list is sorted.
type Sink<'a> = dyn FnMut(Id, &[u8], Option<SortKey>) -> ControlFlow<()> + 'a;

/// Calls `sink` with each match of a selection, in the order of creation, from behind `after`, until it breaks.
fn each_match(
    rows: &impl Rows,
    scope: Scope,
    (kind, query): &(Arc<Kind>, Query),
    base: &str,
    after: Option<Id>,
    sink: &mut Sink<'_>,
) -> Result<ControlFlow<()>> {
    if query.filter.as_ref().is_some_and(Filter::matches_nothing) {
        return Ok(ControlFlow::Continue(()));
    }
    let candidates = query.filter.as_ref().and_then(|filter| Candidates::of(kind, filter));
    // Index and member rows say exactly what a filter of one comparison asks: values are folded for them as the filter compares.
    let exact = match &query.filter {
        Some(filter) => candidates.is_some() && filter.terms() == 1,
        None => true,
    };
    let unread = exact && query.sort.is_none();
    let mut look = |id: Id, json: &[u8]| -> Result<ControlFlow<()>> {
        if unread {
            return Ok(sink(id, json, None));
        }
        let examined = examine(rows, scope, (kind, query), (id, json), base)?;
        Ok(if examined.is_match { sink(id, json, examined.key) } else { ControlFlow::Continue(()) })
    };
    if let Some(candidates) = candidates {
        for id in candidates.ids(rows, scope, kind)?.into_iter().filter(|id| after.is_none_or(|after| *id > after)) {
            if let Some(json) = rows.get(&layout::resource(scope.connection, kind.number, id))?
                && look(id, &json)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        return Ok(ControlFlow::Continue(()));
    }
    let mut range = Range::under(layout::resources(scope.connection, kind.number));
    if let Some(after) = after {
        range = range.after(layout::resource(scope.connection, kind.number, after));
    }
    let mut outcome = Ok(ControlFlow::Continue(()));
    rows.each(&range, &mut |key, value| {
        let Some(id) = last_id(key) else { return ControlFlow::Continue(()) };
        outcome = look(id, value);
        if matches!(outcome, Ok(ControlFlow::Continue(()))) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome
}

/// What a look at a resource says.
struct Examined {
    is_match: bool,
    /// Its sort key, if it matches and the list is sorted.
    key: Option<SortKey>,
}

/// Reads a resource and holds it against the filter.
fn examine(rows: &impl Rows, scope: Scope, (kind, query): (&Kind, &Query), (id, json): (Id, &[u8]), base: &str) -> Result<Examined> {
    let mut resource: doorlist_scim::Resource = crate::store::from_json(json)?;
    let filter = query.filter.as_ref();
    let sort = query.sort.as_ref().map(|(path, _)| path);
    let mentions = |name: &str| filter.is_some_and(|filter| filter.mentions(name)) || sort.is_some_and(|path| path.name == name);
    if ((kind.has_members && mentions("members")) || (kind.shows_groups && mentions("groups")))
        && let Some((name, value)) = Links::read(rows, scope, kind, id)?.attribute(base)
    {
        resource.insert(name.to_owned(), value);
    }
    if mentions("meta")
        && let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut)
    {
        // What no row has is made only if it is asked for: a version costs a look at other rows.
        let paths = filter.map(Filter::paths).unwrap_or_default();
        let asks = |part: &str| paths.iter().copied().chain(sort).any(|path| path.name == "meta" && path.sub.as_deref() == Some(part));
        if asks("version") {
            let answer = Answer::read(rows, scope, kind, (id, json.to_vec()), Wanted { links: false, version: true })?;
            meta.insert("version".to_owned(), Value::String(answer.version()));
        }
        if asks("location") {
            meta.insert("location".to_owned(), Value::String(location(base, &kind.scim.endpoint, id)));
        }
    }
    let is_match = filter.is_none_or(|filter| filter.matches(&kind.scim, &resource));
    let key = sort.filter(|_| is_match).map(|path| sort_key(&kind.scim, path, &resource));
    Ok(Examined { is_match, key })
}
