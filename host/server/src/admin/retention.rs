//! How long a tenant keeps its activity and its events: the setting, what is past its time by it, and that going.
//!
//! Stored is only what was said, as of the guard. Knows nothing of what an entry or an event tells. Answers leave out what is past its time whether or not it
//! has gone yet: see [`Kept`](crate::directory::Kept).

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::Problems;
use super::tenants;
use crate::activity;
use crate::clock::Timestamp;
use crate::directory;
use crate::error::{Error, Result};
use crate::limits::{EXPIRED_PER_WRITE_MAX, RETENTION_DAYS_MAX, RETENTION_DAYS_MIN};
use crate::store::{PartitionNumber, Range, Rows, Store, from_json, layout};

/// What a day has of them.
const MILLIS_OF_DAY: i64 = 86_400_000;

/// For how many days what happened is kept, at the most. What is absent or null does not go by its age. Beside that only the newest entries and events are kept, up to a
/// number of each, whatever stands here. What is older is no longer shown, and is deleted within the hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retention {
    /// Days for which an entry of the activity is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = RETENTION_DAYS_MIN, max = RETENTION_DAYS_MAX))]
    pub activity_days: Option<u64>,
    /// Days for which an event of the directory is kept, and with it what was before it: the history of members and groups, and the directory as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = RETENTION_DAYS_MIN, max = RETENTION_DAYS_MAX))]
    pub event_days: Option<u64>,
}

impl Retention {
    /// A problem below `pointer` for each value out of its range.
    pub(super) fn check(&self, pointer: &str, problems: &mut Problems) {
        for (name, said) in [("activityDays", self.activity_days), ("eventDays", self.event_days)] {
            if said.is_some_and(|said| !(RETENTION_DAYS_MIN..=RETENTION_DAYS_MAX).contains(&said)) {
                problems.add(format!("{pointer}/{name}"), format!("This has to be between {RETENTION_DAYS_MIN} and {RETENTION_DAYS_MAX}."));
            }
        }
    }

    /// Whether anything goes by its age.
    pub fn is_set(&self) -> bool {
        *self != Self::default()
    }

    /// The time before which entries of the activity are past theirs; `None` if none goes by its age.
    pub fn activity_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.activity_days.map(|days| since(days, now))
    }

    /// The time before which events are past theirs; `None` if none goes by its age.
    pub fn events_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.event_days.map(|days| since(days, now))
    }
}

fn since(days: u64, now: Timestamp) -> Timestamp {
    let days = i64::try_from(days.clamp(RETENTION_DAYS_MIN, RETENTION_DAYS_MAX)).unwrap_or(i64::MAX);
    now.plus_millis(days.saturating_mul(-MILLIS_OF_DAY))
}

/// What entries and events have in common.
#[derive(Deserialize)]
struct Written {
    sequence: u64,
    at: Timestamp,
}

/// When a stored entry or event was written.
///
/// # Errors
/// Only if the file says something that this version never wrote.
pub fn written_at(value: &[u8]) -> Result<Timestamp> {
    from_json::<Written>(value).map(|written| written.at)
}

