//! A pipeline that is being changed, and is in force nowhere.
//!
//! The server keeps nothing of it: each page carries it in a hidden field of its form, and each button sends it back with what is to be done. What it carries of a
//! policy is its place in the revision that the draft began with, and only what is different from there, so settings that nobody touched never leave the
//! server. A draft ends in a plan, which the server does keep. If another revision has come into force by then, the plan is refused and nothing is overwritten.

use doorlist_scim::ErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::parts::{is, list, number, text};
use super::super::visit::Visit;
use crate::error::{Error, Kind, Result};
use crate::limits::{ADMIN_PAGE_MAX, POLICIES_MAX};

/// Name of the field.
pub(super) const DRAFT: &str = "draft";

/// A pipeline that is being changed.
pub(super) struct Draft {
    /// The revision that it began with.
    pub revision: u64,
    /// The policies of that.
    base: Vec<Value>,
    entries: Vec<Entry>,
}

/// A policy of a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    /// Its place in the revision that the draft began with; absent of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
    /// What is different from there.
    #[serde(flatten)]
    own: Map<String, Value>,
}

/// A draft as a form carries it.
#[derive(Serialize, Deserialize)]
struct Written {
    revision: u64,
    policies: Vec<Entry>,
}

impl Draft {
    /// The pipeline in force, of which nothing is changed yet.
    pub(super) async fn begin(visit: &Visit) -> Result<(Self, Value)> {
        let pipeline = visit.ask("getPipeline").await?;
        let base = as_put(&pipeline);
        let entries = (0..base.len()).map(|at| Entry { at: Some(at), own: Map::new() }).collect();
        Ok((Self { revision: number(&pipeline, "/revision"), base, entries }, pipeline))
    }

    /// The changes of a plan, made to the pipeline in force: if that is not the one that the plan was computed against, what others have changed since stays.
    ///
    /// # Errors
    /// If there is no such plan, it was applied, or what it was computed against is no longer kept.
    pub(super) async fn of_plan(visit: &Visit, plan: &str) -> Result<Self> {
        let base = number(&visit.ask("getPlan").at("plan", plan).await?, "/pipelineRevision");
        let planned = as_put(&visit.ask("getPlanPolicies").at("plan", plan).await?);
        let (mut draft, _) = Self::begin(visit).await?;
        if draft.revision == base {
            draft.entries = planned.iter().map(|policy| draft.entry(policy)).collect();
        } else {
            draft.change_like(&as_put(&Self::revision(visit, base).await?), &planned);
        }
        Ok(draft)
    }

    async fn revision(visit: &Visit, revision: u64) -> Result<Value> {
        let pipeline = visit.ask("getPipelineRevision").at("revision", &revision.to_string()).await;
        pipeline.map_err(|error| match error.kind() {
            Kind::Scim(ErrorKind::NotFound) => {
                Error::conflict("The revision that these changes began with is no longer kept. Begin again.")
            }
            _ => error,
        })
    }

    /// Makes the changes that lead from some policies to others, policy by policy of the same name. In which order they stand is left as it is.
    fn change_like(&mut self, before: &[Value], after: &[Value]) {
        let find = |policies: &[Value], name: &str| policies.iter().find(|policy| text(policy, "/name") == name).cloned();
        for policy in before.iter().filter(|policy| find(after, text(policy, "/name")).is_none()) {
            self.place(text(policy, "/name")).into_iter().for_each(|place| self.remove(place));
        }
        for policy in after {
            let name = text(policy, "/name");
            let (wanted, was) = (policy.as_object().cloned().unwrap_or_default(), find(before, name));
            let was = was.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
            let gone = was.keys().filter(|key| !wanted.contains_key(*key)).map(|key| (key.as_str(), Value::Null));
            let changed =
                wanted.iter().filter(|(key, value)| was.get(*key) != Some(value)).map(|(key, value)| (key.as_str(), value.clone()));
            let changes: Vec<(&str, Value)> = changed.chain(gone).collect();
            match self.place(name) {
                _ if changes.is_empty() => {}
                Some(place) => self.change_policy(place, &changes),
                // New, or taken out by somebody else meanwhile: then all of it is wanted.
                None => {
                    let place = self.add();
                    let whole: Vec<(&str, Value)> = wanted.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
                    self.change_policy(place, &whole);
                }
            }
        }
    }

