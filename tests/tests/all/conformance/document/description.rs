//! What a server says of itself: its configuration, its resource types and their schemas.

use doorlist_tests::Client;
use doorlist_tests::callers::text;
use serde_json::Value;

/// What the three discovery endpoints answer.
pub struct Description {
    /// `/ServiceProviderConfig`.
    pub config: Value,
    /// `/ResourceTypes`, each with its schemas.
    pub kinds: Vec<Kind>,
    /// Whether `/Me` stands for somebody.
    pub has_me: bool,
    /// Schema URNs.
    pub urns: Vec<String>,
}

/// A resource type.
pub struct Kind {
    /// Its name, such as `User`.
    pub name: String,
    /// Its endpoint, such as `/Users`.
    pub endpoint: String,
    /// Its core schema.
    pub core: Schema,
    /// Its extensions, each with whether a resource must have it.
    pub extensions: Vec<(Schema, bool)>,
}

/// A schema.
#[derive(Clone)]
pub struct Schema {
    /// Its URN.
    pub urn: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// An attribute, with the characteristics of RFC 7643 section 7.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether it is a list.
    pub multi: bool,
    /// Whether a resource must have it.
    pub required: bool,
    /// Who may write it, and how often.
    pub mutability: String,
    /// When it is in an answer.
    pub returned: String,
    /// What it consists of if it is complex.
    pub subs: Vec<Attribute>,
}

/// Resources that are there, for requests to refer to.
#[derive(Default)]
pub struct Fixtures {
    /// For each endpoint: ids of resources that no test of the document deletes on purpose.
    pub ids: Vec<(String, Vec<String>)>,
}

impl Fixtures {
    /// The ids at an endpoint.
    pub fn at(&self, endpoint: &str) -> &[String] {
        self.ids.iter().find(|(at, _)| at == endpoint).map_or(&[], |(_, ids)| ids)
    }

    /// Every id.
    pub fn all(&self) -> Vec<&str> {
        self.ids.iter().flat_map(|(_, ids)| ids).map(String::as_str).collect()
    }

    /// The ids of resources that a group can have as members.
    pub fn members(&self) -> Vec<String> {
        self.at("/Users").to_vec()
    }
}

impl Description {
    /// Asks the server.
    #[track_caller]
    pub fn read(client: &Client) -> Self {
        let config = client.get("/ServiceProviderConfig").expect(200);
        let types = client.get("/ResourceTypes").expect(200);
        let schemas = client.get("/Schemas").expect(200);
        let schemas: Vec<Schema> = listed(&schemas).iter().map(Schema::read).collect();
        let find = |urn: &str| {
            let found = schemas.iter().find(|schema| schema.urn == urn);
            found.unwrap_or_else(|| panic!("a resource type has the schema {urn}, and /Schemas has not")).clone()
        };
        let kinds = listed(&types).iter().map(|kind| {
            let extensions = kind["schemaExtensions"].as_array().into_iter().flatten();
            Kind {
                name: text(kind, "name"),
                endpoint: text(kind, "endpoint"),
                core: find(&text(kind, "schema")),
                extensions: extensions.map(|one| (find(&text(one, "schema")), one["required"] == true)).collect(),
            }
        });
        let kinds = kinds.collect();
        let urns = schemas.into_iter().map(|schema| schema.urn).collect();
        Self { config, kinds, has_me: client.get("/Me").status != 501, urns }
    }

    /// Whether the configuration announces a feature.
    pub fn supports(&self, feature: &str) -> bool {
        self.config[feature]["supported"] == true
    }
}

fn listed(list: &Value) -> &[Value] {
    list["Resources"].as_array().expect("a list has Resources")
}

impl Schema {
    fn read(schema: &Value) -> Self {
        Self { urn: text(schema, "id"), attributes: attributes(&schema["attributes"]) }
    }
}

fn attributes(list: &Value) -> Vec<Attribute> {
    list.as_array().into_iter().flatten().map(Attribute::read).collect()
}

impl Attribute {
    fn read(json: &Value) -> Self {
        Self {
            name: text(json, "name"),
            kind: text(json, "type"),
            multi: json["multiValued"] == true,
            required: json["required"] == true,
            mutability: text(json, "mutability"),
            returned: text(json, "returned"),
            subs: attributes(&json["subAttributes"]),
        }
    }

    /// An attribute of every resource, which no schema lists (RFC 7643 section 3.1).
    fn common(name: &str, kind: &str) -> Self {
        let returned = if name == "id" { "always" } else { "default" };
        let mutability = if name == "externalId" { "readWrite" } else { "readOnly" };
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            multi: false,
            required: false,
            mutability: mutability.to_owned(),
            returned: returned.to_owned(),
            subs: Vec::new(),
        }
    }

    /// Whether clients write it.
    pub fn is_written(&self) -> bool {
        self.mutability != "readOnly"
    }

    /// Whether it can be in an answer.
    pub fn is_returned(&self) -> bool {
        self.returned != "never"
    }

    /// Its sub-attribute `value`.
    pub fn value(&self) -> Option<&Attribute> {
        self.subs.iter().find(|sub| sub.name == "value")
    }
}

/// A path to an attribute as clients write it (RFC 7644 section 3.10), and the attribute.
pub struct Path {
    /// The path.
    pub text: String,
    /// What it leads to.
    pub attribute: Attribute,
    /// The attribute it is a part of.
    pub outer: Option<Attribute>,
    /// Whether something else has to be there once it is: a part is required of what it is in, be that a complex value or an extension.
    pub needs_others: bool,
}

impl Kind {
    /// Every path, with those of common attributes.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        for name in ["id", "externalId"] {
            add(&mut paths, "", &Attribute::common(name, "string"), false);
        }
        let mut meta = Attribute::common("meta", "complex");
        meta.subs = vec![Attribute::common("created", "dateTime"), Attribute::common("lastModified", "dateTime")];
        add(&mut paths, "", &meta, false);
        for attribute in &self.core.attributes {
            add(&mut paths, "", attribute, false);
        }
        for (schema, _) in &self.extensions {
            for attribute in &schema.attributes {
                let needs_others = others_required(&schema.attributes, attribute);
                add(&mut paths, &format!("{}:", schema.urn), attribute, needs_others);
            }
        }
        paths
    }
}

/// Whether one of these besides `attribute` is required.
fn others_required(attributes: &[Attribute], attribute: &Attribute) -> bool {
    attributes.iter().any(|other| other.required && other.name != attribute.name)
}

fn add(paths: &mut Vec<Path>, before: &str, attribute: &Attribute, needs_others: bool) {
    let text = format!("{before}{}", attribute.name);
    for sub in &attribute.subs {
        let needs_others = needs_others || others_required(&attribute.subs, sub);
        paths.push(Path { text: format!("{text}.{}", sub.name), attribute: sub.clone(), outer: Some(attribute.clone()), needs_others });
    }
    paths.push(Path { text, attribute: attribute.clone(), outer: None, needs_others });
}
