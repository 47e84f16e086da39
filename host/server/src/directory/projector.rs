//! The thread that projects: tenant by tenant, one batch a turn, and first whoever had least of its time, so that nobody's backlog or slow policy holds up
//! the others for longer than a turn.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::ahead::Ahead;
use super::commit::{Committed, Next, Projected, commit};
use super::decision::SubjectKind;
use super::evaluate::{Outcome, Subject, Turn, evaluate, foresee};
use super::figures::HoldFigures;
use super::hold;
use super::shadow::{self, Found, Task};
use super::shares::Shares;
use super::stuck;
use super::subject::{Due, GroupSubject, Setting, UserSubject};
use super::walk;
use crate::admin::pipeline::Policy;
use crate::admin::plugins::{Plugins, Ready};
use crate::clock::{Clock, Timestamp, thread_time};
use crate::error::{Error, Kind, Result};
use crate::limits::{
    PROJECTION_BATCH_MAX, PROJECTION_CHUNK_MAX, PROJECTION_FAILED_REST_MS, PROJECTION_GATHER_MS, PROJECTION_REST_MS_MAX,
    PROJECTION_WALK_MAX, PROJECTOR_WAIT_MS_MAX,
};
use crate::store::layout::{self, Counter, GROUP, USER};
use crate::store::{Key, Numbers, PartitionNumber, Range, Rows, Store, Table, Tenant};
use doorlist_scim::ErrorKind;

/// Projects what is due.
pub struct Projector {
    store: Store,
    plugins: Arc<Plugins>,
    clock: Clock,
    holds: HoldFigures,
}

/// What a turn looked at.
struct Taken {
    setting: Setting,
    users: Vec<UserSubject>,
    groups: Vec<GroupSubject>,
    projected: Projected,
}

impl Projector {
    /// A projector of everything in `store`.
    pub fn new(store: Store, plugins: Arc<Plugins>, clock: Clock) -> Self {
        Self { store, plugins, clock, holds: HoldFigures::default() }
    }

    /// The same one, which counts who comes to be held in `holds`.
    #[must_use]
    pub fn counting(self, holds: HoldFigures) -> Self {
        Self { holds, ..self }
    }

    /// Projects until `stop` is set. Whatever is left then is still marked, and the next run takes it up.
    pub fn run(&self, stop: &AtomicBool) {
        match self.tenants() {
            Ok(all) => self.begin(all),
            Err(error) => tracing::error!(%error, cause = error.cause().map(tracing::field::display), "the tenants cannot be listed"),
        }
        let mut pending = Shares::default();
        // Tenants whose turn failed for a reason of ours, and when they have another.
        let mut resting: BTreeMap<PartitionNumber, Timestamp> = BTreeMap::new();
        // Tenants with stuck subjects, and when the next of those is tried again.
        let mut retries: BTreeMap<PartitionNumber, Timestamp> = BTreeMap::new();
        while !stop.load(Ordering::Relaxed) {
            let now = self.clock.now();
            resting.extract_if(.., |_, until| *until <= now).for_each(|(tenant, _)| pending.add(tenant));
            retries.extract_if(.., |_, at| *at <= now).for_each(|(tenant, _)| pending.add(tenant));
            let mut patience = if pending.is_empty() { Duration::from_millis(PROJECTOR_WAIT_MS_MAX) } else { Duration::ZERO };
            let (writes, mut own) = (self.store.writes(), 0);
            // As many turns as tenants wait, whoever has them, and then perhaps a rest.
            let mut turns = 0;
            loop {
                self.store.touched().take(patience).into_iter().for_each(|tenant| pending.add(tenant));
                patience = Duration::ZERO;
                turns += 1;
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Some(tenant) = pending.next() else { break };
                if !resting.contains_key(&tenant) {
                    let written = self.serve(tenant, &mut pending, &mut resting);
                    if written == 0 {
                        self.schedule(tenant, &mut retries);
                    }
                    own += written;
                }
                if turns >= pending.len().max(1) {
                    break;
                }
            }
            let others = self.store.writes().saturating_sub(writes) > own;
            if own > 0 && others {
                let took = u64::try_from(self.clock.now().as_millis() - now.as_millis()).unwrap_or(0);
                std::thread::sleep(Duration::from_millis(took.clamp(PROJECTION_GATHER_MS, PROJECTION_REST_MS_MAX)));
            }
        }
    }

    /// A turn of a tenant, after which it waits again if there may be more to do. Gives how many writes it took.
    fn serve(&self, tenant: PartitionNumber, pending: &mut Shares, resting: &mut BTreeMap<PartitionNumber, Timestamp>) -> u64 {
        let begun = thread_time();
        let outcome = self.turn(tenant);
        pending.spend(tenant, thread_time().saturating_sub(begun));
        match outcome {
            Ok(0) => 0,
            Ok(written) => {
                pending.add(tenant);
                written
            }
            Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => 0,
            Err(error) => {
                let cause = error.cause().map(ToString::to_string);
                tracing::error!(tenant, %error, cause, "a projection failed; it will be tried again");
                resting.insert(tenant, self.clock.now().plus_millis(PROJECTION_FAILED_REST_MS));
                0
            }
        }
    }

