//! What an operator allows the plugins of a tenant: everything that [`CallLimits`] and [`LoadLimits`] bound, and how many there may be.
//!
//! Stored is only what was said, so that what was not follows the defaults of later releases. Knows nothing of how a bound is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::name::Problems;
use crate::limits::PLUGINS_MAX;
use crate::policy::limits::{
    ANSWER_BYTES_MAX, ANSWER_BYTES_MIN, COMPILE_MS_MIN, CONFIGURE_MS_MAX, CORE_INSTANCES_MAX, LOG_BYTES_MAX, MEMORY_BYTES_MAX,
    PROJECT_MS_MAX, TABLE_ELEMENTS_MAX, TICK_MS,
};
use crate::policy::{CallLimits, LoadLimits, Tier};

/// What the tiers allow.
const SMALL: LoadLimits = LoadLimits::of(Tier::Small);
const LARGE: LoadLimits = LoadLimits::of(Tier::Large);

/// One page of WebAssembly's memory.
const PAGE_BYTES: u64 = 64 << 10;

/// What the plugins of a tenant may cost. What is absent is the default, which is the most there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PluginLimits {
    /// How large a plugin may be, in every respect.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "small"))]
    pub tier: Option<PluginTier>,
    /// How many plugin revisions there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = PLUGINS_MAX), extend("default" = PLUGINS_MAX))]
    pub revisions: Option<u64>,
    /// Milliseconds of processor time that compiling one may take. The large tier has twelve times as many by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = COMPILE_MS_MIN, max = LARGE.compile_ms), extend("default" = SMALL.compile_ms))]
    pub compile_ms: Option<u64>,
    /// Bytes of machine code that one may have. The large tier has four times as many by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = PAGE_BYTES, max = LARGE.compiled_bytes), extend("default" = SMALL.compiled_bytes))]
    pub compiled_bytes: Option<u64>,
    /// Milliseconds that a plugin has for one user or group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = TICK_MS, max = PROJECT_MS_MAX), extend("default" = PROJECT_MS_MAX))]
    pub project_ms: Option<u64>,
    /// Milliseconds that it has to take its settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = TICK_MS, max = CONFIGURE_MS_MAX), extend("default" = CONFIGURE_MS_MAX))]
    pub configure_ms: Option<u64>,
    /// Bytes of memory that an instance of it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = PAGE_BYTES, max = MEMORY_BYTES_MAX), extend("default" = MEMORY_BYTES_MAX))]
    pub memory_bytes: Option<u64>,
    /// Elements that a table of it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = TABLE_ELEMENTS_MAX), extend("default" = TABLE_ELEMENTS_MAX))]
    pub table_elements: Option<u64>,
    /// Core instances that an instance of it may consist of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = CORE_INSTANCES_MAX), extend("default" = CORE_INSTANCES_MAX))]
    pub instances: Option<u64>,
    /// Bytes that one answer may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = ANSWER_BYTES_MIN, max = ANSWER_BYTES_MAX), extend("default" = ANSWER_BYTES_MAX))]
    pub answer_bytes: Option<u64>,
    /// Bytes that are kept of what it prints about one user or group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = LOG_BYTES_MAX), extend("default" = LOG_BYTES_MAX))]
    pub log_bytes: Option<u64>,
}

/// How large a plugin may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PluginTier {
    /// For compiled languages, and JavaScript on QuickJS.
    #[default]
    Small,
    /// For Python, and JavaScript on SpiderMonkey.
    Large,
}

impl From<PluginTier> for Tier {
    fn from(tier: PluginTier) -> Self {
        match tier {
            PluginTier::Small => Self::Small,
            PluginTier::Large => Self::Large,
        }
    }
}

/// A bound: its name, what was said of it, the least that leaves a plugin able to run at all, and the default.
struct Bound {
    name: &'static str,
    said: Option<u64>,
    least: u64,
    most: u64,
}

impl Bound {
    fn value(&self) -> u64 {
        self.said.unwrap_or(self.most)
    }
}

impl PluginLimits {
    fn bounds(&self) -> [Bound; 10] {
        let (call, load) = (CallLimits::default(), LoadLimits::of(self.tier().into()));
        let bound = |name, said, least, most| Bound { name, said, least, most };
        [
            bound("revisions", self.revisions, 0, PLUGINS_MAX as u64),
            bound("compileMs", self.compile_ms, COMPILE_MS_MIN, load.compile_ms),
            bound("compiledBytes", self.compiled_bytes, PAGE_BYTES, load.compiled_bytes as u64),
            bound("projectMs", self.project_ms, TICK_MS, call.project_ms),
            bound("configureMs", self.configure_ms, TICK_MS, call.configure_ms),
            bound("memoryBytes", self.memory_bytes, PAGE_BYTES, call.memory_bytes as u64),
            bound("tableElements", self.table_elements, 1, call.table_elements as u64),
            bound("instances", self.instances, 1, call.instances.into()),
            bound("answerBytes", self.answer_bytes, ANSWER_BYTES_MIN, call.answer_bytes as u64),
            bound("logBytes", self.log_bytes, 0, call.log_bytes as u64),
        ]
    }