    /// The place of the policy of a name.
    fn place(&self, name: &str) -> Option<usize> {
        self.policies().iter().position(|policy| text(policy, "/name") == name)
    }

    /// A policy as an entry: what is different from the one of its name, or all of it.
    fn entry(&self, policy: &Value) -> Entry {
        let own = policy.as_object().cloned().unwrap_or_default();
        let at = self.base.iter().position(|base| text(base, "/name") == text(policy, "/name"));
        let Some(base) = at.and_then(|at| self.base.get(at)).and_then(Value::as_object) else { return Entry { at: None, own } };
        let gone = base.keys().filter(|name| !own.contains_key(*name)).map(|name| (name.clone(), Value::Null));
        let changed = own.iter().filter(|(name, value)| base.get(*name) != Some(value)).map(|(name, value)| (name.clone(), value.clone()));
        Entry { at, own: changed.chain(gone).collect() }
    }

    /// That of a form.
    ///
    /// # Errors
    /// If the form carries none, or the revision that it began with is no longer kept.
    pub(super) async fn read(visit: &Visit) -> Result<Self> {
        let Written { revision, policies } = serde_json::from_str(visit.form.raw(DRAFT).unwrap_or_default()).map_err(|_| unreadable())?;
        let pipeline = Self::revision(visit, revision).await?;
        let base = as_put(&pipeline);
        if policies.len() > POLICIES_MAX || policies.iter().any(|entry| entry.at.is_some_and(|at| at >= base.len())) {
            return Err(unreadable());
        }
        Ok(Self { revision, base, entries: policies })
    }

    /// As a form carries it.
    pub(super) fn write(&self) -> String {
        let written = Written { revision: self.revision, policies: self.entries.clone() };
        // Numbers and JSON can always be written.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// How many policies it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The policy at a place.
    pub(super) fn policy(&self, place: usize) -> Option<Value> {
        self.entries.get(place).map(|entry| self.whole(entry))
    }

    /// Every policy.
    pub(super) fn policies(&self) -> Vec<Value> {
        self.entries.iter().map(|entry| self.whole(entry)).collect()
    }

    fn whole(&self, entry: &Entry) -> Value {
        let base = entry.at.and_then(|at| self.base.get(at)).and_then(Value::as_object);
        let mut whole = base.cloned().unwrap_or_default();
        whole.extend(entry.own.clone());
        whole.retain(|_, value| !value.is_null());
        Value::Object(whole)
    }

    /// How a policy is different from the pipeline in force, in a word; `None` if it is not.
    pub(super) fn change(&self, place: usize) -> Option<&'static str> {
        let entry = self.entries.get(place)?;
        match entry.at {
            None => Some("New"),
            Some(_) if !entry.own.is_empty() => Some("Changed"),
            // Moved is who comes behind one that was behind it.
            Some(at) if self.entries.iter().take(place).any(|before| before.at.is_some_and(|before| before > at)) => Some("Moved"),
            Some(_) => None,
        }
    }

    /// Names of the policies that it no longer has.
    pub(super) fn removed(&self) -> Vec<&str> {
        let is_gone = |at: usize| self.entries.iter().all(|entry| entry.at != Some(at));
        self.base.iter().enumerate().filter(|(at, _)| is_gone(*at)).map(|(_, policy)| text(policy, "/name")).collect()
    }

    /// Whether it is another pipeline than the one it began with.
    pub(super) fn is_changed(&self) -> bool {
        self.entries.len() != self.base.len()
            || self.entries.iter().enumerate().any(|(place, entry)| entry.at != Some(place) || !entry.own.is_empty())
    }

    /// Moves a policy one place up; nothing happens to the first one.
    pub(super) fn up(&mut self, place: usize) {
        if let Some(before) = place.checked_sub(1).filter(|_| place < self.entries.len()) {
            self.entries.swap(before, place);
        }
    }

    /// Takes a policy out.
    pub(super) fn remove(&mut self, place: usize) {
        if place < self.entries.len() {
            self.entries.remove(place);
        }
    }