    /// Takes note of when a tenant's stuck subjects are tried again, once nothing else of it is due.
    fn schedule(&self, tenant: PartitionNumber, retries: &mut BTreeMap<PartitionNumber, Timestamp>) {
        match self.store.tenant(tenant).read(stuck::next_try) {
            Ok(Some(at)) => drop(retries.insert(tenant, at)),
            Ok(None) => drop(retries.remove(&tenant)),
            Err(error) => {
                tracing::error!(tenant, %error, cause = error.cause().map(tracing::field::display), "stuck subjects are not tried again")
            }
        }
    }

    /// Takes up what was left. Tenants with stuck subjects are projected anew: what kept a policy from answering may have gone with the
    /// last process.
    fn begin(&self, tenants: Vec<PartitionNumber>) {
        for tenant in tenants.iter().copied() {
            let handle = self.store.tenant(tenant);
            let renewed = handle.read(|rows| rows.number(&layout::counter(Counter::Stuck))).and_then(|stuck| match stuck {
                0 => Ok(()),
                _ => handle.write(walk::reproject_again),
            });
            if let Err(error) = renewed {
                tracing::error!(tenant, %error, cause = error.cause().map(tracing::field::display), "stuck subjects are not tried again");
            }
        }
        // Compiled here, so that the first subject does not wait for it, and no request does.
        if !tenants.is_empty()
            && let Err(error) = self.plugins.first_party()
        {
            tracing::error!(%error, cause = error.cause().map(tracing::field::display), "policies cannot be run");
        }
        self.store.touched().add(tenants);
    }

    /// Projects one batch of a tenant, marked subjects first, among them stuck ones whose time has come. Gives how many writes that took; 0 if there was nothing to do.
    ///
    /// # Errors
    /// 404 if there is no such tenant; otherwise a fault of ours.
    pub fn turn(&self, tenant: PartitionNumber) -> Result<u64> {
        let handle = self.store.tenant(tenant);
        let mut written = 0;
        if handle.read(hold::is_underway)? {
            let now = self.clock.now();
            handle.write(move |tx| hold::advance(tx, now))?;
            written += 1;
        }
        let now = self.clock.now();
        if handle.read(stuck::next_try)?.is_some_and(|at| at <= now) {
            handle.write(move |tx| stuck::retry(tx, now))?;
            written += 1;
        }
        for walking in [false, true] {
            let taken = handle.read(|rows| take(rows, tenant, walking))?;
            let Some(taken) = taken else { continue };
            // While plugins are being loaded nothing is asked. The tenant is touched once they are there.
            let Some(plugins) = self.plugins.prepare(&handle, &taken.setting.pipeline.policies)? else { break };
            let (setting, mut projected) = self.evaluate(taken, &plugins);
            handle.read(|rows| projected.leave_idle(rows, &setting))?;
            let (setting, mut walk) = (Arc::new(setting), None);
            for mut part in projected.parts(PROJECTION_BATCH_MAX) {
                // It has moved on by what the part before it did.
                part.walk = part.walk.map(|(walked, next)| (walk.unwrap_or(walked), next));
                let (setting, now) = (Arc::clone(&setting), self.clock.now());
                let committed = handle.write(move |tx| commit(tx, &setting, &part, now))?;
                self.tell(tenant, &committed);
                walk = committed.walk;
                written += 1;
            }
        }
        // What has no effect waits until nothing is due that has.
        if written == 0 { self.shadow(tenant, &handle) } else { Ok(written) }
    }

    /// Says who came to be held: somebody has to decide on them.
    fn tell(&self, tenant: PartitionNumber, committed: &Committed) {
        if committed.held > 0 {
            self.holds.held(tenant, committed.held, committed.opened.len() as u64);
        }
        for hold in &committed.opened {
            tracing::warn!(tenant, %hold, "more members would go than the tenant lets go at a time; further ones are held until an operator decides");
        }
    }

    /// Looks at some subjects with the pipeline in shadow, if there is one. Gives how many writes that took.
    fn shadow(&self, tenant: PartitionNumber, handle: &Tenant) -> Result<u64> {
        let mut batch = match handle.read(|rows| shadow::task(rows, tenant))? {
            None => return Ok(0),
            Some(Task::Clean(number)) => return handle.write(move |tx| shadow::clean(tx, number)).map(|()| 1),
            Some(Task::Look(batch)) => batch,
        };
        let policies: Vec<Policy> =
            [&batch.live, &batch.shadow].into_iter().flat_map(|setting| setting.pipeline.policies.clone()).collect();
        let Some(plugins) = self.plugins.prepare(handle, &policies)? else { return Ok(0) };
        let (groups, users) = (std::mem::take(&mut batch.groups), std::mem::take(&mut batch.users));
        let settings = (&batch.live, &batch.shadow);
        let mut found = Vec::new();
        for chunk in chunks(groups) {
            found.extend(both(settings, &plugins, chunk, |group: &GroupSubject| (SubjectKind::Group, &group.display_name)));
        }
        for chunk in chunks(users) {
            found.extend(both(settings, &plugins, chunk, |user: &UserSubject| (SubjectKind::User, &user.user_name)));
        }
        let now = self.clock.now();
        handle.write(move |tx| batch.commit(tx, &found, now))?;
        Ok(1)
    }

