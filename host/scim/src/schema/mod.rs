//! Schemas and resource types as data (RFC 7643, sections 2, 6 and 7).
//!
//! A [`Schema`] is read from the JSON of RFC 7643, section 7, and written back as the same. A
//! [`ResourceType`] puts a schema, its extensions and the common attributes together; it is a value
//! like any other, so Users and Groups take every path through this crate side by side.
//!
//! This module knows nothing of resources: what a schema means for data is said in
//! [`validate`](crate::validate), [`filter`](crate::filter), [`patch`](crate::patch) and
//! [`project`](crate::project).

mod check;
mod json;
mod resource_type;

pub use check::Fault;
pub use resource_type::ResourceType;

use std::borrow::Cow;

/// The schema of a schema resource (RFC 7643, section 7).
pub const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// A SCIM schema: a URN and the attributes it defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The URN of the schema.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What the schema describes.
    pub description: String,
    /// The attributes, in the order of the schema's text.
    pub attributes: Vec<Attribute>,
}

/// One attribute, or sub-attribute, of a schema (RFC 7643, sections 2 and 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name in the schema's spelling.
    pub name: String,
    /// The data type.
    pub kind: Type,
    /// Whether the value is a list.
    pub multi_valued: bool,
    /// What the attribute means.
    pub description: String,
    /// Whether a resource must have it.
    pub required: bool,
    /// Suggested values (RFC 7643, section 2.4). A value that equals one of them but for letter case takes
    /// its spelling, unless letter case counts; any other value is kept as it was sent.
    pub canonical_values: Vec<String>,
    /// Whether letter case distinguishes two values.
    pub case_exact: bool,
    /// Who may change it, and when.
    pub mutability: Mutability,
    /// When it is part of an answer.
    pub returned: Returned,
    /// Among which resources its value is unique. Enforced by whoever stores resources.
    pub uniqueness: Uniqueness,
    /// What a reference may point at.
    pub reference_types: Vec<String>,
    /// The sub-attributes of a complex attribute; empty for every other type.
    pub sub_attributes: Vec<Attribute>,
}

/// The data types of RFC 7643, section 2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Unicode text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number that may have a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// A point in time, written as an `xsd:dateTime`.
    DateTime,
    /// Bytes, written in base64 of either alphabet, with or without padding and white space.
    Binary,
    /// A URI or URN. Kept as any text: a reference may be relative, refer to another operation of a bulk
    /// request, or be whatever an identity provider has in its picture field, and refusing a whole person
    /// for it would help nobody (RFC 7643, section 2.3.7, has URIs only as an intention).
    Reference,
    /// Sub-attributes.
    Complex,
}

/// Who may change an attribute, and when (RFC 7643, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// Only the service provider.
    ReadOnly,
    /// Clients, at any time.
    ReadWrite,
    /// Clients, once.
    Immutable,
    /// Clients, who never get to read it.
    WriteOnly,
}

/// When an attribute is part of an answer (RFC 7643, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Returned {
    /// In every answer, whatever was asked for.
    Always,
    /// In no answer. This crate does not even keep such values.
    Never,
    /// Unless the request leaves it out.
    Default,
    /// Only when the request asks for it.
    Request,
}

/// Among which resources a value is unique (RFC 7643, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// Among none.
    None,
    /// Among those of the service provider.
    Server,
    /// Everywhere.
    Global,
}

impl Schema {
    /// The attribute of this name, whatever the letter case (RFC 7643, section 2.1).
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

impl Attribute {
    /// The sub-attribute of this name, whatever the letter case.
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// Whether clients may write the attribute and have it kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.mutability != Mutability::ReadOnly && !self.is_hidden()
    }

    /// Whether nobody ever reads the attribute. `writeOnly` says so whatever `returned` says, since RFC
    /// 7643, section 2.2, pairs it with `never`.
    pub fn is_hidden(&self) -> bool {
        self.returned == Returned::Never || self.mutability == Mutability::WriteOnly
    }

    /// Whether clients may write the attribute and read it only if they ask for it by name (RFC 7643, section 2.2).
    pub(crate) fn is_unasked_for(&self) -> bool {
        self.returned == Returned::Request && self.is_kept()
    }

    /// Whether clients must give the attribute in the body of a POST or PUT although it is not kept.
    pub(crate) fn is_demanded(&self) -> bool {
        self.required && self.is_hidden() && self.mutability != Mutability::ReadOnly
    }

    /// The spelling of a text: that of the canonical value it equals but for letter case, or its own.
    pub(crate) fn canonical<'a>(&'a self, text: &'a str) -> &'a str {
        if self.case_exact {
            return text;
        }
        let mut words = self.canonical_values.iter();
        words.find(|word| fold_case(word) == fold_case(text)).map_or(text, String::as_str)
    }

    /// Whether no two resources may share a value.
    pub(crate) fn is_unique(&self) -> bool {
        self.uniqueness != Uniqueness::None
    }

    /// Whether the attribute is complex with a sub-attribute `value`, which then stands for the whole
    /// wherever a plain value is expected (RFC 7643, section 2.4).
    pub(crate) fn has_value(&self) -> bool {
        self.kind == Type::Complex && self.sub_attribute("value").is_some()
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// A text as attributes compare it that are not `caseExact`: two texts are the same exactly if their
/// folded forms are equal. Indexes over such attributes hold folded values.
pub fn fold_case(text: &str) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_folded) {
        return Cow::Borrowed(text);
    }
    // Lower case of a sigma depends on what follows it, and a start of a text would not be one of the whole.
    Cow::Owned(text.to_lowercase().replace('ς', "σ"))
}
