//! Texts of effects: templates, and what tables have for them.

use std::collections::BTreeMap;

use doorlist_scim::{Resource, ResourceType};

use crate::template::Template;

/// A text that depends on the item.
#[derive(Debug)]
pub(crate) enum Text {
    Template(Template),
    Lookup { of: Template, table: BTreeMap<String, String>, otherwise: Option<Template> },
}

impl Text {
    /// The text for an item; `None` if there is none, and its effect does not happen.
    pub(crate) fn of(&self, rt: &ResourceType, resource: &Resource) -> Option<String> {
        match self {
            Text::Template(template) => template.text(rt, resource),
            Text::Lookup { of, table, otherwise } => {
                let found = of.text(rt, resource).and_then(|text| table.get(&text)).cloned();
                found.or_else(|| otherwise.as_ref()?.text(rt, resource))
            }
        }
    }
}
