//! Schemas that somebody uploads, held against everything that can be wrong with one.
//!
//! [`Schema::from_json`] stops at the first fault and takes what the RFC lets a schema leave open. Here every
//! fault is found, each with the place it is at, since whoever writes a schema wants to mend it at once.

use serde_json::{Map, Value};

use super::json::{MUTABILITIES, RETURNED, TYPES, UNIQUENESSES, is_attribute_name};
use super::{Mutability, Returned, Schema, Type, Uniqueness, fold_case};
use crate::limits::{NAME_BYTES_MAX, SCHEMA_ATTRIBUTES_MAX, SCHEMA_DESCRIPTION_BYTES_MAX, SCHEMA_FAULTS_MAX, SCHEMA_VALUES_MAX};
use crate::path::echo;
use crate::quirks::NEVER_KEPT;

/// One thing that is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON Pointer (RFC 6901) into the schema; empty for the whole.
    pub pointer: String,
    /// What: a sentence for whoever wrote the schema.
    pub message: String,
}

/// The schemas nobody but their RFCs defines, as what a URN may not start with or be. RFC 7643, section 10,
/// registers them.
const RESERVED_URNS: [&str; 3] =
    ["urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"];

/// The common attributes that belong to the service provider (RFC 7643, section 3.1).
const RESERVED_NAMES: [&str; 3] = ["schemas", "id", "meta"];

const SCHEMA_KEYWORDS: [&str; 6] = ["schemas", "meta", "id", "name", "description", "attributes"];

const ATTRIBUTE_KEYWORDS: [&str; 12] = [
    "name",
    "type",
    "multiValued",
    "description",
    "required",
    "canonicalValues",
    "caseExact",
    "mutability",
    "returned",
    "uniqueness",
    "referenceTypes",
    "subAttributes",
];

impl Schema {
    /// Reads a schema that somebody made, strictly: nothing unknown, nothing twice, nothing that contradicts
    /// itself, no name or URN that is somebody else's, and everything within [`limits`](crate::limits).
    ///
    /// Three things RFC 7643 allows are refused, since this service provider could not honour them: a
    /// sub-attribute that is multi-valued, a URN with characters that no path can name, and a password that
    /// is kept.
    ///
    /// # Errors
    /// Every fault, in the order of the schema's text; the first [`SCHEMA_FAULTS_MAX`] of very many.
    pub fn check(json: &Value) -> Result<Self, Vec<Fault>> {
        let mut checker = Checker { faults: Vec::new(), attributes: 0 };
        checker.schema(json);
        if !checker.faults.is_empty() {
            return Err(checker.faults);
        }
        // What has no fault can be read; should the two ever differ, the stricter one has the word.
        Self::from_json(json).map_err(|error| vec![Fault { pointer: String::new(), message: error.detail }])
    }
}

struct Checker {
    faults: Vec<Fault>,
    /// How many attributes have been seen, on both levels.
    attributes: usize,
}

/// What has been read of one attribute; `None` where it is faulty, which is not a second fault elsewhere.
struct Read {
    kind: Option<Type>,
    multi_valued: bool,
    required: bool,
    case_exact: bool,
    mutability: Option<Mutability>,
    returned: Option<Returned>,
    uniqueness: Option<Uniqueness>,
}

impl Checker {
    fn fault(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        if self.faults.len() < SCHEMA_FAULTS_MAX {
            self.faults.push(Fault { pointer: pointer.into(), message: message.into() });
        }
    }

    fn schema(&mut self, json: &Value) {
        let Some(object) = json.as_object() else {
            return self.fault("", "A schema must be a JSON object.");
        };
        self.keywords("", object, &SCHEMA_KEYWORDS);
        match object.get("id") {
            Some(Value::String(id)) => self.urn(id),
            Some(_) => self.fault("/id", "The id of a schema must be a string."),
            None => self.fault("", "A schema must have an id, its URN."),
        }
        if self.text("", object, "name", NAME_BYTES_MAX) == Some("") {
            self.fault("/name", "The name is empty.");
        }
        self.text("", object, "description", SCHEMA_DESCRIPTION_BYTES_MAX);
        match object.get("attributes") {
            Some(Value::Array(list)) if list.is_empty() => self.fault("/attributes", "A schema must have at least one attribute."),
            Some(list) => self.list("/attributes", list, false),
            None => self.fault("", "A schema must have attributes."),
        }
    }

    fn urn(&mut self, id: &str) {
        if id.len() > NAME_BYTES_MAX {
            return self.fault("/id", format!("The id is longer than {NAME_BYTES_MAX} bytes."));
        }
        if !is_urn(id) {
            return self.fault(
                "/id",
                match id.contains('/') {
                    true => "The id has a /, and so could be named in no path: neither /Schemas/{id} nor that of an attribute.",
                    false => "The id must be a URN, such as urn:acme:scim:schemas:User, of letters, digits, hyphens, underscores, dots and colons.",
                },
            );
        }
        let id = id.to_ascii_lowercase();
        if RESERVED_URNS.iter().any(|reserved| if reserved.ends_with(':') { id.starts_with(reserved) } else { id == *reserved }) {
            self.fault("/id", "The URN is one of those that the RFCs of SCIM define.");
        }
    }

