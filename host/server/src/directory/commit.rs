//! Writing what came of a batch: directory rows, decisions, events and the removal of dirty marks, all in one transaction.
//!
//! A subject whose inputs moved since they were looked at is left out, and stays due.

mod projected;

use super::added;
use super::ahead::Ahead;
use super::decision::{self, Decision, Reason, SubjectKind};
use super::evaluate::{GroupOutcome, UserOutcome};
use super::event::{Change, Occasion, emit, emit_after};
use super::group::{self, Group};
use super::guard::{self, Case, Judgement, Loss, Watch};
use super::hold::{self, HeldBy};
use super::member::{self, Issued, Member, MemberRow};
use super::outcome;
use super::past::Before;
use super::shadow;
use super::subject::{Due, Setting};
use super::walk::{self, Walk};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{COMMIT_ROWS_MAX, NAMED_GROUPS_MAX};
use crate::policy::Lifecycle;
use crate::provision::{Causes, Scope, Why, mark_dirty, mark_members};
use crate::store::layout::{self, Counter, GROUP, MemberBy, USER};
use crate::store::{Numbers, Rows, Tx};

pub(super) use projected::{Idle, Next, Projected};

/// What whoever watches hears of a commit.
#[derive(Default)]
pub(super) struct Committed {
    /// Members that came to be held.
    pub held: u64,
    /// Holds that were opened for them.
    pub opened: Vec<Id>,
    /// Where the walk stands of which more is to be written.
    pub walk: Option<Walk>,
}

/// Writes it.
pub(super) fn commit(tx: &mut Tx<'_>, setting: &Setting, projected: &Projected, now: Timestamp) -> Result<Committed> {
    if tx.number(&layout::counter(Counter::Pipeline))? != setting.pipeline.revision {
        // Another pipeline is in force by now, and with it a walk over everything.
        return Ok(Committed::default());
    }
    let events = tx.number(&layout::counter(Counter::Event))?;
    let Any { held: any_held, added: any_added } = Any::read(tx)?;
    let (walking, when) = (projected.walk.is_some(), Occasion { at: now, activity: None });
    let (walk, causes) = (walk::current(tx)?.and_then(|walk| walk.activity), Causes::default());
    let mut writer = Writer {
        tx,
        setting,
        when,
        causes,
        touched: None,
        walk,
        walking,
        draft: false,
        stuck: None,
        held: None,
        rows_left: COMMIT_ROWS_MAX,
        any_held,
        any_added,
        committed: Committed::default(),
    };
    for outcome in &projected.groups {
        if writer.may_write(outcome.subject.due, outcome.postponed)? {
            writer.group(outcome)?;
            writer.done(outcome.subject.due);
        }
    }
    for outcome in &projected.users {
        if writer.may_write(outcome.subject.due, outcome.postponed)? && writer.user(outcome)? {
            writer.done(outcome.subject.due);
        }
    }
    for due in &projected.gone {
        if writer.may_write(*due, false)? {
            writer.gone(*due)?;
            writer.done(*due);
        }
    }
    writer.idle(&projected.idle)?;
    let mut committed = writer.committed;
    shadow::mark(tx, &mut projected.subjects())?;
    if let Some((walked, next)) = &projected.walk
        && walk::current(tx)?.is_some_and(|current| current == *walked)
    {
        let events = walked.events + tx.number(&layout::counter(Counter::Event))?.saturating_sub(events);
        let at = match next {
            Next::Same => Some(walked.having_made(events)),
            Next::At(next) => Some(next.having_made(events)),
            Next::End => None,
        };
        match at {
            Some(at) => {
                if at != *walked {
                    tx.put_json(&layout::walk(), &at)?;
                }
                committed.walk = Some(at);
            }
            None => {
                tx.delete(&layout::walk());
                guard::forget_allowance(tx);
                outcome::finish(tx, events, now)?;
            }
        }
    }
    Ok(committed)
}