    /// Switches a policy between monitor and enforce.
    pub(super) fn switch(&mut self, place: usize) {
        let is_monitor = self.policy(place).is_some_and(|policy| text(&policy, "/mode") == "monitor");
        self.change_policy(place, &[("mode", Value::from(if is_monitor { "enforce" } else { "monitor" }))]);
    }

    /// Changes a policy. What is as it was in the beginning is no change.
    pub(super) fn change_policy(&mut self, place: usize, changes: &[(&str, Value)]) {
        let Some(entry) = self.entries.get_mut(place) else { return };
        let base = entry.at.and_then(|at| self.base.get(at));
        for (name, value) in changes {
            if base.is_some_and(|base| base.get(name).unwrap_or(&Value::Null) == value) {
                entry.own.remove(*name);
            } else {
                entry.own.insert((*name).to_owned(), value.clone());
            }
        }
    }

    /// Puts a new policy at the end, but before the ones that protect roles, who have the last word, and says at which place.
    pub(super) fn add(&mut self) -> usize {
        let protects = |entry: &Entry| text(&self.whole(entry), "/plugin") == "role-protection";
        let last = self.entries.iter().rev().take_while(|entry| protects(entry)).count();
        let place = self.entries.len() - last;
        self.entries.insert(place, Entry { at: None, own: Map::new() });
        place
    }

