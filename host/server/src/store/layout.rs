//! What the keys of each table are made of. One place, so that a row's neighbours can be seen at a glance.
//!
//! `connection` is a connection's number within its tenant (0: made locally); `kind` the number of a resource type.

use super::{Key, Table};
use crate::id::Id;

/// Number of the resource type Group in keys. Below [`USER`], so that groups are projected before their members.
pub const GROUP: u8 = 1;
/// Number of the resource type User in keys.
pub const USER: u8 = 2;

/// A number that only grows.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Counter {
    /// Partition numbers given out. Kept in the installation's partition.
    Partition = 1,
    /// Connection numbers given out.
    Connection = 2,
    /// Activity entries written. Stamps dirty marks too.
    Activity = 3,
    /// Events written.
    Event = 4,
    /// Pipeline revisions written.
    Pipeline = 5,
    /// Members in the directory.
    Members = 6,
    /// Groups in the directory.
    Groups = 7,
    /// Subjects left at their last good projection by a fault.
    Stuck = 8,
    /// Projections of everything that were begun.
    Walk = 9,
    /// Changes of the tenant's own schemas.
    Catalog = 10,
    /// Groups in the directory that policies made.
    NamedGroups = 11,
    /// Changes of inventory or standing that made somebody due.
    Inventory = 12,
    /// Members in the directory that came by SCIM.
    SyncedMembers = 14,
    /// Members that wait for an operator's decision on whether they go.
    Held = 15,
    /// Pipelines put in shadow, and subjects that became due for one.
    Shadow = 16,
    /// The newest event before which nothing is known of the directory any more.
    Forgotten = 18,
}

/// What a directory member is recognised or found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MemberBy {
    /// Its SCIM id.
    ScimId = 1,
    /// Its `externalId`, to the letter.
    ExternalId = 2,
    /// Its `userName`, without regard to case.
    UserName = 3,
    /// The name that policies gave it in place of that, without regard to case.
    DirectoryName = 4,
}

/// Format version of the file.
pub fn format() -> Key {
    Key::new(Table::Meta)
}

/// The secret that authenticates machine code on disk.
pub fn compiled_key() -> Key {
    Key::new(Table::Meta).byte(1)
}

/// A tenant's record.
pub fn tenant(number: u32) -> Key {
    Key::new(Table::Tenant).number(number)
}

/// The partition number of a tenant.
pub fn tenant_number(id: Id) -> Key {
    Key::new(Table::TenantNumber).id(id)
}

/// A SCIM token.
pub fn token_hash(hash: &[u8; 32]) -> Key {
    Key::new(Table::TokenHash).raw(hash)
}

/// An operator key.
pub fn key_hash(hash: &[u8; 32]) -> Key {
    Key::new(Table::KeyHash).raw(hash)
}

/// An operator key that reaches every tenant.
pub fn root_key(id: Id) -> Key {
    Key::new(Table::RootKey).id(id)
}

/// A session.
pub fn session(hash: &[u8; 32]) -> Key {
    Key::new(Table::Session).raw(hash)
}

/// A counter.
pub fn counter(counter: Counter) -> Key {
    Key::new(Table::Counter).byte(counter as u8)
}

/// When the event at [`Counter::Forgotten`] was written, if that is known.
pub fn forgotten_at() -> Key {
    counter(Counter::Forgotten).byte(1)
}

/// A connection's record.
pub fn connection(number: u32) -> Key {
    Key::new(Table::Connection).number(number)
}

/// A connection's number.
pub fn connection_number(id: Id) -> Key {
    Key::new(Table::ConnectionNumber).id(id)
}

/// What is kept of a connection's `externalId`s that changed.
pub fn external_ids(connection: u32) -> Key {
    client(connection).byte(1)
}

/// Head of a connection's tokens.
pub fn tokens(connection: u32) -> Key {
    Key::new(Table::Token).number(connection)
}

/// A token's record, without the secret.
pub fn token(connection: u32, id: Id) -> Key {
    tokens(connection).id(id)
}

/// An operator key's record, without the secret.
pub fn key(id: Id) -> Key {
    Key::new(Table::Key).id(id)
}

/// A pipeline revision.
pub fn pipeline(revision: u64) -> Key {
    Key::new(Table::Pipeline).sequence(revision)
}

/// Head of the plans.
pub fn plans() -> Key {
    Key::new(Table::Plan)
}

/// A plan.
pub fn plan(id: Id) -> Key {
    plans().id(id)
}