/// What an outcome does to the directory.
pub(super) struct Writer<'t, 'a, 's> {
    pub(super) tx: &'t mut Tx<'a>,
    setting: &'s Setting,
    /// Of the subject that is being written, for the sake of the newest of its causes.
    when: Occasion,
    /// What made that subject due, the walk included.
    causes: Causes,
    /// The newest request that was about that subject itself, or about a group of it.
    touched: Option<u64>,
    /// The request that began the walk that is under way.
    walk: Option<u64>,
    walking: bool,
    /// Whether this only tries what would become of the directory: nobody moves meanwhile, and nothing is concluded of anybody.
    draft: bool,
    /// Of a draft: why the user last written is stuck, if it is.
    pub(super) stuck: Option<Reason>,
    /// The same of how it is held.
    pub(super) held: Option<HeldBy>,
    rows_left: usize,
    /// Whether anybody is held, or was and is still there.
    any_held: bool,
    /// What there is to tell of it.
    committed: Committed,
    /// Whether policies have put anybody into a group of the inventory.
    any_added: bool,
}

/// What of the directory is asked once and not of each subject, since it is mostly nobody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Any {
    held: bool,
    added: bool,
}

impl Any {
    /// As the rows have it.
    pub(super) fn read(rows: &impl Rows) -> Result<Self> {
        Ok(Self { held: hold::is_any(rows)?, added: added::is_any(rows)? })
    }
}

impl<'t, 'a, 's> Writer<'t, 'a, 's> {
    /// One that tries in a draft what a walk over everybody would do.
    pub(super) fn draft(tx: &'t mut Tx<'a>, setting: &'s Setting, now: Timestamp, any: Any) -> Self {
        let (when, causes) = (Occasion { at: now, activity: None }, Causes::default());
        Self {
            tx,
            setting,
            when,
            causes,
            touched: None,
            walk: None,
            walking: true,
            draft: true,
            stuck: None,
            held: None,
            rows_left: usize::MAX,
            any_held: any.held,
            any_added: any.added,
            committed: Committed::default(),
        }
    }
}

