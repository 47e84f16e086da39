//! Bulk requests (RFC 7644 section 3.7): many changes, each all or nothing by itself.
//!
//! Everything that needs no row is done first ([`Bulk::parse`]): ids are given to what will be made, so that references become ids
//! before anything is written, in whatever order they stand and in circles too. Then the operations are carried out in a few commits
//! ([`Bulk::run`]), each within an attempt of its own. Resources that refer to each other in a circle are made together or not at all.
//!
//! Knows no status code and no envelope.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use doorlist_scim::ErrorKind;
use doorlist_scim::bulk::{BulkItem, BulkMethod, BulkOperation, BulkRequest};

use super::version::{Conditions, Versions, Wanted};
use super::{Answer, Catalog, Context, Create, Delete, Kind, Modify, Replace, Scope};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::{Rows, Tx, layout};

/// A bulk request that was read.
#[derive(Debug)]
pub struct Bulk {
    request: BulkRequest,
    /// What each operation comes to, in the client's order.
    steps: Vec<Step>,
    /// In which order they are carried out; what stands together is one attempt.
    groups: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Step {
    change: Result<Change, doorlist_scim::Error>,
    /// The operations that have to have made what this one refers to.
    needs: Vec<usize>,
    conditions: Conditions,
}

/// What an operation does.
#[derive(Debug)]
enum Change {
    Create(Create),
    Replace(Replace),
    Modify(Modify),
    Delete(Delete),
}

/// What became of one operation.
#[derive(Clone, Debug)]
pub struct Done {
    /// The resource's id.
    pub id: Id,
    /// Its type.
    pub kind: Arc<Kind>,
    /// Its version after the commit that the operation was part of; `None` if it is gone.
    pub version: Option<String>,
}

/// How far a bulk request has come: what became of each operation that was tried, by its place.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// What became of each operation.
    pub outcomes: BTreeMap<usize, Result<Done, doorlist_scim::Error>>,
    errors: usize,
}

impl Bulk {
    /// Reads what each operation comes to.
    ///
    /// Faults of single operations are theirs: see [`Progress::outcomes`].
    pub fn parse(request: BulkRequest, catalog: &Catalog, now: Timestamp) -> Self {
        let groups = request.order();
        let mut ids = HashMap::new();
        let mut made_by = HashMap::new();
        for (place, item) in request.operations.iter().enumerate() {
            if let (Ok(operation), Some(bulk_id)) = (&item.operation, &item.bulk_id)
                && operation.method == BulkMethod::Post
            {
                ids.insert(bulk_id.clone(), Id::new(now).to_string());
                made_by.insert(bulk_id.as_str(), place);
            }
        }
        let step = |item: &BulkItem| match &item.operation {
            Ok(operation) => Step {
                needs: operation.references().into_iter().filter_map(|bulk_id| made_by.get(bulk_id).copied()).collect(),
                conditions: Conditions { only: operation.version.as_deref().map(Versions::parse), not: None },
                change: change(operation, catalog, &ids),
            },
            Err(error) => Step { change: Err(error.clone()), needs: Vec::new(), conditions: Conditions::default() },
        };
        let steps = request.operations.iter().map(step).collect();
        Self { request, steps, groups }
    }

    /// The operations, in the client's order.
    pub fn items(&self) -> &[BulkItem] {
        &self.request.operations
    }

    /// How many attempts there are; [`Bulk::run`] takes some of them.
    pub fn attempts(&self) -> usize {
        self.groups.len()
    }

    /// Whether so many operations have failed that the rest is not tried (RFC 7644 section 3.7: `failOnErrors`).
    pub fn is_over(&self, progress: &Progress) -> bool {
        self.request.fail_on_errors.is_some_and(|most| progress.errors >= most)
    }

    /// Carries out the attempts of `range` over one transaction, until the request is over. `context` is asked for each operation; `refused` writes the log's entry
    /// about one that failed.
    ///
    /// # Errors
    /// Only if the disk refuses; faults of operations are outcomes.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        scope: Scope,
        (range, before): (Range<usize>, &Progress),
        context: &dyn Fn(&BulkItem) -> Context,
        refused: &dyn Fn(&mut Tx<'_>, &BulkItem, &doorlist_scim::Error) -> Result<()>,
    ) -> Result<Progress> {
        let mut progress = before.clone();
        let mut touched = BTreeSet::new();
        for group in self.groups.get(range).unwrap_or_default() {
            if self.is_over(&progress) {
                break;
            }
            let made = tx.attempt(|tx| self.attempt(tx, scope, group, &progress, context));
            match made {
                Ok(done) => {
                    touched.extend(done.iter().map(|(_, done)| done.id));
                    progress.outcomes.extend(done.into_iter().map(|(place, done)| (place, Ok(done))));
                }
                Err(error) => {
                    let told = error.to_scim();
                    if told.kind == ErrorKind::Internal {
                        return Err(error);
                    }
                    for place in group {
                        if let Some(item) = self.request.operations.get(*place) {
                            refused(tx, item, &told)?;
                        }
                        progress.errors += 1;
                        progress.outcomes.insert(*place, Err(told.clone()));
                    }
                }
            }
        }
        // Later operations may have changed what earlier ones made, be it by making it a member: the client is told what is so now. Read in the same
        // transaction and of nothing that this part did not touch, so that no change of somebody else is in it that the client never saw.
        let outcomes = progress.outcomes.values_mut().filter_map(|outcome| outcome.as_mut().ok());
        for done in outcomes.filter(|done| touched.contains(&done.id)) {
            done.version = version(tx, scope, &done.kind, done.id)?;
        }
        Ok(progress)
    }

