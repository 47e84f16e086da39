//! What a tenant lets go at a time: the settings of the guard against mass removals.
//!
//! Stored is only what was said, so that what was not follows the defaults of later releases. Knows nothing of how the guard counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::Problems;
use crate::limits::{
    GUARD_COUNT_DEFAULT, GUARD_COUNT_MAX, GUARD_SHARE_PERCENT_DEFAULT, GUARD_WINDOW_SECONDS_DEFAULT, GUARD_WINDOW_SECONDS_MAX,
    GUARD_WINDOW_SECONDS_MIN,
};

/// How many members may be removed or suspended within a window, by identity providers and policies together, before further ones are held until an
/// operator decides: as many as `count` says, or as `sharePercent` of the synced members makes, whichever is more. What is absent is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Guard {
    /// Whether anybody is held at all. Who is held already stays held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = true))]
    pub enabled: Option<bool>,
    /// Members that may go in any case. With 0 here and in `sharePercent` everybody is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = GUARD_COUNT_MAX), extend("default" = GUARD_COUNT_DEFAULT))]
    pub count: Option<u64>,
    /// Of a hundred synced members that there were when the window began, how many may go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100), extend("default" = GUARD_SHARE_PERCENT_DEFAULT))]
    pub share_percent: Option<u64>,
    /// Seconds that the window reaches back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = GUARD_WINDOW_SECONDS_MIN, max = GUARD_WINDOW_SECONDS_MAX), extend("default" = GUARD_WINDOW_SECONDS_DEFAULT))]
    pub window_seconds: Option<u64>,
}

impl Guard {
    /// A problem below `pointer` for each value out of its range.
    pub(super) fn check(&self, pointer: &str, problems: &mut Problems) {
        let bounds = [
            ("count", self.count, 0, GUARD_COUNT_MAX),
            ("sharePercent", self.share_percent, 0, 100),
            ("windowSeconds", self.window_seconds, GUARD_WINDOW_SECONDS_MIN, GUARD_WINDOW_SECONDS_MAX),
        ];
        for (name, said, least, most) in bounds {
            if said.is_some_and(|said| !(least..=most).contains(&said)) {
                problems.add(format!("{pointer}/{name}"), format!("This has to be between {least} and {most}."));
            }
        }
    }

    /// Whether anybody is held at all.
    pub fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// How many may go within a window that began with `members` synced ones.
    pub fn allowed(&self, members: u64) -> u64 {
        let share = members.saturating_mul(self.share_percent.unwrap_or(GUARD_SHARE_PERCENT_DEFAULT)) / 100;
        share.max(self.count.unwrap_or(GUARD_COUNT_DEFAULT))
    }

    /// Seconds that the window reaches back.
    pub fn window_seconds(&self) -> u64 {
        self.window_seconds.unwrap_or(GUARD_WINDOW_SECONDS_DEFAULT).min(GUARD_WINDOW_SECONDS_MAX)
    }

    /// The same in milliseconds.
    pub fn window_ms(&self) -> i64 {
        i64::try_from(self.window_seconds().saturating_mul(1_000)).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_count_and_share_may_go() {
        let guard = Guard::default();
        assert_eq!([0, 10, 200, 209, 210, 1_000].map(|members| guard.allowed(members)), [20, 20, 20, 20, 21, 100]);
        let guard = Guard { count: Some(0), share_percent: Some(0), ..Guard::default() };
        assert_eq!(guard.allowed(1_000_000), 0);
        let guard = Guard { count: Some(3), share_percent: Some(100), ..Guard::default() };
        assert_eq!((guard.allowed(0), guard.allowed(7), guard.allowed(u64::MAX)), (3, 7, u64::MAX / 100));
    }

    /// The JSON Schema says the same.
    #[test]
    fn the_json_schema_has_the_bounds() {
        let schema = schemars::schema_for!(Guard).to_value();
        for (name, least, most) in
            [("count", 0, GUARD_COUNT_MAX), ("sharePercent", 0, 100), ("windowSeconds", GUARD_WINDOW_SECONDS_MIN, GUARD_WINDOW_SECONDS_MAX)]
        {
            let said = |word: &str| schema["properties"][name][word].as_u64();
            assert_eq!((said("minimum"), said("maximum")), (Some(least), Some(most)), "{name}");
            for (value, acceptable) in [(least, true), (most, true), (most + 1, false)] {
                let guard: Guard = serde_json::from_value(serde_json::json!({name: value})).unwrap();
                let mut problems = Problems::default();
                guard.check("/guard", &mut problems);
                assert_eq!(problems.finish().is_ok(), acceptable, "{name} {value}");
            }
        }
        assert_eq!(serde_json::to_value(Guard::default()).unwrap(), serde_json::json!({}), "what was not said is not stored");
    }
}
