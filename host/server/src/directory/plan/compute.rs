//! Computing a plan: evaluating everything by the proposed pipeline, and trying in a draft what would become of the directory.
//!
//! Evaluation takes most of the time and has nothing to do with its neighbours, so threads share it, and leave out whom nothing would change of. What comes of the
//! others is tried by one thread, in the order in which a projection comes by: what is gone, groups, users, and then members whose SCIM User is gone. Knows nothing of
//! who asks, and writes no row.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use doorlist_scim::ErrorKind;

use super::because::{Because, Said};
use super::{Difference, Planned, Tally};
use crate::admin::pipeline::Policy;
use crate::admin::plugins::Ready;
use crate::clock::Timestamp;
use crate::directory::ahead::Ahead;
use crate::directory::commit::{Any, Writer};
use crate::directory::decision::{Decision, SubjectKind, VerdictChange};
use crate::directory::evaluate::{GroupOutcome, Outcome, Subject, Turn, UserOutcome, evaluate};
use crate::directory::event::{Change, Event};
use crate::directory::group::Group;
use crate::directory::idle::is_idle;
use crate::directory::member::{Issued, Member, Status};
use crate::directory::subject::{Due, GroupSubject, Setting, UserSubject};
use crate::directory::walk;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{PLAN_AHEAD_MAX, PLAN_BUSY_MS, PLAN_BUSY_TRIES_MAX, PLAN_CHUNK_MAX};
use crate::store::layout::{self, GROUP, USER};
use crate::store::{Drafted, PartitionNumber, Range, Rows, Tx, View, from_json};

/// What a plan is computed of.
pub struct Proposal<'a> {
    /// Whose directory it is about.
    pub tenant: PartitionNumber,
    /// The policies that would be asked, checked and completed.
    pub policies: Vec<Policy>,
    /// Their plugins.
    pub plugins: &'a Ready,
    /// The time at which it is computed.
    pub now: Timestamp,
    /// Threads that evaluate; at least 1.
    pub threads: usize,
}

/// Takes the differences, one after the other.
pub type Sink<'a> = dyn FnMut(Difference) -> Result<()> + 'a;

/// Computes the differences that a proposed pipeline would make to the directory of a snapshot, hands them to `sink`, and counts them.
///
/// Nobody's state moves meanwhile, and what is held or kept for its owner's return stays as it is. Takes some 30 µs of processor time for each user and runs
/// guest code: not for threads that run async code.
///
/// # Errors
/// What `sink` answers; 503 if the sandbox has no place for long; otherwise a fault of ours.
pub fn compute(view: &View, proposal: Proposal<'_>, sink: &mut Sink<'_>) -> Result<Tally> {
    let mut setting = Setting::read(view, proposal.tenant)?;
    setting.pipeline.policies = proposal.policies;
    let (plugins, threads) = (proposal.plugins, proposal.threads.max(1));
    view.draft(|tx| {
        let any = Any::read(view)?;
        let writer = Writer::draft(tx, &setting, proposal.now, any);
        let asking = Asking { view, setting: &setting, plugins, now: proposal.now, any };
        let mut fold = Fold { writer, asking, groups: BTreeMap::new(), there: Vec::new(), sink, tally: Tally::default() };
        fold.gone()?;
        fold.spread::<GroupSubject>(1)?;
        fold.spread::<UserSubject>(threads)?;
        fold.orphans()?;
        Ok(fold.tally)
    })
}

/// What every thread asks with.
#[derive(Clone, Copy)]
struct Asking<'a> {
    /// The directory as it is.
    view: &'a View,
    setting: &'a Setting,
    plugins: &'a Ready,
    now: Timestamp,
    any: Any,
}

/// What a thread evaluates, and how it is read and tried.
trait Planable: Subject<View: Send> + Sized + Send {
    const KIND: u8;
    fn look(rows: &impl Rows, due: Due) -> Result<Option<Self>>;
    fn read_ahead(ahead: &mut Ahead, rows: &impl Rows, dues: &[Due]) -> Result<()>;
    fn take(fold: &mut Fold<'_, '_, '_, '_, '_>, outcome: Outcome<Self>) -> Result<()>;

    /// Whether the outcome leaves everything as it is: it is looked at, and tried in a thread's own draft if that does not tell.
    /// One that is not idle is left complete.
    fn is_idle(_: &Asking<'_>, _: &mut Tx<'_>, _: &Ahead, _: &mut Outcome<Self>) -> Result<bool> {
        Ok(false)
    }
}

impl Planable for UserSubject {
    const KIND: u8 = USER;

