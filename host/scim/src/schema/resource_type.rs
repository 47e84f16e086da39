//! Resource types (RFC 7643, section 6), and the two this product serves.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::{Attribute, Returned, Schema};
use crate::path::AttrPath;

/// The schema of a resource type resource (RFC 7643, section 6).
pub const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// What resources of one kind are made of. It is data: nothing in this crate asks which type it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// The identifier, the same as the name for the types of the RFC.
    pub id: String,
    /// The name, also the value of `meta.resourceType`.
    pub name: String,
    /// The path of the endpoint, relative to the SCIM base and with a leading slash.
    pub endpoint: String,
    /// What resources of this type are.
    pub description: String,
    /// The core schema.
    pub schema: Arc<Schema>,
    /// Extension schemas, each with whether a resource must have it.
    pub extensions: Vec<(Arc<Schema>, bool)>,
    /// The name of the multi-valued attribute whose elements the caller keeps as rows of its own
    /// rather than inside the resource, if there is one.
    pub rows: Option<String>,
}

static COMMON: LazyLock<Schema> = LazyLock::new(|| embedded(include_str!("../../../../schemas/scim/common.json")));

static USER: LazyLock<Arc<ResourceType>> = LazyLock::new(|| {
    Arc::new(ResourceType {
        id: "User".into(),
        name: "User".into(),
        endpoint: "/Users".into(),
        description: "User accounts".into(),
        schema: Arc::new(embedded(include_str!("../../../../schemas/scim/user.json"))),
        extensions: vec![(Arc::new(embedded(include_str!("../../../../schemas/scim/enterprise-user.json"))), false)],
        rows: None,
    })
});

static GROUP: LazyLock<Arc<ResourceType>> = LazyLock::new(|| {
    Arc::new(ResourceType {
        id: "Group".into(),
        name: "Group".into(),
        endpoint: "/Groups".into(),
        description: "Groups of users".into(),
        schema: Arc::new(embedded(include_str!("../../../../schemas/scim/group.json"))),
        extensions: Vec::new(),
        rows: Some("members".into()),
    })
});

static TEST: LazyLock<[Arc<ResourceType>; 1]> = LazyLock::new(|| {
    [Arc::new(ResourceType {
        id: "TestResource".into(),
        name: "TestResource".into(),
        endpoint: "/TestResources".into(),
        description: "Resources for testing clients and this service provider".into(),
        schema: Arc::new(embedded(include_str!("../../../../schemas/scim/test/test-resource.json"))),
        extensions: vec![(Arc::new(embedded(include_str!("../../../../schemas/scim/test/test-extension.json"))), false)],
        rows: None,
    })]
});

/// Reads a schema that is part of this crate.
#[expect(clippy::expect_used, reason = "the text is compiled in, and a test reads every schema there is")]
fn embedded(text: &str) -> Schema {
    let json: Value = serde_json::from_str(text).expect("an embedded schema is JSON");
    Schema::from_json(&json).expect("an embedded schema is a schema")
}

