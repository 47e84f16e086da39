//! Plugins of tenants that are ready to run, why others are not, and the threads that load what the projector needs.
//!
//! Loading takes up to a minute, so the projector never does it: it asks, goes on with another tenant, and is told when it is worth asking again. Knows
//! nothing of pipelines.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Shared;
use super::revision::Revision;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{PLUGIN_LOADERS_MAX, PLUGIN_RETRY_MS, PLUGINS_READY_MAX};
use crate::policy::Plugin;
use crate::store::{PartitionNumber, Tenant};

/// A plugin that can run, or why it can not, in words for an operator.
pub(super) type Outcome = Result<Plugin, String>;

/// Whose it is, and the file it was made of: a version that is deleted and uploaded again is another one.
type Key = (PartitionNumber, Id);

/// What is kept. Plugins of one tenant are never another's, although the bytes be the same.
#[derive(Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Default)]
struct State {
    outcomes: BTreeMap<Key, (Outcome, u64)>,
    /// How often anything was looked up: when each was.
    uses: u64,
    waiting: VecDeque<(Tenant, Revision)>,
    /// What is being loaded by a thread of ours, of at most one tenant each.
    loading: BTreeMap<PartitionNumber, Id>,
}

impl Kept {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one call of a collection, so what is there is whole whatever the thread that held it was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a tenant's plugin.
    pub(super) fn get(&self, tenant: PartitionNumber, file: Id) -> Option<Outcome> {
        let mut state = self.state();
        state.uses += 1;
        let now = state.uses;
        let (outcome, used) = state.outcomes.get_mut(&(tenant, file))?;
        *used = now;
        Some(outcome.clone())
    }

    /// Keeps what came of loading, in place of what was used longest ago if there is no room.
    pub(super) fn put(&self, tenant: PartitionNumber, file: Id, outcome: Outcome) {
        let mut state = self.state();
        state.uses += 1;
        let now = state.uses;
        state.outcomes.insert((tenant, file), (outcome, now));
        if state.outcomes.len() > PLUGINS_READY_MAX {
            let oldest = state.outcomes.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            oldest.map(|key| state.outcomes.remove(&key));
        }
    }

    /// Forgets one plugin of a tenant.
    pub(super) fn forget(&self, tenant: PartitionNumber, file: Id) {
        self.state().outcomes.remove(&(tenant, file));
    }

    /// Forgets everything of a tenant.
    pub(super) fn forget_tenant(&self, tenant: PartitionNumber) {
        let mut state = self.state();
        state.outcomes.retain(|(of, _), _| *of != tenant);
        state.waiting.retain(|(of, _)| of.number() != tenant);
    }

    /// Puts a plugin into the queue, unless it is there or under way.
    fn wait_for(&self, tenant: &Tenant, revision: &Revision) {
        let mut state = self.state();
        let is_same = |(of, other): &(Tenant, Revision)| of.number() == tenant.number() && other.file() == revision.file();
        if state.loading.get(&tenant.number()) != Some(&revision.file()) && !state.waiting.iter().any(is_same) {
            state.waiting.push_back((tenant.clone(), revision.clone()));
        }
    }

    /// The next one to load, of a tenant of which none is being loaded. The tenant's others go behind everybody else's.
    fn next(&self) -> Option<(Tenant, Revision)> {
        let mut state = self.state();
        if state.loading.len() >= PLUGIN_LOADERS_MAX {
            return None;
        }
        let place = state.waiting.iter().position(|(tenant, _)| !state.loading.contains_key(&tenant.number()))?;
        let (tenant, revision) = state.waiting.remove(place)?;
        let (same, others): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut state.waiting).into_iter().partition(|(of, _)| of.number() == tenant.number());
        state.waiting = others;
        state.waiting.extend(same);
        state.loading.insert(tenant.number(), revision.file());
        Some((tenant, revision))
    }

    fn done(&self, tenant: PartitionNumber) {
        self.state().loading.remove(&tenant);
    }
}