impl Writer<'_, '_, '_> {
    /// Whether the subject is still as it was looked at. One that was not asked about is made due if it is not.
    fn may_write(&mut self, due: Due, postponed: bool) -> Result<bool> {
        if walk::mark(self.tx, due.kind, due.connection, due.id)? != due.mark {
            return Ok(false);
        }
        self.causes = walk::causes(self.tx, due)?;
        self.touched = self.causes.newest();
        // What was marked before the walk began is projected by the new pipeline, too.
        if let Some(walk) = self.walk.filter(|walk| self.walking || Some(*walk) > self.touched) {
            self.causes.add(Why::itself(walk));
        }
        self.when.activity = self.causes.newest();
        let postponed = postponed || self.rows_left == 0;
        if postponed {
            self.make_due(due)?;
        }
        Ok(!postponed)
    }

    /// Makes a subject due that has no mark: a walk passed it by.
    fn make_due(&mut self, due: Due) -> Result<()> {
        if due.mark.is_none() {
            let stamp = self.tx.number(&layout::counter(Counter::Activity))?;
            let why = Why { activity: self.when.activity, group: None };
            mark_dirty(self.tx, Scope { connection: due.connection }, (due.kind, due.id), stamp, why)?;
        }
        Ok(())
    }

    /// The occasion of a change of the subject's membership of a group, or of the subject itself, if one of the causes was about just that.
    fn when_about(&self, group: Option<Id>) -> Occasion {
        Occasion { activity: self.causes.about(group).or(self.when.activity), ..self.when }
    }

    fn done(&mut self, due: Due) {
        if due.mark.is_some() {
            self.tx.delete(&layout::dirty_mark(due.kind, due.connection, due.id));
        }
    }

    fn remove_group(&mut self, group: Id, reason: Option<Reason>) -> Result<()> {
        let rows = group::remove(self.tx, group, self.when, reason)?;
        self.rows_left = self.rows_left.saturating_sub(rows);
        Ok(())
    }

    /// The connection of this number.
    pub(super) fn connection_id(&self, number: u32) -> Option<Id> {
        self.setting.connections.get(&number).map(|connection| connection.id)
    }

    /// Writes that a subject is no longer there.
    pub(super) fn gone(&mut self, due: Due) -> Result<()> {
        if due.kind == GROUP {
            if self.tx.has(&layout::group(due.id))? {
                let with_connection = self.setting.connections.get(&due.connection).is_some_and(|connection| connection.deleting);
                self.remove_group(due.id, Some(Reason::gone(SubjectKind::Group, with_connection)))?;
            }
            // Whom policies put into it asked for what no longer is.
            let stamp = self.tx.number(&layout::counter(Counter::Activity))?;
            added::mark(self.tx, due.connection, due.id, stamp, self.when.activity)?;
        }
        decision::delete(self.tx, due.connection, due.kind, due.id)
    }

    /// Makes those due of whom something has moved since nothing changed of them.
    fn idle(&mut self, idle: &[Idle]) -> Result<()> {
        let (Some(first), Some(last)) = (idle.first(), idle.last()) else { return Ok(()) };
        let marks = walk::marks_between(self.tx, USER, first.due.connection, first.due.id, last.due.id)?;
        let mut ahead = Ahead::default();
        // Of whoever is left out and has no member nothing would be written, whatever has moved.
        let members: Vec<Id> = idle.iter().filter(|idle| idle.row.is_some()).map(|idle| idle.due.id).collect();
        ahead.read_members(self.tx, &members)?;
        let mut moved = Vec::new();
        for Idle { due, row } in idle {
            // Who has got a mark is due by it.
            let is_due = marks.contains_key(&due.id);
            if !is_due && row.is_some() && ahead.on(self.tx).get(&layout::member(due.id))? != *row {
                moved.push(*due);
            }
        }
        moved.into_iter().try_for_each(|due| self.may_write(due, true).map(drop))
    }

    /// Writes what came of a group.
    pub(super) fn group(&mut self, outcome: &GroupOutcome) -> Result<()> {
        let subject = &outcome.subject;
        let due = subject.due;
        let Some(connection) = self.connection_id(due.connection) else { return Ok(()) };
        let before: Option<Group> = self.tx.json(&layout::group(due.id))?;
        let included = if outcome.stuck.is_some() { before.is_some() } else { outcome.view.included };
        if outcome.stuck.is_none() && included {
            let mut after = Group {
                id: due.id,
                issued: Issued::Scim,
                connection: Some(connection),
                external_id: subject.external_id.clone(),
                display_name: outcome.view.display_name.clone(),
                created: subject.created,
                last_modified: before.as_ref().map_or(self.when.at, |group| group.last_modified),
            };
            if before.as_ref() != Some(&after) {
                after.last_modified = self.when.at;
                group::put(self.tx, before.as_ref(), after, self.when)?;
            }
            if before.is_none() && !self.walking {
                // Its members' memberships show from now on. A walk comes to them by itself.
                let stamp = self.tx.number(&layout::counter(Counter::Activity))?;
                mark_members(self.tx, Scope { connection: due.connection }, due.id, stamp, self.when.activity)?;
                added::mark(self.tx, due.connection, due.id, stamp, self.when.activity)?;
            }
        } else if outcome.stuck.is_none() && before.is_some() {
            self.remove_group(due.id, outcome.reason.clone())?;
        }
        if self.draft {
            return Ok(());
        }
        let decision = Decision {
            kind: SubjectKind::Group,
            scim_id: due.id,
            connection,
            name: subject.display_name.clone(),
            member: None,
            included,
            reason: outcome.reason.clone().filter(|_| !included),
            stuck: outcome.stuck.clone(),
            held: None,
            pipeline_revision: self.setting.pipeline.revision,
            verdicts: outcome.verdicts.clone(),
            touched_by: self.touched,
            requested_by: None,
            at: self.when.at,
        };
        decision::put(self.tx, due.connection, decision, self.walking)
    }

    /// Writes what came of a user. Gives whether it is dealt with; if its member is another than was looked at, it stays due.
    pub(super) fn user(&mut self, outcome: &UserOutcome) -> Result<bool> {
        let subject = &outcome.subject;
        let due = subject.due;
        let Some(connection) = self.connection_id(due.connection) else { return Ok(true) };
        if !self.draft && self.resolve(outcome)? != subject.member {
            self.make_due(due)?;
            return Ok(false);
        }
        let (mut row, mut stuck) = (None, outcome.stuck.clone());
        // Nobody stays behind a connection that is going only because no policy could be asked.
        let going = self.setting.connections.get(&due.connection).is_some_and(|connection| connection.deleting);
        if going && subject.lifecycle == Lifecycle::Deleted && stuck.is_some() {
            stuck = None;
        } else if stuck.is_none() && outcome.view.included {
            match self.member_row(outcome, connection)? {
                Ok(built) => row = Some(built),
                Err(text) => stuck = Some(Reason { policy: last_policy(outcome), text }),
            }
        }
        let present = subject.member.as_ref().filter(|row| !row.removed);
        let held = match present {
            Some(before) if stuck.is_none() => self.guard(before, &mut row, outcome)?,
            Some(before) if self.any_held => hold::note(self.tx, before.member.id)?,
            _ => None,
        };
        if let Some(before) = present.filter(|_| held.is_some() && stuck.is_none()) {
            self.follow(before, outcome)?;
        }
        // Then nothing else of it changes.
        let stays = stuck.is_some() || held.is_some();
        let included = if stays { present.is_some() } else { row.is_some() };
        if let Some(after) = row.filter(|_| !stays) {
            self.put_member(subject.member.as_ref(), after, outcome)?;
        } else if !stays && let Some(before) = present {
            member::remove(self.tx, before, self.when, Some(outcome.cause(Loss::Removed)))?;
        }
        if !stays {
            // Those that cannot be are what the subject is stuck for; what it had stays.
            let added = if included { outcome.added_groups() } else { Vec::new() };
            self.any_added |= !added.is_empty();
            if self.any_added {
                added::put_user(self.tx, due.connection, due.id, &added)?;
            }
        }
        if self.draft {
            (self.stuck, self.held) = (stuck, held);
            return Ok(true);
        }
        if let Some(old) = subject.member.as_ref().and_then(|row| row.member.scim_id).filter(|old| *old != due.id) {
            // Somebody came back under another SCIM id.
            decision::delete(self.tx, due.connection, USER, old)?;
        }
        if subject.lifecycle == Lifecycle::Deleted && !included {
            decision::delete(self.tx, due.connection, USER, due.id)?;
            return Ok(true);
        }
        let member = included.then(|| subject.member.as_ref().map_or(due.id, |row| row.member.id));
        let concluded = user_decision(self.setting, outcome, connection, member);
        let decision = Decision { included, stuck, held, touched_by: self.touched, at: self.when.at, ..concluded };
        decision::put(self.tx, due.connection, decision, self.walking)?;
        Ok(true)
    }

    /// Asks the guard whether a member may lose what the outcome takes from it, if it takes something. Gives how it is held if it may not.
    fn guard(&mut self, before: &MemberRow, row: &mut Option<MemberRow>, outcome: &UserOutcome) -> Result<Option<HeldBy>> {
        let Some(loss) = Loss::between(before, row.as_ref()) else {
            if self.any_held {
                hold::clear(self.tx, before.member.id, self.when.at)?;
            }
            return Ok(None);
        };
        let case = Case { row: before, loss, cause: outcome.cause(loss), scim_id: outcome.subject.due.id, activity: self.when.activity };
        let walking = self.walking.then_some(self.setting.pipeline.revision);
        let watch = Watch { guard: &self.setting.guard, walking, draft: self.draft, now: self.when.at };
        match guard::judge(self.tx, &case, &watch)? {
            Judgement::Passes => Ok(None),
            Judgement::Counts => {
                row.iter_mut().for_each(|row| row.counted = Some(self.when.at));
                Ok(None)
            }
            Judgement::Held(held) => {
                self.any_held = true;
                Ok(Some(held))
            }
            Judgement::Joins(joined) => {
                self.any_held = true;
                self.committed.held += 1;
                self.committed.opened.extend(Some(joined.by.hold).filter(|_| joined.opened));
                Ok(Some(joined.by))
            }
        }
    }

    /// Has a held member belong to the SCIM User that came in the place of its own. Otherwise both would be asked about it, and when it is released the one that is gone would take it along.
    fn follow(&mut self, before: &MemberRow, outcome: &UserOutcome) -> Result<()> {
        let subject = &outcome.subject;
        if subject.lifecycle == Lifecycle::Deleted || before.member.scim_id == Some(subject.due.id) {
            return Ok(());
        }
        added::put(self.tx, before, &[])?;
        let mut after = before.clone();
        after.user_name.clone_from(&subject.user_name);
        after.display_name.clone_from(&subject.display_name);
        after.member.scim_id = Some(subject.due.id);
        after.member.external_id.clone_from(&subject.external_id);
        after.member.last_modified = self.when.at;
        member::put(self.tx, Some(before), &after)?;
        emit_after(self.tx, self.when, Change::MemberUpdated { member: after.member }, &Before::Member(&before.member, &[]))
    }

    /// The member as of now, found as it was for the snapshot.
    pub(super) fn resolve(&self, outcome: &UserOutcome) -> Result<Option<MemberRow>> {
        let subject = &outcome.subject;
        let due = subject.due;
        if subject.lifecycle != Lifecycle::Deleted {
            return member::resolve(self.tx, due.connection, due.id, subject.external_id.as_deref(), &subject.user_name);
        }
        let linked = member::rows_by(self.tx, due.connection, MemberBy::ScimId, &due.id.to_string())?;
        Ok(linked.into_iter().find(|row| row.member.scim_id == Some(due.id) && !row.removed))
    }

    /// The row that the view makes, or why the view cannot be.
    fn member_row(&self, outcome: &UserOutcome, connection: Id) -> Result<Result<MemberRow, String>> {
        let (subject, view) = (&outcome.subject, &outcome.view);
        for group in outcome.added_groups() {
            if !self.tx.has(&layout::resource(subject.due.connection, GROUP, group))? {
                return Ok(Err("It wanted to add a group that the identity provider does not have.".to_owned()));
            }
        }
        let room = NAMED_GROUPS_MAX.saturating_sub(self.tx.number(&layout::counter(Counter::NamedGroups))?);
        let mut new = 0;
        for name in &view.named_groups {
            new += u64::from(!self.tx.has(&layout::group(group::named_id(self.setting.tenant, name)))?);
        }
        if new > room {
            return Ok(Err(format!("The policies want more than {NAMED_GROUPS_MAX} groups of their own.")));
        }
        let attributes = match outcome.attributes(self.setting.kind(USER)) {
            Ok(attributes) => attributes,
            Err(text) => return Ok(Err(text)),
        };
        let email = outcome.email(&attributes);
        let before = subject.member.as_ref();
        let came = before.filter(|row| !row.removed).map_or(self.when.at, |row| row.member.created);
        let mut row = MemberRow {
            connection: subject.due.connection,
            removed: false,
            projected: view.status,
            user_name: subject.user_name.clone(),
            display_name: subject.display_name.clone(),
            counted: before.and_then(|row| row.counted),
            member: Member {
                id: before.map_or(subject.due.id, |row| row.member.id),
                issued: Issued::Scim,
                connection: Some(connection),
                scim_id: Some(subject.due.id),
                external_id: subject.external_id.clone(),
                user_name: view.user_name.clone(),
                display_name: view.display_name.clone(),
                email,
                status: view.status,
                role: view.role.clone(),
                operator_role: before.and_then(|row| row.member.operator_role.clone()),
                blocked: subject.is_blocked(),
                attributes,
                created: came,
                last_modified: before.map_or(self.when.at, |row| row.member.last_modified),
            },
        };
        row.settle_status();
        Ok(Ok(row))
    }

    fn put_member(&mut self, before: Option<&MemberRow>, mut after: MemberRow, outcome: &UserOutcome) -> Result<()> {
        let id = after.member.id;
        if before != Some(&after) {
            after.member.last_modified = self.when.at;
            member::put(self.tx, before, &after)?;
            let member = after.member;
            match before.filter(|row| !row.removed) {
                Some(row) => {
                    let when = self.when_about(None);
                    emit_after(self.tx, when, Change::MemberUpdated { member }, &Before::Member(&row.member, &[]))?;
                }
                None => {
                    guard::arrived(self.tx, after.connection, id, self.when.at)?;
                    emit(self.tx, self.when, Change::MemberAdded { member })?;
                }
            }
        }
        self.put_memberships(id, outcome)
    }

    /// Makes the member's synced groups those of the view that the directory shows. Local groups are operators' business.
    fn put_memberships(&mut self, member: Id, outcome: &UserOutcome) -> Result<()> {
        let mut wanted = Vec::new();
        for group in &outcome.view.groups {
            if self.tx.has(&layout::group(*group))? {
                wanted.push(*group);
            }
        }
        for name in &outcome.view.named_groups {
            let group = group::named_id(self.setting.tenant, name);
            group::ensure_named(self.tx, group, name, self.when)?;
            wanted.push(group);
        }
        let have = group::ids_of_member(self.tx, member)?;
        for group in have.iter().filter(|group| !wanted.contains(group)) {
            let row: Option<Group> = self.tx.json(&layout::group(*group))?;
            if row.is_some_and(|row| row.issued == Issued::Api) {
                continue;
            }
            group::unlink(self.tx, member, *group);
            let when = self.when_about(Some(*group));
            emit(self.tx, when, Change::MembershipRemoved { member_id: member, group_id: *group })?;
            group::tidy(self.tx, *group, when)?;
        }
        for group in wanted.iter().filter(|group| !have.contains(group)) {
            group::link(self.tx, member, *group);
            let when = self.when_about(Some(*group));
            emit(self.tx, when, Change::MembershipAdded { member_id: member, group_id: *group })?;
        }
        Ok(())
    }
}

/// What is decided on a user of whom nothing is held or stuck and whom nothing touched, and who is this member.
fn user_decision(setting: &Setting, outcome: &UserOutcome, connection: Id, member: Option<Id>) -> Decision {
    let subject = &outcome.subject;
    Decision {
        kind: SubjectKind::User,
        scim_id: subject.due.id,
        connection,
        name: subject.user_name.clone(),
        member,
        included: member.is_some(),
        reason: outcome.reason(),
        stuck: None,
        held: None,
        pipeline_revision: setting.pipeline.revision,
        verdicts: outcome.verdicts.clone(),
        touched_by: None,
        requested_by: None,
        at: Timestamp::from_millis(0),
    }
}

/// The policy that spoke last with a change, whose change is the one that cannot be.
fn last_policy(outcome: &UserOutcome) -> Option<String> {
    let spoke = |verdict: &&decision::Verdict| !verdict.monitor && !verdict.changes.is_empty();
    outcome.verdicts.iter().rev().find(spoke).map(|verdict| verdict.policy.clone())
}
