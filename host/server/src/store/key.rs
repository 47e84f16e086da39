//! Keys: bytes led by partition and table, so that rows of one tenant and one kind lie together and in order.
//!
//! Knows no engine. What each table's keys are made of stands in [`super::layout`].

use crate::id::Id;

/// The number of a tenant's partition, 4 bytes at the head of each key. 0 is the installation's own.
pub type PartitionNumber = u32;

/// The installation's own partition: tenants, and who may call.
pub const INSTALLATION: PartitionNumber = 0;

/// A kind of row.
///
/// The numbers are stored; they are never given to another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Table {
    /// Format version of the file. Installation.
    Meta = 1,
    /// Tenants by partition number. Installation.
    Tenant = 2,
    /// Partition number by tenant id. Installation.
    TenantNumber = 3,
    /// SCIM tokens by hash. Installation.
    TokenHash = 4,
    /// Operator keys by hash. Installation.
    KeyHash = 5,
    /// Operator keys that reach every tenant, by id. Installation.
    RootKey = 6,
    /// Sessions by hash. Installation.
    Session = 7,
    /// Named numbers that only grow.
    Counter = 16,
    /// Connections by number.
    Connection = 17,
    /// Connection numbers by id.
    ConnectionNumber = 18,
    /// SCIM tokens by connection and id, without the secret.
    Token = 19,
    /// The tenant's operator keys by id, without the secret.
    Key = 20,
    /// Pipeline revisions by number.
    Pipeline = 21,
    /// The tenant's own schemas.
    Catalog = 22,
    /// What is known of the clients of connections, by number.
    Client = 23,
    /// The tenant's plugin revisions, by name and version.
    Plugin = 24,
    /// Files of plugins, in pieces.
    PluginFile = 25,
    /// Files of plugins that no revision has: they are coming, or going.
    LooseFile = 26,
    /// SCIM resources: the JSON that GET answers with.
    Resource = 32,
    /// Ids of resources by attribute value.
    Index = 33,
    /// Members of groups.
    GroupMember = 34,
    /// Groups of members: the same rows the other way round.
    MemberGroup = 35,
    /// How many resources there are of a type.
    ResourceCount = 36,
    /// Digests of groups' members.
    MembersDigest = 37,
    /// Names of groups.
    GroupName = 38,
    /// The last requests about groups or their members.
    GroupTouched = 39,
    /// Subjects whose projection is due.
    Dirty = 48,
    /// How far a projection of everything has come.
    Walk = 49,
    /// Decisions by subject.
    Decision = 50,
    /// Users by the groups that policies put them into.
    AddedTo = 51,
    /// The same rows the other way round.
    AddedGroup = 52,
    /// Plans, by id.
    Plan = 53,
    /// Differences of plans, in parts.
    PlanPart = 54,
    /// What became of pipeline revisions, by number.
    Outcome = 55,
    /// Holds by id.
    Hold = 57,
    /// Held members.
    Held = 58,
    /// Held members by hold.
    HeldOf = 59,
    /// What the guard against mass removals counts.
    Guard = 60,
    /// Subjects that a fault keeps at their last good projection.
    Stuck = 61,
    /// The same by the time at which they are tried again.
    StuckUntil = 62,
    /// What policies that only watch would make different, by the policy's name.
    Monitor = 63,
    /// Directory members.
    Member = 64,
    /// Directory members by what recognises them.
    MemberIndex = 65,
    /// Directory groups.
    Group = 66,
    /// Local groups by name.
    LocalGroup = 67,
    /// Groups of directory members.
    Membership = 68,
    /// The same rows the other way round.
    MembershipOf = 69,
    /// The pipeline in shadow of the one in force.
    Shadow = 70,
    /// Subjects that it is still to look at.
    ShadowDue = 71,
    /// What it would make different, by the shadow's number and the subject.
    ShadowDifference = 72,
    /// Directory groups that came by SCIM, by name.
    GroupIndex = 73,
    /// Events by sequence number.
    Event = 80,
    /// Activity by sequence number.
    Activity = 81,
    /// What directory members were before events.
    MemberBefore = 82,
    /// What directory groups were before events.
    GroupBefore = 83,
    /// Whether memberships were there before events, by member.
    MembershipBefore = 84,
    /// The same by group.
    MembershipOfBefore = 85,
    /// Who and what has gone from the directory, by the event that tells of it.
    Gone = 86,
    /// The same by the names that they had.
    GoneIndex = 87,
}

impl Table {
    /// Whether its rows belong to the installation, whoever's handle reads them.
    const fn is_installation(self) -> bool {
        (self as u8) < Table::Counter as u8
    }
}

/// A key, or the head of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    table: Table,
    bytes: Vec<u8>,
}