    /// A problem below `pointer` for each value out of its range.
    pub(in crate::admin) fn check(&self, pointer: &str, problems: &mut Problems) {
        for Bound { name, said, least, most } in self.bounds() {
            if said.is_some_and(|said| !(least..=most).contains(&said)) {
                problems.add(format!("{pointer}/{name}"), format!("This has to be between {least} and {most}."));
            }
        }
    }

    /// Whether anything is allowed here that `other` does not allow.
    pub(in crate::admin) fn exceeds(&self, other: &Self) -> bool {
        let more = |(own, other): (Bound, Bound)| own.value() > other.value();
        self.tier() > other.tier() || self.bounds().into_iter().zip(other.bounds()).any(more)
    }

    fn tier(&self) -> PluginTier {
        self.tier.unwrap_or_default()
    }

    /// How many revisions there may be.
    pub fn revisions(&self) -> usize {
        bytes(self.revisions, PLUGINS_MAX)
    }

    /// What making machine code of one may cost.
    pub fn load(&self) -> LoadLimits {
        let most = LoadLimits::of(self.tier().into());
        LoadLimits {
            tier: most.tier,
            compile_ms: self.compile_ms.unwrap_or(most.compile_ms).min(most.compile_ms),
            compiled_bytes: bytes(self.compiled_bytes, most.compiled_bytes),
        }
    }

    /// What running one may cost.
    pub fn call(&self) -> CallLimits {
        let most = CallLimits::default();
        CallLimits {
            project_ms: self.project_ms.unwrap_or(most.project_ms).min(most.project_ms),
            configure_ms: self.configure_ms.unwrap_or(most.configure_ms).min(most.configure_ms),
            memory_bytes: bytes(self.memory_bytes, most.memory_bytes),
            table_elements: bytes(self.table_elements, most.table_elements),
            instances: self.instances.and_then(|said| u32::try_from(said).ok()).unwrap_or(most.instances).min(most.instances),
            answer_bytes: bytes(self.answer_bytes, most.answer_bytes),
            log_bytes: bytes(self.log_bytes, most.log_bytes),
        }
    }
}

/// What was said, as a number of something in memory, and no more than `most`: an older release may have allowed more.
fn bytes(said: Option<u64>, most: usize) -> usize {
    said.and_then(|said| usize::try_from(said).ok()).unwrap_or(most).min(most)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn limits(said: Value) -> PluginLimits {
        serde_json::from_value(said).unwrap()
    }

    fn is_acceptable(said: Value) -> bool {
        let mut problems = Problems::default();
        limits(said).check("", &mut problems);
        problems.finish().is_ok()
    }

    #[test]
    fn nothing_said_is_the_default_and_nothing_is_stored_of_it() {
        let none = limits(json!({}));
        assert_eq!((none.call(), none.load(), none.revisions()), (CallLimits::default(), LoadLimits::of(Tier::Small), PLUGINS_MAX));
        assert_eq!(serde_json::to_value(&none).unwrap(), json!({}));
        assert_eq!(limits(json!({"tier": "large"})).load(), LoadLimits::of(Tier::Large));
    }

    /// The JSON Schema says the same, but for what depends on the tier.
    #[test]
    fn the_json_schema_has_the_bounds() {
        let schema = schemars::schema_for!(PluginLimits).to_value();
        for Bound { name, least, most, .. } in PluginLimits::default().bounds() {
            let said = |word: &str| schema["properties"][name][word].as_u64();
            assert_eq!((said("minimum"), said("default")), (Some(least), Some(most)), "{name}");
            assert!(said("maximum") >= Some(most), "{name}");
        }
    }

    #[test]
    fn each_bound_is_lowered_alone_and_never_raised_above_the_default() {
        for Bound { name, least, most, .. } in PluginLimits::default().bounds() {
            for (value, acceptable) in [(least, true), (most, true), (most + 1, false)] {
                assert_eq!(is_acceptable(json!({name: value})), acceptable, "{name} {value}");
            }
            assert!(least == 0 || !is_acceptable(json!({name: least - 1})), "{name}");
            let lowered = limits(json!({name: least}));
            assert!(PluginLimits::default().exceeds(&lowered), "{name}");
            assert!(!lowered.exceeds(&PluginLimits::default()) && !lowered.exceeds(&lowered), "{name}");
            let seen = (lowered.call(), lowered.load(), lowered.revisions());
            assert_ne!(seen, (CallLimits::default(), LoadLimits::of(Tier::Small), PLUGINS_MAX), "{name} has an effect");
            let raised = limits(json!({name: u64::MAX}));
            assert_eq!((raised.call(), raised.load()), (CallLimits::default(), LoadLimits::of(Tier::Small)), "{name}");
        }
        assert!(limits(json!({"tier": "large"})).exceeds(&PluginLimits::default()));
        assert!(is_acceptable(json!({"tier": "large", "compileMs": 60_000})) && !is_acceptable(json!({"compileMs": 60_000})));
    }
}