/// Has a thread load these plugins of a tenant. The tenant is touched when each is there, or is known never to be.
///
/// # Errors
/// If there is no thread to be had.
pub(super) fn load_later(shared: &Arc<Shared>, tenant: &Tenant, revisions: &[Revision]) -> Result<()> {
    revisions.iter().for_each(|revision| shared.kept.wait_for(tenant, revision));
    let Some(first) = shared.kept.next() else { return Ok(()) };
    let (number, own) = (first.0.number(), Arc::clone(shared));
    let thread = std::thread::Builder::new().name("plugin-loader".to_owned()).spawn(move || run(&own, first));
    thread.map(drop).map_err(|cause| {
        shared.kept.done(number);
        Error::internal(cause)
    })
}

/// Loads one plugin after the other, until none is left that nobody else loads.
fn run(shared: &Shared, first: (Tenant, Revision)) {
    let mut next = Some(first);
    while let Some((tenant, revision)) = next {
        let load = || shared.load(&tenant, &revision);
        let outcome = catch_unwind(AssertUnwindSafe(load))
            .unwrap_or_else(|_| Err(Error::internal("loading a plugin panicked; see the panic's own line")));
        if let Err(error) = outcome {
            // It is not kept: the projector, once it is told, asks again.
            let cause = error.cause().map(ToString::to_string);
            tracing::warn!(tenant = tenant.number(), plugin = revision.subject(), %error, cause, "a plugin is not loaded; it will be tried again");
            std::thread::sleep(Duration::from_millis(PLUGIN_RETRY_MS));
        }
        shared.kept.done(tenant.number());
        tenant.touch();
        next = shared.kept.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Actor;
    use crate::admin::plugins::tests::PLUGINS;
    use crate::clock::Timestamp;
    use crate::policy::{LoadLimits, Tier};
    use crate::store::Store;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn revision() -> Revision {
        let plugin = PLUGINS.first_party().unwrap()[0].clone();
        Revision::new(&plugin, &LoadLimits::of(Tier::Small), None, Id::new(NOW), (&Actor::System, NOW))
    }

    #[test]
    fn one_tenants_plugins_take_one_thread_and_wait_for_others() {
        let (kept, store) = (Kept::default(), Store::in_memory().unwrap());
        let (one, two, three) = (store.tenant(1), store.tenant(2), store.tenant(3));
        let mut many: Vec<Revision> = (0..3).map(|_| revision()).collect();
        many.iter().for_each(|revision| kept.wait_for(&one, revision));
        kept.wait_for(&one, &many[0]);
        kept.wait_for(&two, &revision());
        kept.wait_for(&three, &revision());
        let taken = |next: Option<(Tenant, Revision)>| next.map(|(tenant, revision)| (tenant.number(), revision.file()));
        assert_eq!(taken(kept.next()), Some((1, many.remove(0).file())));
        assert_eq!(taken(kept.next()).map(|next| next.0), Some(2));
        assert_eq!(taken(kept.next()), None, "both threads are busy");
        kept.done(1);
        assert_eq!(taken(kept.next()).map(|next| next.0), Some(3), "the first tenant's others are behind");
        kept.done(2);
        assert_eq!(taken(kept.next()), Some((1, many.remove(0).file())));
        kept.done(3);
        assert_eq!(taken(kept.next()), None, "a tenant has one thread");
        kept.done(1);
        assert_eq!(taken(kept.next()), Some((1, many.remove(0).file())));
        assert_eq!(taken(kept.next()), None);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_used_stays() {
        let kept = Kept::default();
        let files: Vec<Id> = (0..PLUGINS_READY_MAX + 10).map(|_| Id::new(NOW)).collect();
        for file in &files {
            kept.put(1, *file, Err("no".to_owned()));
            assert!(kept.get(1, files[0]).is_some(), "it is used all the time");
        }
        assert!(kept.get(1, files[1]).is_none() && kept.get(2, files[0]).is_none());
        assert_eq!(kept.state().outcomes.len(), PLUGINS_READY_MAX);
        kept.put(2, files[1], Err("no".to_owned()));
        kept.forget_tenant(1);
        assert!(kept.get(1, files[0]).is_none() && kept.get(2, files[1]).is_some());
        kept.forget(2, files[1]);
        assert!(kept.get(2, files[1]).is_none());
    }
}