    fn look(rows: &impl Rows, due: Due) -> Result<Option<Self>> {
        Self::skim(rows, due)
    }

    fn read_ahead(ahead: &mut Ahead, rows: &impl Rows, dues: &[Due]) -> Result<()> {
        // A chunk's subjects came by one connection.
        let users: Vec<Id> = dues.iter().map(|due| due.id).collect();
        dues.first().map_or(Ok(()), |due| ahead.read_users(rows, due.connection, &users))
    }

    fn take(fold: &mut Fold<'_, '_, '_, '_, '_>, outcome: Outcome<Self>) -> Result<()> {
        fold.user(outcome)
    }

    fn is_idle(asking: &Asking<'_>, tx: &mut Tx<'_>, ahead: &Ahead, outcome: &mut Outcome<Self>) -> Result<bool> {
        if is_idle(&ahead.on(tx), asking.setting, outcome)? {
            return Ok(true);
        }
        outcome.subject.complete()?;
        tx.rehearse(|tx| {
            let mut writer = Writer::draft(tx, asking.setting, asking.now, asking.any);
            writer.user(outcome)?;
            let stuck = writer.stuck.is_some();
            Ok(!stuck && tx.take_back(&Range::under(layout::events())).is_empty())
        })
    }
}

impl Planable for GroupSubject {
    const KIND: u8 = GROUP;

    fn look(rows: &impl Rows, due: Due) -> Result<Option<Self>> {
        Self::read(rows, due)
    }

    fn read_ahead(_: &mut Ahead, _: &impl Rows, _: &[Due]) -> Result<()> {
        Ok(())
    }

