//! What a path below the base names.

use std::sync::Arc;

use crate::limits::SHOWN_ID_CHARACTERS_MAX;
use crate::provision::{Catalog, Kind};

/// What a request is about.
#[derive(Debug)]
pub(super) enum Target {
    /// Every resource of every type (RFC 7644 section 3.4.2.1).
    Base,
    /// Every resource of a type.
    Resources(Arc<Kind>),
    /// One resource.
    Resource(Arc<Kind>, String),
    /// A search by POST (RFC 7644 section 3.4.3): of one type, or of all.
    Search(Option<Arc<Kind>>),
    /// Many changes at once (RFC 7644 section 3.7).
    Bulk,
    /// What this service provider can do (RFC 7643 section 5).
    ServiceProviderConfig,
    /// The resource types, or one of them (RFC 7643 section 6).
    ResourceTypes(Option<String>),
    /// The schemas, or one of them (RFC 7643 section 7).
    Schemas(Option<String>),
    /// The caller as a user (RFC 7644 section 3.11), which a provisioning client is not.
    Me,
    /// Nothing.
    Unknown,
}

/// The path that clients may read before they have a token (RFC 7643 section 5).
pub(super) const PUBLIC: &str = "/ServiceProviderConfig";

impl Target {
    /// Reads a path, relative to the base, as a client sees it who has this catalog.
    pub(super) fn of(path: &str, catalog: &Catalog) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (first, second) = (segments.next(), segments.next());
        if segments.next().is_some() {
            return Self::Unknown;
        }
        let decoded = || second.map(decode);
        match (first, second) {
            (None, _) => Self::Base,
            (Some("ServiceProviderConfig"), None) => Self::ServiceProviderConfig,
            (Some("ResourceTypes"), _) => Self::ResourceTypes(decoded()),
            (Some("Schemas"), _) => Self::Schemas(decoded()),
            (Some("Me"), None) => Self::Me,
            (Some("Bulk"), None) => Self::Bulk,
            (Some(".search"), None) => Self::Search(None),
            (Some(endpoint), id) => match (catalog.at(endpoint), id) {
                (Some(kind), None) => Self::Resources(Arc::clone(kind)),
                (Some(kind), Some(".search")) => Self::Search(Some(Arc::clone(kind))),
                (Some(kind), Some(id)) => Self::Resource(Arc::clone(kind), decode(id)),
                (None, _) => Self::Unknown,
            },
        }
    }

    /// What requests for the same thing have in common, whatever the id.
    pub(super) fn likeness(&self) -> (std::mem::Discriminant<Self>, u8) {
        let kind = match self {
            Self::Resources(kind) | Self::Resource(kind, _) | Self::Search(Some(kind)) => kind.number,
            _ => 0,
        };
        (std::mem::discriminant(self), kind)
    }

    /// The path as the log has it, without the id.
    pub(super) fn template(&self) -> String {
        match self {
            Self::Base => "/".to_owned(),
            Self::Resources(kind) => kind.scim.endpoint.clone(),
            Self::Resource(kind, _) => format!("{}/{{id}}", kind.scim.endpoint),
            Self::Search(None) => "/.search".to_owned(),
            Self::Search(Some(kind)) => format!("{}/.search", kind.scim.endpoint),
            Self::Bulk => "/Bulk".to_owned(),
            Self::ServiceProviderConfig => "/ServiceProviderConfig".to_owned(),
            Self::ResourceTypes(_) => "/ResourceTypes".to_owned(),
            Self::Schemas(_) => "/Schemas".to_owned(),
            Self::Me => "/Me".to_owned(),
            Self::Unknown => "(unknown path)".to_owned(),
        }
    }

    /// The id of a resource, cut to a bound, since a stranger wrote it.
    pub(super) fn id(&self) -> Option<String> {
        match self {
            Self::Resource(_, id) => Some(id.chars().take(SHOWN_ID_CHARACTERS_MAX).collect()),
            _ => None,
        }
    }

    /// The methods it takes.
    pub(super) fn allow(&self) -> &'static str {
        match self {
            Self::Resources(_) => "GET, HEAD, POST",
            Self::Resource(..) => "GET, HEAD, PUT, PATCH, DELETE",
            Self::Search(_) | Self::Bulk => "POST",
            // Those that RFC 7644 section 3.11 has for it, each answered 501.
            Self::Me => "GET, HEAD, POST, PUT, PATCH, DELETE",
            _ => "GET, HEAD",
        }
    }
}

/// Percent-decodes a segment. What is no UTF-8 afterwards names nothing.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = (ahead.next().and_then(hex), ahead.next().and_then(hex));
        match digits {
            (Some(high), Some(low)) if byte == b'%' => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_what_the_rfc_says() {
        let table = [
            ("", "/", None),
            ("/", "/", None),
            ("/Users", "/Users", None),
            ("/Users/abc", "/Users/{id}", Some("abc")),
            ("/Users/a%20b%2F", "/Users/{id}", Some("a b/")),
            ("/Users/%zz%4", "/Users/{id}", Some("%zz%4")),
            ("/Users/a/b", "(unknown path)", None),
            ("/users", "(unknown path)", None),
            ("/Groups", "/Groups", None),
            ("/TestResources", "(unknown path)", None),
            ("/Schemas/urn:x", "/Schemas", None),
            ("/Me", "/Me", None),
            ("/Me/x", "(unknown path)", None),
            ("/Users/.search", "/Users/.search", None),
            ("/.search", "/.search", None),
            ("/Bulk", "/Bulk", None),
            ("/Bulk/x", "(unknown path)", None),
        ];
        for (path, template, id) in table {
            let target = Target::of(path, Catalog::plain());
            assert_eq!((target.template().as_str(), target.id().as_deref()), (template, id), "{path}");
        }
    }
}
