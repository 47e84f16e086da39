//! Every bound of the policy, with its unit last and its reason beside it. The host bounds settings as a whole (64 KiB),
//! and what one projection may take (50 ms).

/// Rules for users, and rules for groups. Nobody keeps more in mind; each is asked about every user.
pub const RULES_MAX: usize = 200;
/// Comparisons in all conditions about users, or about groups. Each may look at every value of a user.
pub const COMPARISONS_MAX: usize = 500;
/// A rule's name. It stands in every reason.
pub const NAME_BYTES_MAX: usize = 100;
/// A rule's description, a paragraph.
pub const DESCRIPTION_BYTES_MAX: usize = 1_000;
/// What of a description or condition a reason repeats: the host cuts reasons at 512 bytes.
pub const REASON_BYTES_MAX: usize = 300;
/// Entries of one list of groups or attributes in an effect. An answer of more than 256 changes is refused by the host.
pub const EFFECTS_PER_LIST_MAX: usize = 50;
/// A text or template: as long as the longest name anybody reads, four times over.
pub const TEMPLATE_BYTES_MAX: usize = 1_024;
/// Places in one template, and alternatives in one place.
pub const PLACES_MAX: usize = 20;
/// Steps behind one path in a template.
pub const STEPS_MAX: usize = 8;
/// Entries of one table. Departments and cost centres of a large company fit, if the settings have room.
pub const TABLE_ENTRIES_MAX: usize = 1_000;
/// A key or value of a table.
pub const TABLE_TEXT_BYTES_MAX: usize = 256;
/// The tenant's own schemas that are told: as many as a tenant can have.
pub const SCHEMAS_MAX: usize = 10;
/// Problems that are told at once, as many as the host passes on.
pub const PROBLEMS_MAX: usize = 20;
