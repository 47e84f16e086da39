//! What of an item rules look at. The rest of it need not be read, which is most of what a user costs.

use std::collections::BTreeSet;

use doorlist_scim::AttrPath;

use crate::item::is_ours;

/// The attributes that some rules look at.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Names of core attributes, in lower case.
    names: BTreeSet<String>,
    /// URNs of extensions, in lower case.
    urns: BTreeSet<String>,
    /// Whether they look at what Doorlist knows and proposes.
    pub ours: bool,
}

impl Needs {
    /// One more path that is looked at.
    pub(crate) fn add(&mut self, path: &AttrPath) {
        match &path.urn {
            None => drop(self.names.insert(path.name.to_ascii_lowercase())),
            Some(urn) if is_ours(urn) => self.ours = true,
            Some(urn) => drop(self.urns.insert(urn.to_ascii_lowercase())),
        }
    }

    /// Whether a key at the top of a resource is looked at. The URN of an extension may go on with the name of an attribute.
    pub(crate) fn key(&self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        self.names.contains(&key) || self.urns.iter().any(|urn| key.starts_with(urn.as_str()))
    }
}