    fn take(fold: &mut Fold<'_, '_, '_, '_, '_>, outcome: Outcome<Self>) -> Result<()> {
        fold.group(&outcome)
    }
}

impl Asking<'_> {
    /// Evaluates subjects until each has got through the pipeline.
    fn settle<S: Subject>(&self, mut subjects: Vec<S>) -> Result<Vec<Outcome<S>>> {
        let (mut settled, mut tries) = (Vec::with_capacity(subjects.len()), 0);
        while !subjects.is_empty() {
            let outcomes = evaluate(self.setting, self.plugins, subjects, &mut Turn::begin());
            let (postponed, done): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|outcome| outcome.postponed);
            if done.is_empty() {
                tries += 1;
                if tries > PLAN_BUSY_TRIES_MAX {
                    return Err(Error::new(ErrorKind::Unavailable, "The sandbox has no place for a plan now. Try again shortly."));
                }
                std::thread::sleep(Duration::from_millis(PLAN_BUSY_MS));
            }
            settled.extend(done);
            subjects = postponed.into_iter().map(|outcome| outcome.subject).collect();
        }
        Ok(settled)
    }

    /// Reads and evaluates a chunk as a draft has it, and gives how many there were with what came of those of whom something would change.
    fn evaluate<S: Planable>(&self, tx: &mut Tx<'_>, ahead: &mut Ahead, dues: Vec<Due>) -> Result<Evaluated<S>> {
        let mut subjects = Vec::with_capacity(dues.len());
        S::read_ahead(ahead, tx, &dues)?;
        for due in dues {
            subjects.extend(S::look(&ahead.on(tx), due)?);
        }
        let count = subjects.len() as u64;
        let mut changing = Vec::new();
        for mut outcome in self.settle(subjects)? {
            if !S::is_idle(self, tx, ahead, &mut outcome)? {
                changing.push(outcome);
            }
        }
        Ok((count, changing))
    }

    /// Evaluates chunks in a draft of its own until there are no more, or nobody waits for what comes of them.
    fn serve<S: Planable>(&self, drafted: Drafted, todo: Receiver<Vec<Due>>, done: &SyncSender<Result<Evaluated<S>>>) {
        let served = self.view.draft_on(drafted, |tx| {
            // What the draft writes is taken back, so what is read ahead of it stays true.
            let mut ahead = Ahead::default();
            for dues in todo {
                if done.send(self.evaluate(tx, &mut ahead, dues)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        // Whatever goes wrong, the way back closes, and whoever waits there says so.
        drop(served);
    }
}

/// How many subjects a chunk had, and what came of those of whom something would change.
type Evaluated<S> = (u64, Vec<Outcome<S>>);

/// A thread that evaluates, and the ways to it and back.
struct Lane<S: Subject> {
    todo: SyncSender<Vec<Due>>,
    done: Receiver<Result<Evaluated<S>>>,
}

/// Tries what comes of subjects, and tells what that changes.
struct Fold<'t, 'a, 's, 'f, 'k> {
    writer: Writer<'t, 'a, 's>,
    asking: Asking<'f>,
    /// Why groups come and go.
    groups: BTreeMap<Id, Because>,
    /// Users that the inventory has, in the order in which they are come by.
    there: Vec<(u32, Id)>,
    sink: &'f mut Sink<'k>,
    tally: Tally,
}

impl Fold<'_, '_, '_, '_, '_> {
    /// Evaluates everything of a kind on some threads, and tries what comes of it in order.
    fn spread<S: Planable>(&mut self, threads: usize) -> Result<()> {
        let asking = self.asking;
        let connections = asking.setting.connections.keys().copied().collect();
        let mut chunks = Chunks { view: asking.view, kind: S::KIND, connections, after: None };
        std::thread::scope(|scope| {
            let mut lanes = Vec::with_capacity(threads);
            for _ in 0..threads {
                let (todo, waiting) = sync_channel::<Vec<Due>>(PLAN_AHEAD_MAX);
                let (answer, done) = sync_channel(PLAN_AHEAD_MAX);
                let drafted = self.writer.tx.drafted();
                scope.spawn(move || asking.serve::<S>(drafted, waiting, &answer));
                lanes.push(Lane { todo, done });
            }
            // Chunks go round the threads, and their outcomes come back in the same round.
            let (mut to, mut from) = (lanes.iter().cycle(), lanes.iter().cycle());
            let (mut under_way, mut ended) = (0, false);
            loop {
                while !ended && under_way < threads * PLAN_AHEAD_MAX {
                    match chunks.next()? {
                        Some(dues) => {
                            self.there.extend(dues.iter().filter(|due| due.kind == USER).map(|due| (due.connection, due.id)));
                            let sent = to.next().map(|lane: &Lane<S>| lane.todo.send(dues));
                            sent.and_then(Result::ok).ok_or_else(lost)?;
                            under_way += 1;
                        }
                        None => ended = true,
                    }
                }
                if under_way == 0 {
                    return Ok(());
                }
                let (count, outcomes) = from.next().and_then(|lane| lane.done.recv().ok()).ok_or_else(lost)??;
                under_way -= 1;
                self.tally.subjects += count;
                outcomes.into_iter().try_for_each(|outcome| S::take(self, outcome))?;
            }
        })
    }

    /// Subjects that are marked as due because they are gone.
    fn gone(&mut self) -> Result<()> {
        for due in walk::marked_gone(self.asking.view, GROUP)? {
            self.writer.gone(due)?;
            let before: Option<Group> = self.asking.view.json(&layout::group(due.id))?;
            for event in self.events()? {
                if let (Change::GroupRemoved { group_id }, Some(group)) = (event.change, &before) {
                    self.group_removed(group_id, group, Because::default())?;
                }
            }
        }
        // Before anybody else is looked at: who comes back under another SCIM id finds what is left of the member then.
        for due in walk::marked_gone(self.asking.view, USER)? {
            match UserSubject::read(&*self.writer.tx, due)? {
                Some(subject) => self.users(vec![subject])?,
                None => self.writer.gone(due)?,
            }
        }
        Ok(())
    }

    /// Evaluates users here and now, and tries what comes of it.
    fn users(&mut self, subjects: Vec<UserSubject>) -> Result<()> {
        for outcome in self.asking.settle(subjects)? {
            self.tally.subjects += 1;
            self.try_user(&outcome)?;
        }
        Ok(())
    }

    /// Members whose SCIM User is gone.
    fn orphans(&mut self) -> Result<()> {
        let connections: Vec<u32> = self.asking.setting.connections.keys().copied().collect();
        for dues in walk::all_orphans(&*self.writer.tx, &connections, &std::mem::take(&mut self.there))?.chunks(PLAN_CHUNK_MAX) {
            let mut subjects = Vec::new();
            for due in dues {
                subjects.extend(UserSubject::read(&*self.writer.tx, *due)?);
            }
            self.users(subjects)?;
        }
        Ok(())
    }

    /// The events that were written since the last call.
    fn events(&mut self) -> Result<Vec<Event>> {
        let written = self.writer.tx.take_back(&Range::under(layout::events()));
        written.iter().map(|event| from_json(event)).collect()
    }

    fn tell(&mut self, difference: Difference) -> Result<()> {
        self.tally.add(&difference);
        (self.sink)(difference)
    }

    fn group(&mut self, outcome: &GroupOutcome) -> Result<()> {
        self.writer.group(outcome)?;
        let due = outcome.subject.due;
        let events = self.events()?;
        if events.is_empty() && outcome.stuck.is_none() {
            return Ok(());
        }
        let said = Said { proposed: &outcome.verdicts, reason: outcome.reason.clone(), before: self.decision(due)? };
        let before: Option<Group> = self.asking.view.json(&layout::group(due.id))?;
        for event in events {
            match event.change {
                Change::GroupAdded { group } => {
                    let because = said.of_inclusion();
                    self.groups.insert(group.id, because.clone());
                    self.tell(of_group(&group, Planned::GroupAdded, because))?;
                }
                Change::GroupUpdated { group } => {
                    let from = before.as_ref().map(|group| group.display_name.clone()).unwrap_or_default();
                    let renamed = from != group.display_name;
                    let change =
                        if renamed { Planned::GroupRenamed { from, to: group.display_name.clone() } } else { Planned::GroupChanged };
                    let because = if renamed { said.of(|change| change.effect == "set-display-name") } else { Because::default() };
                    self.tell(of_group(&group, change, because))?;
                }
                Change::GroupRemoved { group_id } => {
                    if let Some(group) = &before {
                        self.group_removed(group_id, group, said.of_inclusion())?;
                    }
                }
                _ => {}
            }
        }
        if let Some(stuck) = &outcome.stuck {
            self.tell(Difference {
                kind: SubjectKind::Group,
                id: due.id,
                scim_id: Some(due.id),
                connection: self.writer.connection_id(due.connection),
                name: outcome.subject.display_name.clone(),
                change: Planned::Stuck,
                reason: Some(stuck.clone()),
                lifted: false,
            })?;
        }
        Ok(())
    }

    fn group_removed(&mut self, id: Id, group: &Group, because: Because) -> Result<()> {
        self.groups.insert(id, because.clone());
        let memberships = self.asking.view.count(&Range::under(layout::memberships_of(id)), usize::MAX)? as u64;
        self.tell(of_group(group, Planned::GroupRemoved { memberships }, because))
    }

    /// Tries what came of a user. If its member is another by now, since two were taken for one, it is asked about again.
    fn user(&mut self, outcome: UserOutcome) -> Result<()> {
        if self.writer.resolve(&outcome)? == outcome.subject.member {
            return self.try_user(&outcome);
        }
        let subject = UserSubject::read(&*self.writer.tx, outcome.subject.due)?;
        self.tally.subjects = self.tally.subjects.saturating_sub(1);
        self.users(subject.into_iter().collect())
    }

    fn try_user(&mut self, outcome: &UserOutcome) -> Result<()> {
        self.writer.user(outcome)?;
        let stuck = self.writer.stuck.take();
        let events = self.events()?;
        if events.is_empty() && stuck.is_none() {
            return Ok(());
        }
        let subject = &outcome.subject;
        let said = Said { proposed: &outcome.verdicts, reason: outcome.reason(), before: self.decision(subject.due)? };
        let present = subject.member.as_ref().filter(|row| !row.removed).map(|row| &row.member);
        let id = subject.member.as_ref().map_or(subject.due.id, |row| row.member.id);
        let memberships = events.iter().filter(|event| matches!(event.change, Change::MembershipAdded { .. })).count() as u64;
        let about = |name: &str, change, because: Because| Difference {
            kind: SubjectKind::User,
            id,
            scim_id: Some(subject.due.id),
            connection: self.writer.connection_id(subject.due.connection),
            name: name.to_owned(),
            change,
            reason: because.0,
            lifted: because.1,
        };
        let mut found = Vec::new();
        for event in events {
            match event.change {
                Change::MemberAdded { member } => {
                    let change = Planned::MemberAdded { status: member.status, role: member.role, memberships };
                    found.push(about(&member.user_name, change, said.of_inclusion()));
                }
                Change::MemberUpdated { member } => {
                    let changes = present.map(|before| changes(before, &member, &said)).unwrap_or_default();
                    found.extend(changes.into_iter().map(|(change, because)| about(&member.user_name, change, because)));
                }
                Change::MemberRemoved { member_id } => {
                    let memberships = self.asking.view.count(&Range::under(layout::memberships(member_id)), usize::MAX)? as u64;
                    let name = present.map_or(subject.user_name.as_str(), |member| member.user_name.as_str());
                    found.push(about(name, Planned::MemberRemoved { memberships }, said.of_inclusion()));
                }
                Change::MembershipAdded { group_id, .. } if present.is_some() => {
                    let group = self.group_name(group_id)?;
                    let because = said.of_membership(group_id, &group, &self.groups);
                    found.push(about(&outcome.view.user_name, Planned::MembershipAdded { group_id, group }, because));
                }
                Change::MembershipRemoved { group_id, .. } => {
                    let group = self.group_name(group_id)?;
                    let because = said.of_membership(group_id, &group, &self.groups);
                    found.push(about(&outcome.view.user_name, Planned::MembershipRemoved { group_id, group }, because));
                }
                Change::GroupAdded { group } => {
                    let because = said.of_membership(group.id, &group.display_name, &self.groups);
                    found.push(of_group(&group, Planned::GroupAdded, because));
                }
                Change::GroupRemoved { group_id } => {
                    // One that policies named goes with its last member, who left it now.
                    let Some(group) = self.asking.view.json::<Group>(&layout::group(group_id))? else { continue };
                    let because = said.of_membership(group_id, &group.display_name, &self.groups);
                    found.push(of_group(&group, Planned::GroupRemoved { memberships: 0 }, because));
                }
                Change::MembershipAdded { .. } | Change::GroupUpdated { .. } => {}
            }
        }
        if let Some(stuck) = stuck {
            found.push(about(&subject.user_name, Planned::Stuck, (Some(stuck), false)));
        }
        found.into_iter().try_for_each(|difference| self.tell(difference))
    }

    /// The name of a group that is there, or was until now.
    fn group_name(&self, id: Id) -> Result<String> {
        let key = layout::group(id);
        let group: Option<Group> = match self.writer.tx.json(&key)? {
            Some(group) => Some(group),
            None => self.asking.view.json(&key)?,
        };
        Ok(group.map(|group| group.display_name).unwrap_or_default())
    }

    /// What was concluded of a subject by the pipeline in force.
    fn decision(&self, due: Due) -> Result<Option<Decision>> {
        self.asking.view.json(&layout::decision(due.connection, due.kind, due.id))
    }
}

/// What a thread that is no more leaves unsaid.
fn lost() -> Error {
    Error::internal("a thread that evaluated a plan ended before its time")
}

fn of_group(group: &Group, change: Planned, (reason, lifted): Because) -> Difference {
    Difference {
        kind: SubjectKind::Group,
        id: group.id,
        scim_id: (group.issued == Issued::Scim).then_some(group.id),
        connection: group.connection,
        name: group.display_name.clone(),
        change,
        reason,
        lifted,
    }
}

/// What is different between a member and the same later, and why.
fn changes(before: &Member, after: &Member, said: &Said<'_>) -> Vec<(Planned, Because)> {
    let mut changes = Vec::new();
    let status = |change: &VerdictChange| change.effect == "set-status";
    match (before.status, after.status) {
        (Status::Active, Status::Suspended) => {
            changes.push((Planned::MemberSuspended, said.of(status)));
        }
        (Status::Suspended, Status::Active) => {
            changes.push((Planned::MemberReactivated, said.of(status)));
        }
        _ => {}
    }
    if before.role != after.role {
        let change = Planned::MemberRole { from: before.role.clone(), to: after.role.clone() };
        changes.push((change, said.of(|change| change.effect == "set-role")));
    }
    let texts = [
        ("userName", before.user_name != after.user_name),
        ("displayName", before.display_name != after.display_name),
        ("email", before.email != after.email),
        ("externalId", before.external_id != after.external_id),
        ("id", before.scim_id != after.scim_id),
    ];
    let mut attributes: Vec<String> = texts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect();
    let names = before.attributes.keys().chain(after.attributes.keys().filter(|name| !before.attributes.contains_key(*name)));
    attributes.extend(names.filter(|name| before.attributes.get(*name) != after.attributes.get(*name)).cloned());
    if !attributes.is_empty() {
        let named = |change: &VerdictChange| {
            matches!(change.effect.as_str(), "set-user-name" | "set-display-name" | "set-attribute" | "remove-attribute")
        };
        changes.push((Planned::MemberChanged { attributes }, said.of(named)));
    }
    changes
}

/// The subjects of a kind, in the order of a walk.
struct Chunks<'a> {
    view: &'a View,
    kind: u8,
    /// Numbers of connections that are not over.
    connections: std::collections::VecDeque<u32>,
    after: Option<Id>,
}

impl Chunks<'_> {
    fn next(&mut self) -> Result<Option<Vec<Due>>> {
        while let Some(connection) = self.connections.front().copied() {
            let ids = walk::ids_after(self.view, connection, self.kind, self.after, PLAN_CHUNK_MAX)?;
            self.after = ids.last().copied();
            if !ids.is_empty() {
                let due = |id| Due { kind: self.kind, connection, id, mark: None };
                return Ok(Some(ids.into_iter().map(due).collect()));
            }
            self.connections.pop_front();
        }
        Ok(None)
    }
}