    /// Carries out what stands together: first everything is made, then what is made is linked.
    fn attempt(
        &self,
        tx: &mut Tx<'_>,
        scope: Scope,
        group: &[usize],
        progress: &Progress,
        context: &dyn Fn(&BulkItem) -> Context,
    ) -> Result<Vec<(usize, Done)>> {
        let mut linking = Vec::new();
        let mut done = Vec::new();
        for place in group {
            let (Some(step), Some(item)) = (self.steps.get(*place), self.request.operations.get(*place)) else { continue };
            let is_missing = |needed: &usize| !group.contains(needed) && !matches!(progress.outcomes.get(needed), Some(Ok(_)));
            if step.needs.iter().any(is_missing) {
                let detail = "The operation refers to a bulkId whose resource was not created.";
                return Err(Error::conflict(detail));
            }
            let change = step.change.as_ref().map_err(|error| Error::from(error.clone()))?;
            let context = Context { conditions: step.conditions.clone(), ..context(item) };
            match change {
                Change::Create(create) => linking.push((*place, create, create.begin(tx, scope, &context)?, context)),
                Change::Replace(replace) => {
                    let answer = replace.run(tx, scope, &context)?;
                    done.push((*place, Done::of(replace.kind(), answer.id)));
                }
                Change::Modify(modify) => {
                    let answer = modify.run(tx, scope, &context)?.answer;
                    done.push((*place, Done::of(modify.kind(), answer.id)));
                }
                Change::Delete(delete) => {
                    let id = delete.run(tx, scope, &context)?;
                    done.push((*place, Done::of(delete.kind(), id)));
                }
            }
        }
        for (place, create, begun, context) in linking {
            let answer = create.finish(tx, scope, begun, &context)?;
            done.push((place, Done::of(create.kind(), answer.id)));
        }
        Ok(done)
    }
}

impl Done {
    fn of(kind: &Arc<Kind>, id: Id) -> Self {
        Self { id, kind: Arc::clone(kind), version: None }
    }
}

/// The version of a resource; `None` if there is none.
fn version(rows: &impl Rows, scope: Scope, kind: &Kind, id: Id) -> Result<Option<String>> {
    let Some(json) = rows.get(&layout::resource(scope.connection, kind.number, id))? else { return Ok(None) };
    Ok(Some(Answer::read(rows, scope, kind, (id, json), Wanted { links: false, version: true })?.version()))
}

impl Progress {
    /// Says of every operation that was not tried that it failed so: for a commit that failed.
    pub fn fail_rest(&mut self, operations: usize, error: &doorlist_scim::Error) {
        for place in 0..operations {
            self.outcomes.entry(place).or_insert_with(|| Err(error.clone()));
        }
    }
}

/// What an operation comes to, with ids in the place of references.
fn change(operation: &BulkOperation, catalog: &Catalog, ids: &HashMap<String, String>) -> Result<Change, doorlist_scim::Error> {
    let mut operation = operation.clone();
    operation.resolve(ids)?;
    let kind = catalog.kinds().iter().find(|kind| kind.scim.endpoint == operation.resource_type.endpoint).cloned();
    let missing = || doorlist_scim::Error::new(ErrorKind::NotFound, "There is no such endpoint.");
    let kind = kind.ok_or_else(missing)?;
    let id = operation.id.clone().unwrap_or_default();
    match operation.method {
        BulkMethod::Post => {
            let id = operation.bulk_id.as_ref().and_then(|bulk_id| ids.get(bulk_id)).and_then(|id| id.parse().ok());
            Create::parse(kind, &operation.data).map(|create| Change::Create(create.with_id(id))).map_err(|error| error.to_scim())
        }
        BulkMethod::Put => Ok(Change::Replace(Replace::new(kind, &id, operation.data))),
        BulkMethod::Patch => Modify::parse(kind, &id, &operation.data).map(Change::Modify).map_err(|error| error.to_scim()),
        BulkMethod::Delete => Ok(Change::Delete(Delete::new(kind, &id))),
    }
}