impl ResourceType {
    /// Users, with the enterprise extension (RFC 7643, sections 4.1 and 4.3).
    pub fn user() -> &'static Arc<Self> {
        &USER
    }

    /// Groups, their members kept as rows (RFC 7643, section 4.2).
    pub fn group() -> &'static Arc<Self> {
        &GROUP
    }

    /// Every resource type there is, in the order clients see them.
    pub fn all() -> [&'static Arc<Self>; 2] {
        [&USER, &GROUP]
    }

    /// Resource types for conformance work, beside [`all`](Self::all): one attribute for each type, single
    /// and multi-valued, and for each thing else a schema can say of an attribute.
    pub fn test() -> &'static [Arc<Self>] {
        TEST.as_slice()
    }

    /// The same resource type with further extensions, each with whether a resource must have it. A
    /// schema whose URN the type knows already is passed over, so nobody redefines what is there.
    pub fn with_extensions(&self, more: impl IntoIterator<Item = (Arc<Schema>, bool)>) -> Self {
        let mut extended = self.clone();
        for (schema, is_required) in more {
            if !extended.schema.id.eq_ignore_ascii_case(&schema.id) && extended.extension(&schema.id).is_none() {
                extended.extensions.push((schema, is_required));
            }
        }
        extended
    }

    /// The attributes and sub-attributes whose value no two resources may share (`uniqueness` of RFC 7643,
    /// section 2.2, `server` or `global`), of those that clients write and that are kept. `id`, which the
    /// service provider writes, is not among them.
    pub fn unique_paths(&self) -> Vec<AttrPath> {
        let core = self.core_attributes().map(|attribute| (None, attribute));
        let extensions =
            self.extensions.iter().flat_map(|(schema, _)| schema.attributes.iter().map(|attribute| (Some(schema.id.as_str()), attribute)));
        let mut found = Vec::new();
        for (urn, attribute) in core.chain(extensions).filter(|(_, attribute)| attribute.is_kept()) {
            let path = AttrPath::top(urn, &attribute.name);
            let subs = attribute.sub_attributes.iter().filter(|sub| sub.is_kept() && sub.is_unique());
            found.extend(subs.map(|sub| path.with_sub(&sub.name)));
            if attribute.is_unique() {
                found.push(path);
            }
        }
        found
    }

    /// The attribute a path leads to: the sub-attribute if the path has one. A path `value` into a
    /// multi-valued attribute of plain values leads to that attribute itself.
    pub fn attribute(&self, path: &AttrPath) -> Option<&Attribute> {
        let attribute = self.top_attribute(path)?;
        match &path.sub {
            None => Some(attribute),
            Some(sub) if attribute.sub_attributes.is_empty() => {
                let is_element = attribute.multi_valued && sub.eq_ignore_ascii_case("value");
                is_element.then_some(attribute)
            }
            Some(sub) => attribute.sub_attribute(sub),
        }
    }

    /// The attribute a path starts with, its sub-attribute aside.
    pub(crate) fn top_attribute(&self, path: &AttrPath) -> Option<&Attribute> {
        self.attribute_at(path.urn.as_deref(), &path.name)
    }

    /// The attribute of this name in the schema of this URN, core and common ones without.
    pub(crate) fn attribute_at(&self, urn: Option<&str>, name: &str) -> Option<&Attribute> {
        match urn {
            None => self.core(name),
            Some(urn) if urn.eq_ignore_ascii_case(&self.schema.id) => self.core(name),
            Some(urn) => self.extension(urn)?.attribute(name),
        }
    }

    /// The core or common attribute of this name, whatever the letter case.
    pub(crate) fn core(&self, name: &str) -> Option<&Attribute> {
        self.schema.attribute(name).or_else(|| COMMON.attribute(name))
    }

    /// The extension schema of this URN, whatever the letter case.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().map(|(schema, _)| schema.as_ref()).find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The attributes that stand at the top of a resource: the common ones and those of the core schema.
    pub(crate) fn core_attributes(&self) -> impl Iterator<Item = &Attribute> {
        COMMON.attributes.iter().chain(&self.schema.attributes)
    }

    /// Whether an answer to a request that names no attributes can be less than what is kept of a resource:
    /// something is `returned` on request only, or an extension has something that is never returned (RFC 7643,
    /// section 2.2). The latter is not kept, but data of an extension may be older than its schema and is then
    /// kept as it was sent.
    pub fn shows_less_than_is_kept(&self) -> bool {
        fn any(attribute: &Attribute, test: fn(&Attribute) -> bool) -> bool {
            test(attribute) || attribute.sub_attributes.iter().any(test)
        }
        let is_on_request = |attribute: &Attribute| attribute.returned == Returned::Request;
        let is_either = |attribute: &Attribute| attribute.returned == Returned::Request || attribute.is_hidden();
        let mut extensions = self.extensions.iter().flat_map(|(schema, _)| &schema.attributes);
        self.core_attributes().any(|attribute| any(attribute, is_on_request)) || extensions.any(|attribute| any(attribute, is_either))
    }

    /// The names of the attributes and sub-attributes that nobody ever reads, such as `password`.
    pub fn hidden_names(&self) -> Vec<&str> {
        let extensions = self.extensions.iter().flat_map(|(schema, _)| &schema.attributes);
        let all =
            self.core_attributes().chain(extensions).flat_map(|attribute| std::iter::once(attribute).chain(&attribute.sub_attributes));
        all.filter(|attribute| attribute.is_hidden()).map(|attribute| attribute.name.as_str()).collect()
    }

    /// Whether a name is that of the rows attribute, whatever the letter case.
    pub fn is_rows(&self, name: &str) -> bool {
        self.rows.as_ref().is_some_and(|rows| rows.eq_ignore_ascii_case(name))
    }

    /// The body of RFC 7643, section 6, without `meta`.
    pub fn to_json(&self) -> Value {
        let extensions: Vec<Value> =
            self.extensions.iter().map(|(schema, required)| json!({"schema": schema.id, "required": required})).collect();
        let mut body = json!({
            "schemas": [RESOURCE_TYPE_URN],
            "id": self.id,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
        });
        if let (Some(object), false) = (body.as_object_mut(), extensions.is_empty()) {
            object.insert("schemaExtensions".into(), extensions.into());
        }
        body
    }
}
