//! What an operator may set, as JSON. What the words mean for an item is said elsewhere.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Rules for users and groups. Each list is gone through from its beginning.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Rules")]
pub struct Settings {
    /// Each rule in turn is asked about each user and sees what the rules before it did.
    #[serde(default)]
    #[schemars(title = "Rules for users", length(max = 200))]
    pub users: Vec<UserRule>,
    /// Each rule in turn is asked about each group and sees what the rules before it did.
    #[serde(default)]
    #[schemars(title = "Rules for groups", length(max = 200))]
    pub groups: Vec<GroupRule>,
    /// SCIM schemas of the tenant's own whose attributes the rules name, in the form in which they were uploaded. What no rule needs can be left out of them.
    #[serde(default)]
    #[schemars(title = "Schemas", length(max = 10), with = "Vec<SchemaOutline>")]
    pub schemas: Vec<Value>,
}

/// One rule for users.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Rule for users")]
pub struct UserRule {
    /// Stands in the reason of every change that the rule makes. No two rules for users have the same.
    #[schemars(title = "Name", length(min = 1, max = 100))]
    pub name: String,
    /// Why the rule is there. Stands in the reason too; without it, the condition does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Description", with = "String", length(max = 1000))]
    pub description: Option<String>,
    /// A SCIM filter, such as `userType eq "Contractor" or emails[value ew "@partner.example"]`. Without it the rule is for every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "When", with = "String", length(min = 1, max = 4096))]
    pub when: Option<String>,
    /// What the rule changes.
    #[serde(default)]
    #[schemars(title = "Effects")]
    pub effects: UserEffects,
    /// Whether the rules behind this one are passed over for a user that it is for.
    #[serde(default)]
    #[schemars(title = "Stop here")]
    pub stop: bool,
}

/// What a rule changes of a user. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Effects on a user")]
pub struct UserEffects {
    /// Whether the directory has the user as a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Included", with = "bool")]
    pub included: Option<bool>,
    /// Whether the member may use the application. A block by an operator stays whatever a rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Status", with = "Status")]
    pub status: Option<Status>,
    /// One of the tenant's roles, written out or looked up in a table: no text of the identity provider can name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Role", with = "Text")]
    pub role: Option<Text>,
    /// The name the member signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "User name", with = "Text")]
    pub user_name: Option<Text>,
    /// The name people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Display name", with = "Text")]
    pub display_name: Option<Text>,
    /// Names of groups that the user is taken out of, letter for letter. Happens before groups are added.
    #[serde(default)]
    #[schemars(title = "Remove from groups", length(max = 50))]
    pub remove_groups: Vec<Text>,
    /// A SCIM filter over `display` and `value` of the groups that the user is taken out of, such as `not (display sw "NB-")`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Remove from groups where", with = "String", length(min = 1, max = 4000))]
    pub remove_groups_where: Option<String>,
    /// Names of groups that the user is put into. They are made as soon as somebody is in them, and are other groups than those of the identity provider, even if the names are equal.
    #[serde(default)]
    #[schemars(title = "Add to groups", length(max = 50))]
    pub add_groups: Vec<Text>,
    /// Ids of groups of the identity provider that the user is put into.
    #[serde(default)]
    #[schemars(title = "Add to groups of the identity provider", length(max = 50))]
    pub add_group_ids: Vec<String>,
    /// Attributes that the application sees instead of those that the identity provider sent.
    #[serde(default)]
    #[schemars(title = "Set attributes", length(max = 50))]
    pub set_attributes: Vec<SetAttribute>,
    /// Paths of attributes that the application does not see.
    #[serde(default)]
    #[schemars(title = "Remove attributes", length(max = 50), inner(length(min = 1, max = 512)))]
    pub remove_attributes: Vec<String>,
}

/// Whether a member may use the application.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "Status", inline)]
pub enum Status {
    /// May.
    Active,
    /// May not.
    Suspended,
}

/// An attribute and what it becomes: either `value` or `from`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Attribute")]
pub struct SetAttribute {
    /// The attribute's path, such as `title` or `name.familyName`.
    #[schemars(title = "Path", length(min = 1, max = 512))]
    pub path: String,
    /// The one value that the attribute gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Value", with = "Text")]
    pub value: Option<Text>,
    /// The path of an attribute whose values are taken as they are, such as `emails[type eq "work"].value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "From", with = "String", length(min = 1, max = 1024))]
    pub from: Option<String>,
}

/// A text, with paths of attributes in braces as in `{name.givenName} {name.familyName}`; or one looked up in a table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// A text, with paths of attributes in braces as in `{name.givenName} {name.familyName}`.
    #[schemars(title = "Text")]
    Template(#[schemars(length(min = 1, max = 1024))] String),
    /// What a table has for a text.
    Lookup(Lookup),
}

/// What a table has for a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Table")]
pub struct Lookup {
    /// What is looked up, such as `{userType}`.
    #[schemars(title = "Of", length(min = 1, max = 1024))]
    pub of: String,
    /// Texts and what they become, letter for letter.
    #[schemars(title = "Table", with = "BTreeMap<String, String>", extend("minProperties" = 1, "maxProperties" = 1000))]
    pub table: BTreeMap<String, String>,
    /// What comes of everything else. Without it, nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Otherwise", with = "String", length(min = 1, max = 1024))]
    pub otherwise: Option<String>,
}

/// One rule for groups.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Rule for groups")]
pub struct GroupRule {
    /// Stands in the reason of every change that the rule makes. No two rules for groups have the same.
    #[schemars(title = "Name", length(min = 1, max = 100))]
    pub name: String,
    /// Why the rule is there. Stands in the reason too; without it, the condition does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Description", with = "String", length(max = 1000))]
    pub description: Option<String>,
    /// A SCIM filter, such as `displayName sw "NB-"`. Without it the rule is for every group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "When", with = "String", length(min = 1, max = 4096))]
    pub when: Option<String>,
    /// What the rule changes.
    #[serde(default)]
    #[schemars(title = "Effects")]
    pub effects: GroupEffects,
    /// Whether the rules behind this one are passed over for a group that it is for.
    #[serde(default)]
    #[schemars(title = "Stop here")]
    pub stop: bool,
}

/// What a rule changes of a group. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Effects on a group")]
pub struct GroupEffects {
    /// Whether the directory has the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Included", with = "bool")]
    pub included: Option<bool>,
    /// The name people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Display name", with = "Text")]
    pub display_name: Option<Text>,
}

/// A SCIM schema (RFC 7643, section 7).
#[derive(JsonSchema)]
#[schemars(title = "Schema")]
#[allow(dead_code, reason = "it is there for its JSON Schema; what is in it is read as any schema is")]
struct SchemaOutline {
    /// Its URN.
    #[schemars(title = "URN", length(min = 1, max = 512))]
    id: String,
    /// Its attributes, as RFC 7643, section 7, writes them.
    #[schemars(title = "Attributes", length(min = 1, max = 256))]
    attributes: Vec<AttributeOutline>,
}

/// An attribute of a SCIM schema.
#[derive(JsonSchema)]
#[schemars(title = "Attribute")]
#[allow(dead_code, reason = "it is there for its JSON Schema; what is in it is read as any schema is")]
struct AttributeOutline {
    /// Its name.
    #[schemars(title = "Name", length(min = 1, max = 512))]
    name: String,
}
