//! What particular clients send beside the RFCs, one function or constant each.
//!
//! Every item names the client and the request that needs it. The main path calls them by name, so a
//! deviation is never hidden in the code that follows the RFC.

use serde_json::{Map, Value};

use crate::path::{AttrPath, PatchPath};
use crate::schema::{Attribute, Mutability, ResourceType, Type};
use crate::write::values::is_void;

/// Attributes a PUT keeps when its body does not assign them, although RFC 7644, section 3.5.1, would
/// clear them.
///
/// - `externalId`: JumpCloud updates its users with bodies that leave it out. Dropping the stored value
///   would cut the link between the two accounts.
/// - `active`: its absence says nothing, and guessing would let a PUT revive or lock out a person.
///
/// Null counts as absent (RFC 7643, section 2.5), and so does a blank text: Okta is reported to send empty ones for what
/// is unset. A PATCH can still remove either.
pub const KEPT_WHEN_ABSENT: [&str; 2] = ["externalId", "active"];

/// The name of an attribute that is dropped even where no schema defines it. JumpCloud and Okta send
/// `password` when their administrators say so, and nothing should keep it because it came under
/// another URN or inside another object.
pub const NEVER_KEPT: &str = "password";

/// Whether the `op` of a PATCH operation is one of the RFC's. Entra capitalises them, without its newer flag.
pub(crate) fn is_operation(sent: &str, op: &str) -> bool {
    sent.eq_ignore_ascii_case(op)
}

/// What a key of an object of attributes leads to. Beside the names RFC 7644, section 3.5.2, has there, Entra with
/// its newer flag writes paths: `name.givenName`, `urn:…:User:employeeNumber`.
pub(crate) fn key_path(key: &str, rt: &ResourceType) -> Option<AttrPath> {
    AttrPath::resolve(key, rt)
}

/// Whether a key of an object of attributes is a path that selects elements of an attribute, such as
/// `emails[type eq "work"].value`. Servers report such keys of Entra, in the value of a PATCH operation without a path.
/// No schema could mean them, and to keep them by that name would acknowledge a change that is not made.
pub(crate) fn is_element_path(key: &str, rt: &ResourceType) -> bool {
    key.split_once('[').is_some_and(|(attribute, _)| AttrPath::resolve(attribute.trim_end(), rt).is_some())
}

/// A value of a filter without quotes, up to a space or closing bracket, and what is behind it. Entra's
/// documentation has `externalId eq jyoung`, and an early authentik sent the like; to find nobody for it
/// would create everybody twice. So it would for a word that begins with a quotation mark of another kind, or ends like
/// a statement: such a word is nobody's name, and none of these.
pub(crate) fn bare_word(text: &str) -> Option<(&str, &str)> {
    const MARKS: [char; 10] = ['\'', '`', '´', '‘', '’', '‚', '“', '”', '„', '«'];
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ')' | ']')).unwrap_or(text.len());
    let is_value = |word: &str| !word.is_empty() && !word.starts_with(MARKS) && !word.ends_with([';', ',']);
    text.split_at_checked(end).filter(|(word, _)| is_value(word))
}

/// Whether a plus in a query is one. Programs that write forms write spaces as plus signs; those that encode for a URL (RFC 3986)
/// write them as `%20`, and some of them leave a plus as it is, as in `userName%20eq%20%22a+b@example.com%22`. To look
/// for `a b@example.com` then would find nobody, and everybody with a plus would be created twice.
pub fn plus_is_plus(query: &str) -> bool {
    query.contains("%20")
}

/// What follows the dot behind the brackets of a filter: `emails[type eq "work"].value eq "x"`, which is a path
/// of PATCH and no filter of the RFC. Entra looks people up by it, and means one more term inside the brackets.
pub(crate) fn behind_brackets(rest: &str) -> Option<&str> {
    rest.strip_prefix('.')
}

/// What a removal lists, in its value. RFC 7644, section 3.5.2.2, removes all values of a path without a filter;
/// JumpCloud, and Entra without its newer flag, list members to be removed, and everybody else stays.
pub(crate) fn listed_for_removal(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// A boolean written as text. Entra sends `"active": "False"` and `"primary": "True"`.
pub(crate) fn boolean_text(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A complex attribute given as its bare `value`. Entra sends `"manager": "<id>"` where RFC 7643,
/// section 4.3, has an object.
pub(crate) fn bare_value(attribute: &Attribute, text: &str) -> Option<Map<String, Value>> {
    if attribute.multi_valued || !attribute.has_value() {
        return None;
    }
    Some(Map::from_iter([("value".to_owned(), text.into())]))
}

/// Whether a value is an empty text where no text belongs. Okta is reported to send empty strings for
/// attributes that are unset; to a text, the empty one is a value like any other.
pub(crate) fn is_unset(attribute: &Attribute, value: &Value) -> bool {
    !matches!(attribute.kind, Type::String | Type::Reference) && value.as_str() == Some("")
}

/// Whether a value is a text of nothing but spaces.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Whether a complex attribute is given only to be emptied. Entra removes a manager by replacing it
/// with an empty `value`; a reference beside it, or a name that only the service provider writes, leads
/// nowhere then. An object that says anything else means what it says.
pub(crate) fn is_emptied(attribute: &Attribute, object: &Map<String, Value>) -> bool {
    let is_void_value = |(key, value): (&String, &Value)| key.eq_ignore_ascii_case("value") && is_void(value);
    let says_nothing = |(key, value): (&String, &Value)| is_void(value) || attribute.sub_attribute(key).is_some_and(goes_with_value);
    !attribute.multi_valued && attribute.has_value() && object.iter().any(is_void_value) && object.iter().all(says_nothing)
}

/// Whether a complex attribute is nothing without its `value`, as a manager is: the path `manager.value` then
/// empties it with an empty text, which Entra may send as well.
pub(crate) fn stands_for_value(attribute: &Attribute) -> bool {
    let mut others = attribute.sub_attributes.iter().filter(|sub| sub.name != "value");
    !attribute.multi_valued && attribute.has_value() && others.all(goes_with_value)
}

fn goes_with_value(sub: &Attribute) -> bool {
    sub.name == "$ref" || sub.mutability == Mutability::ReadOnly
}

/// A single value wrapped in a list. Okta is reported to send lists of one as the value of PATCH
/// operations on single-valued attributes.
pub(crate) fn only_element(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([only]) => only,
        _ => value,
    }
}

/// An element of a multi-valued attribute without the list around it. RFC 7644, section 3.5.2.1, adds
/// "a new value"; Entra and others send that value alone in a PATCH.
pub(crate) fn single_element<'a>(attribute: &Attribute, value: &'a Value) -> Option<&'a [Value]> {
    let is_element = match attribute.kind {
        Type::Complex => value.is_object(),
        _ => !value.is_null() && !value.is_array(),
    };
    is_element.then(|| std::slice::from_ref(value))
}

/// Whether a PATCH path is the `display` of an element of the rows attribute, such as
/// `members[value eq "1"].display`. Okta and Entra send display names of members along; the schema has
/// none, since a member's name is the member's own, so the operation changes nothing.
pub(crate) fn is_display_of_row(rt: &ResourceType, path: &str) -> bool {
    const DISPLAY: &str = ".display";
    let path = path.trim();
    let Some((element, end)) = path.len().checked_sub(DISPLAY.len()).and_then(|at| path.split_at_checked(at)) else {
        return false;
    };
    end.eq_ignore_ascii_case(DISPLAY)
        && PatchPath::parse(element, rt).is_ok_and(|element| element.sub.is_none() && rt.is_rows(&element.attr.name))
}