    /// A list of attributes, or of sub-attributes.
    fn list(&mut self, pointer: &str, list: &Value, is_sub: bool) {
        let Some(list) = list.as_array() else {
            return self.fault(pointer, "Attributes must be a list.");
        };
        self.attributes += list.len();
        if self.attributes > SCHEMA_ATTRIBUTES_MAX {
            return self.fault(pointer, format!("A schema can have at most {SCHEMA_ATTRIBUTES_MAX} attributes, sub-attributes counted."));
        }
        let mut names: Vec<&str> = Vec::with_capacity(list.len());
        for (position, json) in list.iter().enumerate() {
            let pointer = format!("{pointer}/{position}");
            let Some(object) = json.as_object() else {
                self.fault(pointer, "An attribute must be an object.");
                continue;
            };
            if let Some(name) = self.name(&pointer, object, is_sub) {
                if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    self.fault(format!("{pointer}/name"), format!("{} is defined twice; letter case makes no difference.", echo(name)));
                }
                names.push(name);
            }
            self.attribute(&pointer, object, is_sub);
        }
    }

    fn name<'a>(&mut self, pointer: &str, object: &'a Map<String, Value>, is_sub: bool) -> Option<&'a str> {
        let Some(name) = object.get("name") else {
            self.fault(pointer, "Every attribute must have a name.");
            return None;
        };
        let at = format!("{pointer}/name");
        let Some(name) = name.as_str().filter(|name| is_attribute_name(name) && (!name.starts_with('$') || (is_sub && *name == "$ref")))
        else {
            self.fault(
                at,
                "The name of an attribute must be a letter, followed by letters, digits, - and _ (or $ref in a complex attribute).",
            );
            return None;
        };
        if !is_sub && RESERVED_NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
            self.fault(at, format!("{name} is an attribute that every resource has, and belongs to the service provider."));
        }
        Some(name)
    }

    /// What is said of one attribute, its name aside.
    fn attribute(&mut self, pointer: &str, object: &Map<String, Value>, is_sub: bool) {
        self.keywords(pointer, object, &ATTRIBUTE_KEYWORDS);
        self.text(pointer, object, "description", SCHEMA_DESCRIPTION_BYTES_MAX);
        let read = Read {
            kind: self.word(pointer, object, "type", &TYPES, Type::String),
            multi_valued: self.flag(pointer, object, "multiValued"),
            required: self.flag(pointer, object, "required"),
            case_exact: self.flag(pointer, object, "caseExact"),
            mutability: self.word(pointer, object, "mutability", &MUTABILITIES, Mutability::ReadWrite),
            returned: self.word(pointer, object, "returned", &RETURNED, Returned::Default),
            uniqueness: self.word(pointer, object, "uniqueness", &UNIQUENESSES, Uniqueness::None),
        };
        self.password(pointer, object, &read);
        self.canonical_values(pointer, object, &read);
        self.reference_types(pointer, object, &read);
        self.contradictions(pointer, &read, is_sub);
        self.sub_attributes(pointer, object, &read, is_sub);
    }

    /// Passwords are never kept in clear, whoever's schema asks for them.
    fn password(&mut self, pointer: &str, object: &Map<String, Value>, read: &Read) {
        let is_password = object.get("name").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(NEVER_KEPT));
        let is_shown = read.returned.is_some_and(|returned| returned != Returned::Never);
        // What is writeOnly and yet returned is another fault.
        if is_password && is_shown && read.mutability.is_some_and(|mutability| mutability != Mutability::WriteOnly) {
            self.fault(
                format!("{pointer}/name"),
                "Passwords are never kept: an attribute of this name must be writeOnly, or returned never.",
            );
        }
    }

    fn canonical_values(&mut self, pointer: &str, object: &Map<String, Value>, read: &Read) {
        let values = self.texts(pointer, object, "canonicalValues", read.case_exact);
        if values > 0 && read.kind.is_some_and(|kind| !matches!(kind, Type::String | Type::Reference)) {
            self.fault(format!("{pointer}/canonicalValues"), "Only strings and references have canonical values.");
        }
    }

    fn reference_types(&mut self, pointer: &str, object: &Map<String, Value>, read: &Read) {
        let values = self.texts(pointer, object, "referenceTypes", true);
        if values > 0 && read.kind.is_some_and(|kind| kind != Type::Reference) {
            self.fault(format!("{pointer}/referenceTypes"), "Only a reference has reference types.");
        }
    }

    fn contradictions(&mut self, pointer: &str, read: &Read, is_sub: bool) {
        if read.mutability == Some(Mutability::WriteOnly) && read.returned.is_some_and(|returned| returned != Returned::Never) {
            self.fault(format!("{pointer}/mutability"), "What is writeOnly is never returned: returned must be never.");
        }
        if read.mutability == Some(Mutability::ReadOnly) && read.required {
            self.fault(format!("{pointer}/required"), "What is readOnly cannot be required, since clients cannot give it.");
        }
        if is_sub && read.multi_valued {
            self.fault(format!("{pointer}/multiValued"), "A sub-attribute cannot be multi-valued here.");
        }
        let can_be_unique =
            read.kind.is_none_or(|kind| matches!(kind, Type::String | Type::Reference | Type::Integer)) && !read.multi_valued;
        if read.uniqueness.is_some_and(|uniqueness| uniqueness != Uniqueness::None) && !can_be_unique {
            self.fault(format!("{pointer}/uniqueness"), "Only one string, reference or integer can be unique, or such a sub-attribute.");
        }
    }

    fn sub_attributes(&mut self, pointer: &str, object: &Map<String, Value>, read: &Read, is_sub: bool) {
        let subs = object.get("subAttributes").filter(|subs| subs.as_array().is_none_or(|subs| !subs.is_empty()));
        let at = format!("{pointer}/subAttributes");
        match (read.kind, subs) {
            (Some(Type::Complex), _) if is_sub => self.fault(format!("{pointer}/type"), "A sub-attribute cannot be complex itself."),
            (Some(Type::Complex), None) => self.fault(pointer, "A complex attribute must have sub-attributes."),
            (Some(Type::Complex), Some(subs)) => self.list(&at, subs, true),
            (Some(_), Some(_)) => self.fault(at, "Only a complex attribute has sub-attributes."),
            // What the attribute should be is unknown, and its sub-attributes may be what they should.
            (None, Some(subs)) if !is_sub => self.list(&at, subs, true),
            (Some(_), None) | (None, _) => {}
        }
    }

    fn keywords(&mut self, pointer: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let token = echo(key).replace('~', "~0").replace('/', "~1");
            self.fault(format!("{pointer}/{token}"), format!("{} is nothing a schema says; letter case makes a difference.", echo(key)));
        }
    }

    fn text<'a>(&mut self, pointer: &str, object: &'a Map<String, Value>, key: &str, bytes_max: usize) -> Option<&'a str> {
        match object.get(key)? {
            Value::String(text) if text.len() <= bytes_max => Some(text),
            Value::String(_) => {
                self.fault(format!("{pointer}/{key}"), format!("{key} is longer than {bytes_max} bytes."));
                None
            }
            _ => {
                self.fault(format!("{pointer}/{key}"), format!("{key} must be a string."));
                None
            }
        }
    }

    fn flag(&mut self, pointer: &str, object: &Map<String, Value>, key: &str) -> bool {
        match object.get(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(format!("{pointer}/{key}"), format!("{key} must be true or false."));
                false
            }
        }
    }

    fn word<T: Copy>(&mut self, pointer: &str, object: &Map<String, Value>, key: &str, words: &[(&str, T)], default: T) -> Option<T> {
        let Some(given) = object.get(key) else {
            return Some(default);
        };
        let found = given.as_str().and_then(|given| words.iter().find(|(word, _)| *word == given));
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(format!("{pointer}/{key}"), format!("{key} must be one of {}.", words.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Checks a list of texts, and says how many there are.
    fn texts(&mut self, pointer: &str, object: &Map<String, Value>, key: &str, case_exact: bool) -> usize {
        let at = format!("{pointer}/{key}");
        let list = match object.get(key) {
            None => return 0,
            Some(Value::Array(list)) if list.len() <= SCHEMA_VALUES_MAX => list,
            Some(Value::Array(_)) => {
                self.fault(at, format!("{key} can have at most {SCHEMA_VALUES_MAX} values."));
                return 0;
            }
            Some(_) => {
                self.fault(at, format!("{key} must be a list of strings."));
                return 0;
            }
        };
        let mut seen = std::collections::HashSet::new();
        for (position, value) in list.iter().enumerate() {
            let at = format!("{at}/{position}");
            match value.as_str() {
                Some("") => self.fault(at, "The value is empty."),
                Some(text) if text.len() > NAME_BYTES_MAX => self.fault(at, format!("The value is longer than {NAME_BYTES_MAX} bytes.")),
                Some(text) => {
                    let same = if case_exact { text.into() } else { fold_case(text) };
                    if !seen.insert(same) {
                        self.fault(at, "The value is given twice.");
                    }
                }
                None => self.fault(at, "The value must be a string."),
            }
        }
        list.len()
    }
}

/// Whether a text is a URN (RFC 8141) of characters that paths and filters are made of.
fn is_urn(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (scheme, namespace, rest) = (parts.next(), parts.next(), parts.next());
    let is_namespace = |text: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (2..=32).contains(&text.len()) && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
    };
    let is_rest = |text: &str| {
        let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        text.bytes().all(is_usual)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn")) && namespace.is_some_and(is_namespace) && rest.is_some_and(is_rest)
}