/// Head of the parts of a plan's differences.
pub fn plan_parts(plan: Id) -> Key {
    Key::new(Table::PlanPart).id(plan)
}

/// A part of a plan's differences.
pub fn plan_part(plan: Id, part: u32) -> Key {
    plan_parts(plan).number(part)
}

/// The policies of a plan, behind the last part that it can have.
pub fn plan_policies(plan: Id) -> Key {
    plan_part(plan, u32::MAX)
}

/// What became of a pipeline revision.
pub fn outcome(revision: u64) -> Key {
    Key::new(Table::Outcome).sequence(revision)
}

/// The tenant's own schemas.
pub fn catalog() -> Key {
    Key::new(Table::Catalog)
}

/// What is known of a connection's client.
pub fn client(connection: u32) -> Key {
    Key::new(Table::Client).number(connection)
}

/// Head of the tenant's plugin revisions.
pub fn plugins() -> Key {
    Key::new(Table::Plugin)
}

/// A plugin revision.
pub fn plugin(name: &str, version: &str) -> Key {
    plugins().text(name).text(version)
}

/// Head of the pieces of a plugin's file.
pub fn plugin_file(file: Id) -> Key {
    Key::new(Table::PluginFile).id(file)
}

/// A piece of a plugin's file.
pub fn plugin_piece(file: Id, piece: u32) -> Key {
    plugin_file(file).number(piece)
}

/// Head of the files of plugins that no revision has.
pub fn loose_files() -> Key {
    Key::new(Table::LooseFile)
}

/// A file of a plugin that no revision has.
pub fn loose_file(file: Id) -> Key {
    loose_files().id(file)
}

/// Head of a connection's resources of a type, in the order of their creation.
pub fn resources(connection: u32, kind: u8) -> Key {
    Key::new(Table::Resource).number(connection).byte(kind)
}

/// A resource.
pub fn resource(connection: u32, kind: u8, id: Id) -> Key {
    resources(connection, kind).id(id)
}

/// Head of an index.
pub fn indexes(connection: u32, kind: u8, attribute: u8) -> Key {
    Key::new(Table::Index).number(connection).byte(kind).byte(attribute)
}

/// Head of the ids of resources whose indexed attribute has this (folded) value.
pub fn index(connection: u32, kind: u8, attribute: u8, value: &str) -> Key {
    indexes(connection, kind, attribute).text(value)
}

/// Number of the indexes that are named by their attribute's path.
const NAMED: u8 = 0;

/// Head of the index on the attribute at `path`, for attributes that have no number.
pub fn named_indexes(connection: u32, kind: u8, path: &str) -> Key {
    Key::new(Table::Index).number(connection).byte(kind).byte(NAMED).text(path)
}

/// Head of the ids of resources whose attribute at `path` has this (folded) value.
pub fn named_index(connection: u32, kind: u8, path: &str, value: &str) -> Key {
    named_indexes(connection, kind, path).text(value)
}

/// The digest of a group's members; none if it has none.
pub fn members_digest(connection: u32, group: Id) -> Key {
    Key::new(Table::MembersDigest).number(connection).id(group)
}

/// The name of a SCIM group, for those who need no more of it.
pub fn group_name(connection: u32, group: Id) -> Key {
    Key::new(Table::GroupName).number(connection).id(group)
}

/// Number of the activity entry of the last request that was about a SCIM group or its members.
pub fn group_touched(connection: u32, group: Id) -> Key {
    Key::new(Table::GroupTouched).number(connection).id(group)
}

/// Head of the members of all groups of a connection.
pub fn members_of_groups(connection: u32) -> Key {
    Key::new(Table::GroupMember).number(connection)
}

/// Head of a group's members.
pub fn group_members(connection: u32, group: Id) -> Key {
    Key::new(Table::GroupMember).number(connection).id(group)
}

/// A member of a group; the value is the member's kind.
pub fn group_member(connection: u32, group: Id, member: Id) -> Key {
    group_members(connection, group).id(member)
}

/// Head of the groups a resource is a member of.
pub fn member_groups(connection: u32, member: Id) -> Key {
    Key::new(Table::MemberGroup).number(connection).id(member)
}

/// A group a resource is a member of.
pub fn member_group(connection: u32, member: Id, group: Id) -> Key {
    member_groups(connection, member).id(group)
}

/// How many resources of a type a connection has.
pub fn resource_count(connection: u32, kind: u8) -> Key {
    Key::new(Table::ResourceCount).number(connection).byte(kind)
}

/// Head of the dirty marks: all groups, then all users.
pub fn dirty() -> Key {
    Key::new(Table::Dirty)
}

