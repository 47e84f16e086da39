//! Every bound of this crate, with its unit last and its reason beside it.
//!
//! A body is bounded in bytes before it arrives here, by whoever reads it from the network. These
//! bounds keep what is made of it, and what many requests could add up to, in proportion.

/// The longest filter or PATCH path. The longest one any known client sends is about 200 bytes; four
/// kibibytes leave room for people, and bound the work of one comparison list.
pub const FILTER_LENGTH_BYTES_MAX: usize = 4_096;

/// How deeply parentheses, `not` and value paths of a filter may nest. The parser recurses once per
/// level, so this bounds its stack; nobody writes ten by hand.
pub const FILTER_DEPTH_MAX: usize = 32;

/// How many operations a PATCH may have. Entra sends one per changed attribute and at most a few
/// hundred; each one may walk the whole resource.
pub const PATCH_OPERATIONS_MAX: usize = 1_000;

/// How deeply a JSON value of a resource may nest. Schemas need four levels (extension, complex
/// attribute, element, sub-attribute); attributes outside every schema are kept too and may need more.
pub const VALUE_DEPTH_MAX: usize = 16;

/// How many keys one JSON object may have, be it the resource, an extension, or a value in it. The
/// User schema with its enterprise extension has about thirty.
pub const ATTRIBUTES_MAX: usize = 256;

/// The longest attribute name or schema URN taken into a resource.
pub const NAME_BYTES_MAX: usize = 512;

/// The longest string value. Certificates and small inline pictures fit; documents do not belong here.
pub const STRING_BYTES_MAX: usize = 65_536;

/// How many elements a multi-valued attribute may have, members aside. Roles and entitlements of real
/// people reach a few hundred.
pub const MULTI_VALUE_ELEMENTS_MAX: usize = 1_000;

/// How large a resource may grow over many requests, counted as the bytes of its keys and strings and
/// eight for any other value. It is stored, copied and compared as one piece.
pub const RESOURCE_BYTES_MAX: usize = 1_048_576;

/// How many elements of the rows attribute (a group's members) one request may name. Clients send
/// full groups by PUT; each element costs an index lookup and a row inside one write transaction.
pub const MEMBERS_PER_REQUEST_MAX: usize = 10_000;

/// The longest identifier an element of the rows attribute may carry. Identifiers are ours and short.
pub const MEMBER_VALUE_BYTES_MAX: usize = 256;

/// How many names `attributes` or `excludedAttributes` may list. More than a schema has is a mistake.
pub const PROJECTION_NAMES_MAX: usize = 256;

/// How much of a text counts when resources are sorted by it. A list in sort order holds one key for each
/// resource, and a cursor carries one; people tell names apart sooner.
pub const SORT_KEY_BYTES_MAX: usize = 256;

/// The longest cursor a query may bring. One says where a page ended: a sort key, an identifier and what
/// ties it to its query. A sort key of [`SORT_KEY_BYTES_MAX`] can be 1,536 bytes of JSON escapes, and those
/// 2,048 bytes of base64.
pub const CURSOR_BYTES_MAX: usize = 4_096;

/// How many attributes a schema that somebody uploads may have, sub-attributes counted. The User schema of
/// RFC 7643 has about seventy; each attribute is looked for in every body.
pub const SCHEMA_ATTRIBUTES_MAX: usize = ATTRIBUTES_MAX;

/// The longest description in such a schema. It is given back with every discovery of schemas.
pub const SCHEMA_DESCRIPTION_BYTES_MAX: usize = 2_048;

/// How many canonical values or reference types one attribute of such a schema may have. Countries fit;
/// each is compared with every value.
pub const SCHEMA_VALUES_MAX: usize = 256;

/// How many faults of one schema are told. Somebody who mends a hundred will ask again.
pub const SCHEMA_FAULTS_MAX: usize = 100;

/// How many operations a bulk request may have (`bulk.maxOperations` of a service provider's configuration)
/// where nobody has a reason for another number. Each is a request of its own; a first synchronisation by
/// bulk sends hundreds.
pub const BULK_OPERATIONS_MAX: usize = 1_000;

/// How deeply the data of a bulk operation may nest: a resource inside the operations of a PATCH.
pub const BULK_DATA_DEPTH_MAX: usize = VALUE_DEPTH_MAX + 4;

/// How many bytes of elements one request may hold against terms of filters or listed values, counted
/// once for each of those. A PATCH within its other bounds could otherwise ask for a thousand long
/// filters over a thousand long elements, which takes minutes. Real requests stay below a hundred
/// thousand; the most, of the letters that compare slowest, takes less than a tenth of a second.
pub const ELEMENT_BYTES_TESTED_MAX: usize = 8 << 20;

/// How many characters of what a client wrote an error repeats to it.
pub const ECHO_CHARS_MAX: usize = 100;

/// How many operations of a PATCH or a bulk request are looked at to tell whose dialect it is. A client
/// that has a habit shows it in the first ones.
pub const DIALECT_OPERATIONS_MAX: usize = 8;

/// How many elements of a list are looked at for that. A full group has thousands, all alike.
pub const DIALECT_ELEMENTS_MAX: usize = 8;

/// How many keys of an object, and how many parameters, are looked at for that. A user has about thirty.
pub const DIALECT_KEYS_MAX: usize = 64;

/// How many bytes of a user agent are looked at for that. Names stand in front.
pub const DIALECT_AGENT_BYTES_MAX: usize = 256;

/// How many bytes of a filter are looked at for that. The longest that is known to be sent is shorter.
pub const DIALECT_FILTER_BYTES_MAX: usize = 256;