    fn evaluate(&self, taken: Taken, plugins: &Ready) -> (Setting, Projected) {
        let Taken { setting, users, groups, mut projected } = taken;
        let mut turn = Turn::begin();
        for chunk in chunks(groups) {
            projected.groups.extend(foreseen(&setting, plugins, evaluate(&setting, plugins, chunk, &mut turn)));
            if projected.end_at_postponed() {
                return (setting, projected);
            }
        }
        for chunk in chunks(users) {
            projected.users.extend(foreseen(&setting, plugins, evaluate(&setting, plugins, chunk, &mut turn)));
            if projected.end_at_postponed() {
                break;
            }
        }
        (setting, projected)
    }

    /// Numbers of every tenant.
    fn tenants(&self) -> Result<Vec<PartitionNumber>> {
        let mut numbers = Vec::new();
        self.store.installation().read(|rows| {
            rows.each(&Range::under(Key::new(Table::Tenant)), &mut |key, _| {
                numbers.extend(key.last_chunk().map(|bytes| PartitionNumber::from_be_bytes(*bytes)));
                ControlFlow::Continue(())
            })
        })?;
        Ok(numbers)
    }
}

/// What is different between what both pipelines make of subjects. Each has a turn's time of its own, so that each turn gets somewhere.
fn both<S: Subject>(
    (live, shadow): (&Setting, &Setting),
    plugins: &Ready,
    subjects: Vec<S>,
    about: fn(&S) -> (SubjectKind, &String),
) -> Vec<Found> {
    let outcomes = evaluate(live, plugins, subjects, &mut Turn::begin());
    let shadowed = evaluate(shadow, plugins, outcomes.iter().map(|outcome| &outcome.subject).collect(), &mut Turn::begin());
    let compare = |(live_outcome, shadowed): (&Outcome<S>, &Outcome<&S>)| {
        let (kind, name) = about(&live_outcome.subject);
        shadow::compare(live, live_outcome, shadowed, (kind, name))
    };
    outcomes.iter().zip(&shadowed).map(compare).collect()
}

/// The same with what policies that only watch would make different in the end.
fn foreseen<S: Subject>(setting: &Setting, plugins: &Ready, mut outcomes: Vec<Outcome<S>>) -> Vec<Outcome<S>> {
    foresee(setting, plugins, &mut outcomes);
    outcomes
}

/// Splits subjects into chunks that go through the pipeline together.
fn chunks<T>(subjects: Vec<T>) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let mut rest = subjects.into_iter().peekable();
    while rest.peek().is_some() {
        chunks.push(rest.by_ref().take(PROJECTION_CHUNK_MAX).collect());
    }
    chunks
}

/// Looks at what is due: by marks, or the next step of the walk. `None` if nothing is.
fn take(rows: &impl Rows, tenant: PartitionNumber, walking: bool) -> Result<Option<Taken>> {
    let (dues, walk) = if walking {
        let Some(walk) = walk::current(rows)? else { return Ok(None) };
        let (dues, next) = walk.step(rows, PROJECTION_WALK_MAX)?;
        (dues, Some((walk, next.map_or(Next::End, Next::At))))
    } else {
        (walk::marked(rows, PROJECTION_BATCH_MAX)?, None)
    };
    if dues.is_empty() && walk.is_none() {
        return Ok(None);
    }
    let setting = Setting::read(rows, tenant)?;
    let mut taken = Taken { setting, users: Vec::new(), groups: Vec::new(), projected: Projected { walk, ..Projected::default() } };
    let mut ahead = Ahead::default();
    // Those that a walk leads to lie together, and most of them stay as they are.
    if let Some(first) = dues.first().filter(|due| walking && due.kind == USER) {
        ahead.read_users(rows, first.connection, &dues.iter().map(|due| due.id).collect::<Vec<_>>())?;
    }
    for due in dues {
        taken.add(&ahead.on(rows), due, walking)?;
    }
    Ok(Some(taken))
}

impl Taken {
    fn add(&mut self, rows: &impl Rows, due: Due, walking: bool) -> Result<(), Error> {
        let known = if due.kind == GROUP {
            GroupSubject::read(rows, due)?.map(|subject| self.groups.push(subject))
        } else {
            let user = if walking { UserSubject::skim(rows, due)? } else { UserSubject::read(rows, due)? };
            user.map(|subject| self.users.push(subject))
        };
        if known.is_none() {
            self.projected.gone.push(due);
        }
        Ok(())
    }
}