/// A subject's dirty mark; the value is the stamp of the change that set it.
pub fn dirty_mark(kind: u8, connection: u32, id: Id) -> Key {
    dirty().byte(kind).number(connection).id(id)
}

/// Head of the users that policies put into a group which the identity provider did not.
pub fn added_to(connection: u32, group: Id) -> Key {
    Key::new(Table::AddedTo).number(connection).id(group)
}

/// Head of the groups that policies put a user into and the identity provider did not.
pub fn added_groups(connection: u32, user: Id) -> Key {
    Key::new(Table::AddedGroup).number(connection).id(user)
}

/// The projection of everything that is under way.
pub fn walk() -> Key {
    Key::new(Table::Walk)
}

/// Head of every decision.
pub fn all_decisions() -> Key {
    Key::new(Table::Decision)
}

/// Connection, kind and id of a decision's key.
pub fn read_decision(key: &[u8]) -> Option<(u32, u8, Id)> {
    let (connection, rest) = key.get(1..)?.split_first_chunk()?;
    let (kind, id) = rest.split_first()?;
    Some((u32::from_be_bytes(*connection), *kind, Id::from_slice(id)?))
}

/// Head of a connection's decisions on subjects of a type.
pub fn decisions(connection: u32, kind: u8) -> Key {
    Key::new(Table::Decision).number(connection).byte(kind)
}

/// The decision on a subject, by its SCIM id.
pub fn decision(connection: u32, kind: u8, id: Id) -> Key {
    decisions(connection, kind).id(id)
}

/// Head of the holds, in the order of their opening.
pub fn holds() -> Key {
    Key::new(Table::Hold)
}

/// A hold.
pub fn hold(id: Id) -> Key {
    holds().id(id)
}

/// Head of every held member.
pub fn all_held() -> Key {
    Key::new(Table::Held)
}

/// How a member is held.
pub fn held(member: Id) -> Key {
    all_held().id(member)
}

/// Head of the members of a hold.
pub fn held_of(hold: Id) -> Key {
    Key::new(Table::HeldOf).id(hold)
}

/// How many members have gone or were suspended within the window.
pub fn guard_window() -> Key {
    Key::new(Table::Guard).byte(1)
}

/// How many more may go by one pipeline revision, since an operator said so.
pub fn guard_allowance() -> Key {
    Key::new(Table::Guard).byte(2)
}

/// The last members that came by a connection.
pub fn guard_arrivals(connection: u32) -> Key {
    Key::new(Table::Guard).byte(3).number(connection)
}

/// How many members of a connection are held, or released and still there.
pub fn held_count(connection: u32) -> Key {
    Key::new(Table::Guard).byte(4).number(connection)
}

/// The hold that whoever is held from now on joins.
pub fn open_hold() -> Key {
    Key::new(Table::Guard).byte(5)
}

/// Head of what operators said of whole holds and is not carried out to the end.
pub fn hold_orders() -> Key {
    Key::new(Table::Guard).byte(6)
}

/// What an operator said of a whole hold.
pub fn hold_order(hold: Id) -> Key {
    hold_orders().id(hold)
}

/// Head of the stuck subjects.
pub fn all_stuck() -> Key {
    Key::new(Table::Stuck)
}

/// A stuck subject, by its SCIM id.
pub fn stuck(id: Id) -> Key {
    all_stuck().id(id)
}

/// Head of the stuck subjects by the time at which they are tried again.
pub fn all_stuck_until() -> Key {
    Key::new(Table::StuckUntil)
}

/// A stuck subject by the time, in milliseconds since 1970, at which it is tried again. Times before 1970 are no different from its beginning.
pub fn stuck_until(millis: i64, id: Id) -> Key {
    all_stuck_until().sequence(u64::try_from(millis).unwrap_or(0)).id(id)
}

/// Time and id of such a key.
pub fn read_stuck_until(key: &[u8]) -> Option<(i64, Id)> {
    let (millis, id) = key.get(1..)?.split_first_chunk()?;
    Some((i64::try_from(u64::from_be_bytes(*millis)).ok()?, Id::from_slice(id)?))
}

/// What a policy that only watches would make different.
pub fn monitor(policy: &str) -> Key {
    Key::new(Table::Monitor).text(policy)
}

/// The pipeline in shadow of the one in force.
pub fn shadow() -> Key {
    Key::new(Table::Shadow)
}

/// Head of the subjects that the shadow is still to look at.
pub fn all_shadow_due() -> Key {
    Key::new(Table::ShadowDue)
}