impl Key {
    /// The head of every key of `table`.
    pub fn new(table: Table) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(table as u8);
        Self { table, bytes }
    }

    /// Appends an identifier.
    pub fn id(mut self, id: Id) -> Self {
        self.bytes.extend_from_slice(id.as_bytes());
        self
    }

    /// Appends a byte.
    pub fn byte(mut self, byte: u8) -> Self {
        self.bytes.push(byte);
        self
    }

    /// Appends a number of 4 bytes, big-endian.
    pub fn number(mut self, number: u32) -> Self {
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Appends a number of 8 bytes, big-endian.
    pub fn sequence(mut self, sequence: u64) -> Self {
        self.bytes.extend_from_slice(&sequence.to_be_bytes());
        self
    }

    /// Appends bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends text and its end, so that no text's keys lie among those of another: a zero byte is written 00 FF and the end 00 01.
    pub fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.bytes.push(byte);
            if byte == 0 {
                self.bytes.push(0xff);
            }
        }
        self.bytes.extend_from_slice(&[0, 1]);
        self
    }

    /// The kind of rows it is of.
    pub fn table(&self) -> Table {
        self.table
    }

    /// Its bytes, without the partition.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key as the engine sees it.
    pub(super) fn stored(&self, partition: PartitionNumber) -> Vec<u8> {
        let partition = if self.table.is_installation() { INSTALLATION } else { partition };
        let mut stored = Vec::with_capacity(4 + self.bytes.len());
        stored.extend_from_slice(&partition.to_be_bytes());
        stored.extend_from_slice(&self.bytes);
        stored
    }
}

/// A run of keys of one table.
#[derive(Clone, Debug)]
pub struct Range {
    head: Key,
    from: Option<Key>,
    after: Option<Key>,
    descending: bool,
}

impl Range {
    /// Every key that begins with `head`.
    pub fn under(head: Key) -> Self {
        Self { head, from: None, after: None, descending: false }
    }

    /// Of those, the ones behind `key` in the direction of the range.
    pub fn after(mut self, key: Key) -> Self {
        self.after = Some(key);
        self
    }

    /// Of those, the ones that do not lie before `key`, whatever the direction of the range.
    pub fn from(mut self, key: Key) -> Self {
        self.from = Some(key);
        self
    }

    /// What each of its keys begins with, if it has all such keys in their order.
    pub fn whole(&self) -> Option<&Key> {
        (self.from.is_none() && self.after.is_none() && !self.descending).then_some(&self.head)
    }

    /// Last first.
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Whether it runs last first.
    pub(super) fn is_descending(&self) -> bool {
        self.descending
    }

    /// First key (inclusive) and end (exclusive) as the engine sees them.
    pub(super) fn stored(&self, partition: PartitionNumber) -> (Vec<u8>, Vec<u8>) {
        let head = self.head.stored(partition);
        let end = successor(&head);
        let head = self.from.as_ref().map_or_else(|| head.clone(), |key| key.stored(partition).max(head.clone()));
        match &self.after {
            None => (head, end),
            Some(key) if self.descending => (head, key.stored(partition).min(end)),
            Some(key) => {
                let mut from = key.stored(partition);
                from.push(0);
                (from.max(head), end)
            }
        }
    }
}

/// The least byte string above every one that begins with `head`.
fn successor(head: &[u8]) -> Vec<u8> {
    let mut end = head.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return end;
        }
    }
    // Only a head of nothing but FF comes here, and tables are numbered below FF: a key of the last partition still
    // lies below five FF bytes.
    vec![0xff; 5]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_lies_among_the_keys_of_another() {
        let texts = ["", "a", "a\0", "a\0b", "ab", "a\u{1}", "b"];
        for one in texts {
            let (from, to) = Range::under(Key::new(Table::Index).text(one)).stored(1);
            for other in texts {
                let key = Key::new(Table::Index).text(other).id(Id::from_bytes([7; 16])).stored(1);
                assert_eq!((from.clone()..to.clone()).contains(&key), one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn ranges_have_the_right_ends() {
        let key = |number| Key::new(Table::Event).sequence(number);
        let inside = |range: &Range, number| {
            let (from, to) = range.stored(3);
            (from..to).contains(&key(number).stored(3))
        };
        let all = Range::under(Key::new(Table::Event));
        let up = all.clone().after(key(5));
        let down = all.clone().descending().after(key(5));
        let from = all.clone().from(key(5));
        for (number, above, below) in [(0, false, true), (4, false, true), (5, false, false), (6, true, false), (u64::MAX, true, false)] {
            assert!(inside(&all, number));
            assert_eq!((inside(&up, number), inside(&down, number)), (above, below), "{number}");
            assert_eq!(inside(&from, number), number >= 5, "{number}");
        }
    }
}
