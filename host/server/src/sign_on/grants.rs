//! Which value of a claim gives which rights.
//!
//! Several grants may fit somebody: then they reach everything that one of them reaches, and where several reach it, the strongest role counts. A tenant's own role and
//! that of a grant for all tenants are compared in the same way. Knows nothing of how a claim was proved.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits::GRANT_TENANTS_MAX;
use crate::admin::keys::Role;
use crate::admin::rights::Rights;
use crate::id::Id;

/// What one value of the claim gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    /// The value of the claim, to the letter. If the claim is a list, one of its entries.
    pub value: String,
    /// How much whoever has it may do.
    pub role: Role,
    /// Where: `"all"` for the installation with every tenant, or the ids of tenants.
    pub tenants: Tenants,
}

/// Where a grant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenants {
    /// In the installation and every tenant.
    All,
    /// In these tenants.
    These(Vec<Id>),
}

/// The word for all tenants.
const ALL: &str = "all";

impl Serialize for Tenants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str(ALL),
            Self::These(ids) => ids.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tenants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Tenants;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("\"all\" or a list of ids of tenants")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Tenants, E> {
                if text == ALL { Ok(Tenants::All) } else { Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)) }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Tenants, A::Error> {
                let mut ids = Vec::new();
                while let Some(text) = entries.next_element::<String>()? {
                    ids.push(text.parse().map_err(|_| A::Error::custom(format!("{text:?} is no id of a tenant")))?);
                    if ids.len() > GRANT_TENANTS_MAX {
                        return Err(A::Error::custom(format!("a grant has at most {GRANT_TENANTS_MAX} tenants")));
                    }
                }
                Ok(Tenants::These(ids))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Tenants {
    fn schema_name() -> Cow<'static, str> {
        "Tenants".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<Id>();
        json_schema!({"anyOf": [{"const": ALL}, {"type": "array", "items": id, "minItems": 1, "maxItems": GRANT_TENANTS_MAX}]})
    }
}

/// Every grant, and whose claim they are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// The provider, as it calls itself.
    pub issuer: String,
    /// The claim that decides.
    pub claim: String,
    /// Each of them.
    pub all: Vec<Grant>,
}

impl Grants {
    /// What these values of the claim give.
    pub fn rights(&self, values: &[String]) -> Rights {
        let mut rights = Rights::default();
        for grant in self.all.iter().filter(|grant| values.contains(&grant.value)) {
            match &grant.tenants {
                Tenants::All => rights.add_installation(grant.role),
                Tenants::These(ids) => ids.iter().for_each(|id| rights.add_tenant(*id, grant.role)),
            }
        }
        rights
    }

    /// Those of the values that a grant names, each once.
    pub fn named(&self, values: &[String]) -> Vec<String> {
        let mut named: Vec<String> = Vec::new();
        for grant in self.all.iter().filter(|grant| values.contains(&grant.value)) {
            if !named.contains(&grant.value) {
                named.push(grant.value.clone());
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn the_strongest_grant_counts_in_each_tenant() {
        let [one, other, third] = [1, 2, 3].map(|at| Id::new(Timestamp::from_millis(at)));
        let grant = |value: &str, role, tenants| Grant { value: value.to_owned(), role, tenants };
        let grants = Grants {
            issuer: "https://id.example.com".to_owned(),
            claim: "groups".to_owned(),
            all: vec![
                grant("admins", Role::Admin, Tenants::These(vec![one, other])),
                grant("owners", Role::Owner, Tenants::These(vec![other])),
                grant("auditors", Role::Auditor, Tenants::All),
            ],
        };
        let rights = |values: &[&str]| grants.rights(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        let at = |values: &[&str]| {
            let rights = rights(values);
            (rights.of_installation(), rights.at(one), rights.at(other), rights.at(third))
        };
        assert_eq!(at(&["admins"]), (None, Some(Role::Admin), Some(Role::Admin), None));
        assert_eq!(at(&["owners", "admins", "x"]), (None, Some(Role::Admin), Some(Role::Owner), None));
        assert_eq!(at(&["admins", "auditors"]), (Some(Role::Auditor), Some(Role::Admin), Some(Role::Admin), Some(Role::Auditor)));
        assert!(rights(&["Admins", "admin", ""]).is_empty(), "values count to the letter");
        assert_eq!(grants.named(&["x".to_owned(), "owners".to_owned(), "owners".to_owned()]), ["owners"]);
    }
}
