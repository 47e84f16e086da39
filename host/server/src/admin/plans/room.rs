//! Which plans stay: those of which a pipeline revision came as long as that one, since history names them, and of the others the newest.
//!
//! Knows nothing of what a plan says.

use std::ops::ControlFlow;

use serde::Deserialize;

use super::Row;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{PIPELINE_REVISIONS_MAX, PLAN_DIFFERENCES_KEPT_MAX, PLAN_PARTS_PER_WRITE_MAX, PLANS_MAX};
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Range, Rows, Tenant, Tx, from_json};

/// Of a plan's row, what this is about.
#[derive(Deserialize)]
struct Kept {
    plan: KeptPlan,
    parts: u32,
    #[serde(default)]
    made: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptPlan {
    id: Id,
    differences: u64,
    applied: Option<u64>,
}

/// What has to go before another plan comes.
#[derive(Clone, Copy)]
enum Surplus {
    /// All of a plan.
    Plan(Id),
    /// Its differences.
    Differences(Id),
}

/// Deletes what is too much, a few rows at a time, until there is room for another plan.
pub(super) fn make(tenant: &Tenant) -> Result<()> {
    while let Some(surplus) = tenant.read(surplus)? {
        tenant.write(move |tx| match surplus {
            Surplus::Plan(id) => forget(tx, id),
            Surplus::Differences(id) => forget_differences(tx, id),
        })?;
    }
    Ok(())
}

/// Deletes some of a plan's parts, and gives whether none is left.
fn delete_parts(tx: &mut Tx<'_>, id: Id) -> Result<bool> {
    Ok(tx.delete_range(&Range::under(layout::plan_parts(id)), PLAN_PARTS_PER_WRITE_MAX)? < PLAN_PARTS_PER_WRITE_MAX)
}

/// Deletes some of a plan, and at last its row. From the beginning on nobody is shown it.
fn forget(tx: &mut Tx<'_>, id: Id) -> Result<()> {
    let key = layout::plan(id);
    if delete_parts(tx, id)? {
        tx.delete(&key);
    } else if let Some(row) = tx.json::<Row>(&key)? {
        tx.put_json(&key, &Row { complete: false, ..row })?;
    }
    Ok(())
}

/// Deletes some of a plan's differences. From the first of them on nobody is shown any.
fn forget_differences(tx: &mut Tx<'_>, id: Id) -> Result<()> {
    let none_left = delete_parts(tx, id)?;
    let Some(mut row) = tx.json::<Row>(&layout::plan(id))? else { return Ok(()) };
    row.plan.differences_kept = false;
    if none_left {
        row.parts = 0;
    }
    tx.put_json(&layout::plan(id), &row)
}

fn surplus(rows: &impl Rows) -> Result<Option<Surplus>> {
    let mut kept = Vec::new();
    rows.each(&Range::under(layout::plans()), &mut |_, value| {
        kept.push(from_json::<Kept>(value));
        ControlFlow::Continue(())
    })?;
    let kept = kept.into_iter().collect::<Result<Vec<Kept>>>()?;
    let newest = rows.number(&layout::counter(Counter::Pipeline))?;
    let (made, others): (Vec<&Kept>, Vec<&Kept>) = kept.iter().partition(|plan| plan.made);
    let is_forgotten = |plan: &&&Kept| plan.plan.applied.is_none_or(|revision| revision + PIPELINE_REVISIONS_MAX <= newest);
    let oldest = others.first().filter(|_| others.len() >= PLANS_MAX);
    if let Some(plan) = made.iter().find(is_forgotten).or(oldest) {
        return Ok(Some(Surplus::Plan(plan.plan.id)));
    }
    // The newest keeps its own, however many they are.
    let mut differences = 0;
    for plan in made.iter().rev() {
        if differences > 0 && differences + plan.plan.differences > PLAN_DIFFERENCES_KEPT_MAX && plan.parts > 0 {
            return Ok(Some(Surplus::Differences(plan.plan.id)));
        }
        differences += plan.plan.differences;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::Store;

    /// Ids by number, so that they lie as they came.
    fn id(number: u8) -> Id {
        let mut bytes = [0; 16];
        bytes[15] = number;
        Id::from_bytes(bytes)
    }

    /// A plan's row; with `revision`, of one of which that came.
    fn row(number: u8, revision: Option<u64>, differences: u64) -> serde_json::Value {
        let plan = json!({"id": id(number), "created": "2026-01-01T00:00:00Z", "actor": {"kind": "system"}, "pipelineRevision": 0, "lastEvent": 0,
            "subjects": 0, "differences": differences, "counts": {}, "removals": 0, "removalsAllowed": 0, "byPolicy": [], "summary": [], "applied": revision});
        let base = json!({"pipelineRevision": 0, "lastEvent": 0, "inventory": 0, "walks": 0});
        json!({"plan": plan, "base": base, "parts": 6, "complete": true, "made": revision.is_some()})
    }

    /// Puts rows and six parts of each, makes room, and gives which plans are left and how many parts of each.
    fn left(newest: u64, rows: Vec<serde_json::Value>) -> Vec<(u8, usize, bool)> {
        let tenant = Store::in_memory().unwrap().tenant(1);
        let written = tenant.write(move |tx| {
            tx.put(&layout::counter(Counter::Pipeline), newest.to_be_bytes().to_vec());
            for row in &rows {
                let id: Id = row["plan"]["id"].as_str().unwrap().parse().unwrap();
                tx.put_json(&layout::plan(id), row)?;
                (0..6).for_each(|part| tx.put(&layout::plan_part(id, part), b"[]".to_vec()));
            }
            Ok(())
        });
        written.unwrap();
        make(&tenant).unwrap();
        let shown = tenant.read(|rows| {
            let mut found = Vec::new();
            for number in 0..=u8::MAX {
                let parts = rows.count(&Range::under(layout::plan_parts(id(number))), usize::MAX)?;
                let row: Option<Row> = rows.json(&layout::plan(id(number)))?;
                found.extend(row.map(|row| (number, parts, row.plan.differences_kept)));
            }
            Ok(found)
        });
        shown.unwrap()
    }

    #[test]
    fn the_oldest_go_of_which_no_revision_came() {
        let rows = (0..30).map(|number| row(number, (number < 5).then_some(u64::from(number) + 1), 7)).collect();
        // One fewer than may be, so that there is room.
        let expected: Vec<(u8, usize, bool)> = (0..5).chain(11..30).map(|number| (number, 6, true)).collect();
        assert_eq!(left(5, rows), expected);
    }

    #[test]
    fn a_plan_goes_with_its_revision() {
        let rows = vec![row(0, Some(1), 7), row(1, Some(2), 7), row(2, None, 7)];
        assert_eq!(left(1_000, rows.clone()), [(0, 6, true), (1, 6, true), (2, 6, true)]);
        assert_eq!(left(1_001, rows), [(1, 6, true), (2, 6, true)]);
    }

    #[test]
    fn differences_of_old_plans_go_before_their_summary() {
        let most = PLAN_DIFFERENCES_KEPT_MAX;
        let rows = vec![row(0, Some(1), 1), row(1, Some(2), most - 10), row(2, Some(3), 10)];
        assert_eq!(left(3, rows), [(0, 0, false), (1, 6, true), (2, 6, true)]);
        assert_eq!(left(3, vec![row(0, Some(1), 1), row(1, Some(2), most + 1)]), [(0, 0, false), (1, 6, true)]);
    }
}
