//! In which order the operations of a bulk request can be carried out.
//!
//! Strongly connected components after Tarjan, without recursion: a request may refer through all of
//! its operations, one after the other.

use std::collections::HashMap;

use super::{BulkItem, BulkMethod, BulkOperation};

/// The groups of operations in the order in which to carry them out; see
/// [`BulkRequest::order`](super::BulkRequest::order). Linear in operations and references.
pub(super) fn order(items: &[BulkItem]) -> Vec<Vec<usize>> {
    let needs = needs(items);
    let mut walk = Walk {
        needs: &needs,
        marks: vec![Mark::New; items.len()],
        path: Vec::new(),
        open: Vec::new(),
        entered: 0,
        groups: Vec::with_capacity(items.len()),
    };
    (0..items.len()).for_each(|item| walk.from(item));
    walk.groups
}

/// For each operation the POSTs it refers to, in the client's order.
fn needs(items: &[BulkItem]) -> Vec<Vec<usize>> {
    let operations = || items.iter().enumerate().map(|(at, item)| (at, item.operation.as_ref().ok()));
    let defined: HashMap<&str, usize> = operations()
        .filter_map(|(at, operation)| {
            let operation = operation.filter(|operation| operation.method == BulkMethod::Post)?;
            Some((operation.bulk_id.as_deref()?, at))
        })
        .collect();
    operations()
        .map(|(_, operation)| {
            let references = operation.map(BulkOperation::references).unwrap_or_default();
            let mut needs: Vec<usize> = references.into_iter().filter_map(|reference| defined.get(reference).copied()).collect();
            needs.sort_unstable();
            needs
        })
        .collect()
}

/// How far the walk is with one operation.
#[derive(Clone, Copy)]
enum Mark {
    New,
    /// Entered as number `number`, and leads back to what was entered as number `low`.
    Open {
        number: usize,
        low: usize,
    },
    Done,
}

/// A depth-first walk along the references.
struct Walk<'a> {
    needs: &'a [Vec<usize>],
    marks: Vec<Mark>,
    /// From the operation the walk started at to the present one, each with how many of its needs
    /// have been looked at.
    path: Vec<(usize, usize)>,
    /// What has been entered and belongs to no group yet.
    open: Vec<usize>,
    entered: usize,
    groups: Vec<Vec<usize>>,
}

impl Walk<'_> {
    fn from(&mut self, start: usize) {
        if let Some(Mark::New) = self.marks.get(start) {
            self.enter(start);
        }
        while let Some((item, looked_at)) = self.path.last_mut() {
            let item = *item;
            let Some(need) = self.needs.get(item).and_then(|needs| needs.get(*looked_at)).copied() else {
                self.path.pop();
                self.leave(item);
                continue;
            };
            *looked_at += 1;
            match self.marks.get(need).copied() {
                Some(Mark::New) => self.enter(need),
                Some(Mark::Open { number, .. }) => self.leads_back(item, number),
                Some(Mark::Done) | None => {}
            }
        }
    }

    fn enter(&mut self, item: usize) {
        if let Some(mark) = self.marks.get_mut(item) {
            *mark = Mark::Open { number: self.entered, low: self.entered };
        }
        self.entered += 1;
        self.open.push(item);
        self.path.push((item, 0));
    }

    fn leads_back(&mut self, item: usize, to: usize) {
        if let Some(Mark::Open { low, .. }) = self.marks.get_mut(item) {
            *low = to.min(*low);
        }
    }

    fn leave(&mut self, item: usize) {
        let Some(Mark::Open { number, low }) = self.marks.get(item).copied() else {
            return;
        };
        if let Some((before, _)) = self.path.last().copied() {
            self.leads_back(before, low);
        }
        if low < number {
            return;
        }
        let mut group = Vec::new();
        while let Some(member) = self.open.pop() {
            if let Some(mark) = self.marks.get_mut(member) {
                *mark = Mark::Done;
            }
            group.push(member);
            if member == item {
                break;
            }
        }
        group.sort_unstable();
        self.groups.push(group);
    }
}