/// A subject that the shadow is still to look at; the value is a number of its own.
pub fn shadow_due(kind: u8, connection: u32, id: Id) -> Key {
    all_shadow_due().byte(kind).number(connection).id(id)
}

/// Head of what any shadow would make different.
pub fn all_shadow_differences() -> Key {
    Key::new(Table::ShadowDifference)
}

/// Head of what the shadow of this number would make different.
pub fn shadow_differences(number: u64) -> Key {
    all_shadow_differences().sequence(number)
}

/// What it would make different of a subject.
pub fn shadow_difference(number: u64, id: Id) -> Key {
    shadow_differences(number).id(id)
}

/// A directory member.
pub fn member(id: Id) -> Key {
    Key::new(Table::Member).id(id)
}

/// Head of every directory member.
pub fn members() -> Key {
    Key::new(Table::Member)
}

/// Head of the ids of directory members recognised by this text.
pub fn member_by(connection: u32, by: MemberBy, text: &str) -> Key {
    members_by(connection, by).text(text)
}

/// Head of the members of a connection that are recognised by something of this sort.
pub fn members_by(connection: u32, by: MemberBy) -> Key {
    Key::new(Table::MemberIndex).number(connection).byte(by as u8)
}

/// The SCIM id in a key of a member that is recognised by it; `None` for another key.
pub fn scim_id_of(key: &[u8]) -> Option<Id> {
    /// Table, connection and sort.
    const HEAD: usize = 1 + 4 + 1;
    let text = key.get(HEAD..key.len().checked_sub(2 + Id::BYTES)?)?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A directory group.
pub fn group(id: Id) -> Key {
    Key::new(Table::Group).id(id)
}

/// Head of every directory group.
pub fn groups() -> Key {
    Key::new(Table::Group)
}

/// Head of the ids of directory groups that came by SCIM and have this (folded) name.
pub fn groups_named(name: &str) -> Key {
    Key::new(Table::GroupIndex).text(name)
}

/// The local group of this name.
pub fn local_group(name: &str) -> Key {
    Key::new(Table::LocalGroup).text(name)
}

/// Head of the groups of a directory member.
pub fn memberships(member: Id) -> Key {
    Key::new(Table::Membership).id(member)
}

/// A group of a directory member.
pub fn membership(member: Id, group: Id) -> Key {
    memberships(member).id(group)
}

/// Head of the members of all directory groups.
pub fn all_memberships() -> Key {
    Key::new(Table::MembershipOf)
}

/// Head of the members of a directory group.
pub fn memberships_of(group: Id) -> Key {
    Key::new(Table::MembershipOf).id(group)
}

/// A member of a directory group.
pub fn membership_of(group: Id, member: Id) -> Key {
    memberships_of(group).id(member)
}

/// Head of the events.
pub fn events() -> Key {
    Key::new(Table::Event)
}

/// An event.
pub fn event(sequence: u64) -> Key {
    events().sequence(sequence)
}

/// Head of the activity.
pub fn activities() -> Key {
    Key::new(Table::Activity)
}

/// An activity entry.
pub fn activity(sequence: u64) -> Key {
    activities().sequence(sequence)
}

/// Head of what directory members were before events.
pub fn members_before() -> Key {
    Key::new(Table::MemberBefore)
}

/// Head of what a directory member was; behind it the event's number. No value: it was not there.
pub fn member_before(id: Id) -> Key {
    members_before().id(id)
}

/// Head of what directory groups were before events.
pub fn groups_before() -> Key {
    Key::new(Table::GroupBefore)
}

/// Head of what a directory group was; behind it the event's number. No value: it was not there.
pub fn group_before(id: Id) -> Key {
    groups_before().id(id)
}

/// Head of what the memberships of a directory member were; behind it the event's number and that of a piece. The value is whether they were there, and
/// the groups' ids.
pub fn memberships_before(member: Id) -> Key {
    Key::new(Table::MembershipBefore).id(member)
}

/// The same of a directory group, with the members' ids.
pub fn memberships_of_before(group: Id) -> Key {
    Key::new(Table::MembershipOfBefore).id(group)
}

/// Who or what went from the directory by the event with this number.
pub fn gone(sequence: u64) -> Key {
    Key::new(Table::Gone).sequence(sequence)
}

/// Head of the events by which members, or groups, went that are found by this (folded) text; behind it the event's number.
pub fn gone_by(kind: u8, text: &str) -> Key {
    Key::new(Table::GoneIndex).byte(kind).text(text)
}