    /// A name for a new policy that none has.
    pub(super) fn unused_name(&self, wanted: &str) -> String {
        let taken: Vec<Value> = self.policies();
        let is_free = |name: &String| taken.iter().all(|policy| text(policy, "/name") != name);
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        std::iter::once(wanted.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    /// As the body of a request for a plan, or for a pipeline in shadow. Of a plugin that comes with Doorlist it is always the version that is there.
    pub(super) fn proposed(&self, plugins: &[Value]) -> Value {
        let is_ours = |name: &str| plugins.iter().any(|plugin| text(plugin, "/name") == name && is(plugin, "/firstParty"));
        let mut policies = self.policies();
        for policy in &mut policies {
            if is_ours(text(policy, "/plugin"))
                && let Some(policy) = policy.as_object_mut()
            {
                policy.remove("version");
            }
        }
        json!({"policies": policies, "revision": self.revision})
    }
}

/// The policies of a pipeline with the settings that somebody wrote, in the place of those with defaults.
fn as_put(pipeline: &Value) -> Vec<Value> {
    let mut policies = list(pipeline, "/policies").to_vec();
    for policy in policies.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(given) = policy.remove("given") {
            policy.insert("settings".to_owned(), given);
        }
    }
    policies
}

fn unreadable() -> Error {
    Error::invalid("These changes cannot be read. Begin again with the pipeline in force.")
}

/// Every plugin that a policy can use.
pub(super) async fn plugins(visit: &Visit) -> Result<Vec<Value>> {
    let plugins = visit.ask("listPlugins").with("limit", &ADMIN_PAGE_MAX.to_string()).await?;
    Ok(list(&plugins, "/items").to_vec())
}

/// The plugin of a policy: of those that come with Doorlist the one of this name, whatever version it was.
pub(super) fn plugin<'a>(plugins: &'a [Value], name: &str, version: &str) -> Option<&'a Value> {
    let mut named = plugins.iter().filter(|plugin| text(plugin, "/name") == name);
    named.find(|plugin| is(plugin, "/firstParty") || text(plugin, "/version") == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(names: &[(&str, &str)]) -> Draft {
        let policy = |(name, plugin): &(&str, &str)| json!({"name": name, "plugin": plugin, "version": "1.0.0", "mode": "enforce", "settings": {"a": 1}});
        let entries = (0..names.len()).map(|at| Entry { at: Some(at), own: Map::new() }).collect();
        Draft { revision: 3, base: names.iter().map(policy).collect(), entries }
    }

    fn names(draft: &Draft) -> Vec<String> {
        draft.policies().iter().map(|policy| text(policy, "/name").to_owned()).collect()
    }

    #[test]
    fn only_what_is_different_is_carried() {
        let mut draft = draft(&[("a", "x"), ("b", "y")]);
        assert!(!draft.is_changed());
        assert_eq!(draft.write(), r#"{"revision":3,"policies":[{"at":0},{"at":1}]}"#);
        draft.switch(1);
        assert_eq!(draft.write(), r#"{"revision":3,"policies":[{"at":0},{"at":1,"mode":"monitor"}]}"#);
        assert_eq!((draft.change(0), draft.change(1)), (None, Some("Changed")));
        assert_eq!(draft.policy(1).map(|policy| policy["settings"].clone()), Some(json!({"a": 1})));
        draft.switch(1);
        assert!(!draft.is_changed(), "twice is never");
        let read: Written = serde_json::from_str(r#"{"revision":3,"policies":[{"at":1,"connection":null},{"name":"n"}]}"#).unwrap();
        assert_eq!(read.policies[0], Entry { at: Some(1), own: Map::from_iter([("connection".to_owned(), Value::Null)]) });
        assert_eq!(read.policies[1].at, None);
    }

    #[test]
    fn a_planned_policy_is_what_it_changes() {
        let draft = draft(&[("a", "x"), ("b", "y")]);
        let planned = |changes: Value| {
            let mut policy = draft.base[1].clone();
            policy.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            draft.entry(&policy)
        };
        assert_eq!(planned(json!({})), Entry { at: Some(1), own: Map::new() });
        let settings = Map::from_iter([("settings".to_owned(), json!({"a": 2}))]);
        assert_eq!(planned(json!({"settings": {"a": 2}})), Entry { at: Some(1), own: settings });
        assert_eq!(planned(json!({"name": "new"})).at, None);
        let without = json!({"name": "a", "plugin": "x", "version": "1.0.0", "mode": "enforce"});
        assert_eq!(draft.entry(&without), Entry { at: Some(0), own: Map::from_iter([("settings".to_owned(), Value::Null)]) });
    }

    #[test]
    fn changes_are_made_to_what_others_left() {
        let mut draft = draft(&[("a", "x"), ("c", "z"), ("last", "role-protection")]);
        let policy = |name: &str, a: u8| json!({"name": name, "plugin": "x", "version": "1.0.0", "mode": "enforce", "settings": {"a": a}});
        // They change `a`, take out `last`, add `new`, change `b`, which somebody took out, and leave `d` alone, which somebody took out as well. `c` came meanwhile.
        let before = [policy("a", 1), policy("b", 1), policy("d", 1), policy("last", 1)];
        let after = [policy("a", 2), policy("b", 2), policy("d", 1), policy("new", 3)];
        draft.change_like(&before, &after);
        assert_eq!(names(&draft), ["a", "c", "b", "new"]);
        assert_eq!((draft.change(0), draft.change(1), draft.change(2)), (Some("Changed"), None, Some("New")));
        assert_eq!(draft.policy(0).map(|policy| policy["settings"].clone()), Some(json!({"a": 2})));
        assert_eq!(draft.policy(2), Some(policy("b", 2)));
        assert_eq!(draft.removed(), ["last"]);
    }

    #[test]
    fn policies_move_go_and_come() {
        let mut draft = draft(&[("a", "x"), ("b", "y"), ("last", "role-protection")]);
        draft.up(0);
        draft.up(9);
        assert!(!draft.is_changed());
        draft.up(1);
        assert_eq!(names(&draft), ["b", "a", "last"]);
        assert_eq!((draft.change(0), draft.change(1), draft.change(2)), (None, Some("Moved"), None));
        draft.remove(1);
        draft.remove(9);
        assert_eq!(draft.removed(), ["a"]);
        assert_eq!(draft.unused_name("b"), "b-2");
        let place = draft.add();
        draft.change_policy(place, &[("name", json!("new")), ("plugin", json!("x")), ("connection", Value::Null)]);
        assert_eq!(names(&draft), ["b", "new", "last"], "who protects roles stays the last");
        let plugins =
            [json!({"name": "x", "version": "2.0.0", "firstParty": true}), json!({"name": "y", "version": "1.0.0", "firstParty": false})];
        let proposed = draft.proposed(&plugins);
        assert_eq!(proposed["policies"][1], json!({"name": "new", "plugin": "x"}));
        assert_eq!((&proposed["policies"][0]["version"], &proposed["revision"]), (&json!("1.0.0"), &json!(3)));
        assert!(plugin(&plugins, "x", "1.0.0").is_some() && plugin(&plugins, "y", "1.0.1").is_none());
    }
}
