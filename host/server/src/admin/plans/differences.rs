//! Looking at the differences of a plan.

use super::row;
use crate::directory::SubjectKind;
use crate::directory::plan::Difference;
use crate::error::{Error, Kind, Result};
use crate::id::Id;
use crate::limits::{PLAN_PART_DIFFERENCES, PLAN_PARTS_LOOKED_MAX};
use crate::store::{Rows, layout};

/// Which differences are asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only those of this kind of change, as documents name it.
    pub change: Option<String>,
    /// Only those that this policy makes.
    pub policy: Option<String>,
    /// Only those about a member or group with this in its name, without regard to case, or with this id.
    pub subject: Option<String>,
    /// Only those about members, or about groups.
    pub kind: Option<SubjectKind>,
}

impl Asked {
    fn wants(&self, difference: &Difference) -> bool {
        let of_subject = |text: &String| {
            let id = |id: Id| id.to_string() == *text;
            let contains = || difference.name.to_lowercase().contains(&text.to_lowercase());
            id(difference.id) || difference.scim_id.is_some_and(id) || contains()
        };
        let policy = difference.reason.as_ref().and_then(|reason| reason.policy.as_ref());
        self.change.as_ref().is_none_or(|change| difference.change.name() == change)
            && self.kind.is_none_or(|kind| difference.kind == kind)
            && self.policy.as_ref().is_none_or(|wanted| policy == Some(wanted))
            && self.subject.as_ref().is_none_or(of_subject)
    }
}

/// At most `limit` differences of a plan behind the first `after`, and behind how many of them the next page starts, if there may be more. A page ends early
/// when it has looked at much.
///
/// # Errors
/// 404 if there is no such plan; that they are gone if they are no longer kept.
pub fn differences(rows: &impl Rows, plan: Id, asked: &Asked, after: u64, limit: usize) -> Result<(Vec<Difference>, Option<u64>)> {
    let row = row(rows, plan)?;
    if !row.plan.differences_kept {
        return Err(Error::of(Kind::Gone, "This plan was applied long ago, and its differences are no longer kept. Its summary is."));
    }
    let size = PLAN_PART_DIFFERENCES as u64;
    let (mut found, mut place) = (Vec::new(), after);
    for _ in 0..PLAN_PARTS_LOOKED_MAX {
        let (part, skipped) = (place / size, place % size);
        let Some(part) = u32::try_from(part).ok().filter(|part| *part < row.parts) else { return Ok((found, None)) };
        let differences: Option<Vec<Difference>> = rows.json(&layout::plan_part(plan, part))?;
        let differences = differences.ok_or_else(|| Error::internal(format!("part {part} of plan {plan} is not there")))?;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        for difference in differences.into_iter().skip(skipped) {
            place += 1;
            if asked.wants(&difference) {
                found.push(difference);
                if found.len() == limit {
                    return Ok((found, (place < row.plan.differences).then_some(place)));
                }
            }
        }
        if place >= row.plan.differences {
            return Ok((found, None));
        }
    }
    Ok((found, Some(place)))
}