/// The last of the entries or events in `range`, in their order, up to which they are past their time: written before `since`. Its number, and when it was written; `None` if
/// none is. Looks at `most` of them.
///
/// It ends at the first that is younger, whatever is behind it: clocks go back, and one that once stood wrong must take nothing along that is to be kept. Only of
/// what came at a time that is still to come nothing can be said but by what is behind it.
///
/// # Errors
/// If the disk refuses.
pub fn expired(rows: &impl Rows, range: &Range, (since, now): (Timestamp, Timestamp), most: usize) -> Result<Option<(u64, Timestamp)>> {
    let (mut last, mut found, mut outcome) = (None, 0, Ok(()));
    rows.each(range, &mut |_, value| {
        match from_json::<Written>(value) {
            Ok(written) if written.at < since => {
                last = Some((written.sequence, written.at));
                found += 1;
            }
            Ok(written) if written.at > now => {}
            Ok(_) => return ControlFlow::Break(()),
            Err(error) => {
                outcome = Err(error);
                return ControlFlow::Break(());
            }
        }
        if found < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome.map(|()| last)
}

/// Deletes some of what is past its time, and says whether there may be more of it. To be called again until there is not.
///
/// What goes is found in a snapshot, so that the writer looks for nothing. It may be done again, or end anywhere: numbers are given once, what has one keeps its time,
/// and what is gone already is left alone. Nothing goes by a setting that has changed since.
///
/// # Errors
/// If the disk refuses; it can be called again.
pub(super) fn delete_step(store: &Store, number: PartitionNumber, now: Timestamp) -> Result<bool> {
    delete_some(store, number, now, EXPIRED_PER_WRITE_MAX)
}

fn delete_some(store: &Store, number: PartitionNumber, now: Timestamp, most: usize) -> Result<bool> {
    let tenant = store.tenant(number);
    let (retention, entries, events) = tenant.read(|rows| {
        let retention = tenants::at(rows, number)?.map(|tenant| tenant.retention).unwrap_or_default();
        let until = |range: &Range, since: Option<Timestamp>| match since {
            Some(since) => Ok(expired(rows, range, (since, now), most)?.map_or(0, |(number, _)| number)),
            None => Ok::<u64, Error>(0),
        };
        let entries = until(&Range::under(layout::activities()), retention.activity_since(now))?;
        let events = until(&Range::under(layout::events()), retention.events_since(now))?;
        Ok((retention, entries, events))
    })?;
    if entries == 0 && events == 0 {
        return Ok(false);
    }
    tenant.write(move |tx| {
        if tenants::at(tx, number)?.is_some_and(|tenant| tenant.retention == retention) {
            activity::forget(tx, entries, most)?;
            directory::forget_events(tx, events, most)?;
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::activity::Entry;
    use crate::admin::keys::{Role, Scope};
    use crate::admin::tenants::TenantPatch;
    use crate::directory::{Group, Kept, Moment, Occasion, Past};
    use crate::id::Id;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// The JSON Schema says the same.
    #[test]
    fn the_json_schema_has_the_bounds() {
        let schema = schemars::schema_for!(Retention).to_value();
        for name in ["activityDays", "eventDays"] {
            let said = |word: &str| schema["properties"][name][word].as_u64();
            assert_eq!((said("minimum"), said("maximum")), (Some(RETENTION_DAYS_MIN), Some(RETENTION_DAYS_MAX)), "{name}");
            for (value, acceptable) in
                [(RETENTION_DAYS_MIN - 1, false), (RETENTION_DAYS_MIN, true), (RETENTION_DAYS_MAX, true), (RETENTION_DAYS_MAX + 1, false)]
            {
                let retention: Retention = serde_json::from_value(json!({name: value})).unwrap();
                let mut problems = Problems::default();
                retention.check("/retention", &mut problems);
                assert_eq!(problems.finish().is_ok(), acceptable, "{name} {value}");
            }
        }
        let nothing: Retention = serde_json::from_value(json!({"activityDays": null})).unwrap();
        assert!(!nothing.is_set());
        assert_eq!(serde_json::to_value(nothing).unwrap(), json!({}), "what was not said is not stored");
    }

    #[test]
    fn days_are_counted_back_to_the_millisecond() {
        let retention = Retention { activity_days: Some(1), event_days: Some(3_650) };
        assert_eq!(retention.activity_since(NOW), Some(NOW.plus_millis(-86_400_000)));
        assert_eq!(retention.events_since(NOW), Some(NOW.plus_millis(-3_650 * 86_400_000)));
        assert_eq!((Retention::default().activity_since(NOW), Retention::default().events_since(NOW)), (None, None));
    }

    /// What a tenant has kept: numbers of entries and of events, what is told behind events, and the directory's groups behind each number.
    type Held = (Vec<u64>, Vec<u64>, Vec<Option<Vec<u64>>>, Vec<Option<Vec<Id>>>);

    fn held(rows: &impl Rows, now: Timestamp, newest: u64) -> Result<Held> {
        let numbers = |range: &Range| {
            let mut numbers = Vec::new();
            rows.each_json(range, &mut |written: Written| {
                numbers.push(written.sequence);
                ControlFlow::Continue(())
            })?;
            Ok::<_, Error>(numbers)
        };
        let told = |after| Some(directory::events_after(rows, after, 1_000).ok()?.items.iter().map(|event| event.sequence).collect());
        let was = |sequence| {
            let groups: Vec<Group> = Past::at(rows, Moment::Sequence(sequence), now).ok()?.list(rows, None, 1_000).unwrap();
            Some(groups.into_iter().map(|group| group.id).collect())
        };
        let (entries, events) = (numbers(&Range::under(layout::activities()))?, numbers(&Range::under(layout::events()))?);
        Ok((entries, events, (0..=newest).map(told).collect(), (0..=newest).map(was).collect()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        /// However the clock went while things happened and is read later, whatever goes is older than is kept, or came from a time that was still to come; and before
        /// it goes, answers say what they say behind it.
        #[test]
        fn nothing_that_is_younger_goes(
            hours in prop::collection::vec(-20 * 24..48_i64, 1..24),
            days in (1..20_u64, 1..20_u64),
            looks in prop::collection::vec(-48..30 * 24_i64, 1..4),
            most in 1..6_usize,
        ) {
            let store = Store::in_memory().unwrap();
            let at = |hours: i64| NOW.plus_millis(hours * 3_600_000);
            let id = Id::new(NOW);
            let retention = Retention { activity_days: Some(days.0), event_days: Some(days.1) };
            store.installation().write(move |tx| {
                tenants::create(tx, id, &serde_json::from_value(json!({"name": "Test"})).unwrap(), NOW)?;
                let patch = TenantPatch { retention: Some(retention), ..TenantPatch::default() };
                tenants::patch(tx, id, &patch, (Role::Owner, Scope::Root))
            }).unwrap();
            let tenant = store.tenant(1);
            let mut last = None;
            for (place, hours) in hours.iter().enumerate() {
                let (when, gone) = (Occasion { at: at(*hours), activity: None }, last.filter(|_| place % 3 == 2));
                last = tenant.write(move |tx| {
                    activity::record(tx, &Entry::of_system(when.at, "something"))?;
                    match gone {
                        Some(group) => directory::delete_group(tx, group, when).map(|()| None),
                        None => directory::create_group(tx, Id::new(when.at), &format!("Group {place}"), when).map(|group| Some(group.id)),
                    }
                }).unwrap();
            }
            let newest = hours.len() as u64;
            let all: Vec<u64> = (1..=newest).collect();
            let mut left = (all.clone(), all);
            for look in looks {
                let now = at(look);
                let shown = tenant.read(|rows| held(&Kept::of(rows, &retention, now)?, now, newest)).unwrap();
                let mut steps = 0;
                while delete_some(&store, 1, now, most).unwrap() {
                    steps += 1;
                    prop_assert!(steps < 1_000, "it comes to an end");
                }
                let found = tenant.read(|rows| held(rows, now, newest)).unwrap();
                for (before, after, days) in [(&left.0, &found.0, days.0), (&left.1, &found.1, days.1)] {
                    let since = now.plus_millis(-(i64::try_from(days).unwrap() * MILLIS_OF_DAY));
                    prop_assert!(before.ends_with(after), "the oldest go: {before:?} {after:?}");
                    for number in before.iter().filter(|number| !after.contains(number)) {
                        let written = at(hours[usize::try_from(*number).unwrap() - 1]);
                        prop_assert!(written < since || written > now, "{number} goes at {now}, although it came at {written}");
                    }
                    let oldest = after.iter().map(|number| at(hours[usize::try_from(*number).unwrap() - 1])).find(|written| *written <= now);
                    prop_assert!(oldest.is_none_or(|written| written >= since), "what is past its time goes");
                }
                // Of the activity each entry is looked at by itself, and one from a time to come is shown while it is there.
                let has_been = |number: &&u64| at(hours[usize::try_from(**number).unwrap() - 1]) <= now;
                prop_assert!(shown.0.iter().filter(has_been).all(|number| found.0.contains(number)));
                prop_assert_eq!((&shown.1, &shown.2, &shown.3), (&found.1, &found.2, &found.3));
                left = (found.0, found.1);
            }
        }
    }

    /// Rows that are older than `0`, and the number up to which they are past their time.
    #[test]
    fn what_is_past_its_time_ends_at_the_first_that_is_younger() {
        let cases: [(&[i64], u64); 9] = [
            (&[], 0),
            (&[-2, -1], 2),
            (&[0], 0),
            (&[-1, 0, -1], 1),
            (&[0, -1], 0),
            // From a clock that stood wrong: the rows behind say how old it is.
            (&[-1, 500, -1, 0], 3),
            (&[-1, 500, 0], 1),
            (&[500, 500], 0),
            (&[100, -1], 0),
        ];
        for (times, expected) in cases {
            let store = Store::in_memory().unwrap();
            let rows: Vec<_> = (1_u64..).zip(times.iter().map(|time| NOW.plus_millis(*time))).collect();
            let until = store.tenant(1).write(move |tx| {
                for (sequence, at) in &rows {
                    tx.put_json(&layout::event(*sequence), &json!({"sequence": sequence, "at": at, "type": "other"}))?;
                }
                let until = |most| {
                    let last = expired(&*tx, &Range::under(layout::events()), (NOW, NOW.plus_millis(100)), most)?;
                    assert!(last.is_none_or(|(number, at)| rows.contains(&(number, at)) && at < NOW));
                    Ok::<_, Error>(last.map_or(0, |(number, _)| number))
                };
                Ok((until(100)?, until(1)?))
            });
            assert_eq!(until.unwrap(), (expected, expected.min(1)), "{times:?}");
        }
    }
}
