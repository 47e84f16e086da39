//! What one endpoint is: method, path, who may, what it takes, what it answers.
//!
//! Serving and describing read the same value, so the description cannot go astray. Knows nothing of what an endpoint does.

use std::pin::Pin;

use axum::extract::Query;
use axum::http::{Method, StatusCode, Uri};
use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::body::{SchemaOf, Shape};
use super::call::{Call, Reply};
use super::page::Page;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::limits::{ADMIN_PAGE_DEFAULT, ADMIN_PAGE_MAX};

/// Whose rows an endpoint works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The installation's: for keys that reach every tenant.
    Installation,
    /// Those of the tenant in the path.
    Tenant,
}

/// A query parameter.
pub(super) struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Its JSON Schema.
    pub schema: Value,
}

/// What an endpoint takes.
pub(super) enum Takes {
    /// JSON of this shape.
    Json(Shape),
    /// A WebAssembly file, which is read as such (`application/wasm`).
    Wasm,
}

/// What an endpoint answers if all goes well.
pub(super) struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The JSON Schema of the body; without one there is no body, or one that is no JSON.
    pub schema: Option<SchemaOf>,
    /// Whether 200 says that what was to be made is there already.
    pub or_ok: bool,
    /// The media type of a body that is no JSON.
    pub media: Option<&'static str>,
}

impl Answer {
    const fn of(status: StatusCode) -> Self {
        Self { status, schema: None, or_ok: false, media: None }
    }
}

/// What an endpoint does.
type Run = Box<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<Reply>> + Send>> + Send + Sync>;

/// One endpoint.
pub(super) struct Endpoint {
    /// Its method.
    pub method: Method,
    /// Its path below the base, with variable parts in braces.
    pub path: &'static str,
    /// Its name in the OpenAPI document.
    pub operation: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Whose rows it works on.
    pub access: Access,
    /// The least role that may.
    pub role: Role,
    /// Its query parameters.
    pub query: Vec<Parameter>,
    /// What it takes as a body.
    pub body: Option<Takes>,
    /// What it answers.
    pub answer: Answer,
    /// What it does.
    pub run: Run,
}

impl Endpoint {
    /// A read. For every role, with 200 and a body.
    pub(super) fn get(path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self { role: Role::Auditor, ..Self::change(Method::GET, path, operation, summary) }
    }

    /// Something that makes something. Answers 201.
    pub(super) fn post(path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        let answer = Answer::of(StatusCode::CREATED);
        Self { answer, ..Self::change(Method::POST, path, operation, summary) }
    }

    /// A change of some fields. Answers 200.
    pub(super) fn patch(path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self::change(Method::PATCH, path, operation, summary)
    }

    /// Something put as a whole. Answers 200.
    pub(super) fn put(path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self::change(Method::PUT, path, operation, summary)
    }

    /// A deletion. Answers 204.
    pub(super) fn delete(path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self::change(Method::DELETE, path, operation, summary).empty()
    }

    fn change(method: Method, path: &'static str, operation: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            operation,
            summary,
            access: if path.starts_with("/tenants/{tenant}") { Access::Tenant } else { Access::Installation },
            role: Role::Admin,
            query: Vec::new(),
            body: None,
            answer: Answer::of(StatusCode::OK),
            run: Box::new(|_| Box::pin(async { Err(Error::new(ErrorKind::NotImplemented, "This is not there yet.")) })),
        }
    }

    /// For owners only.
    pub(super) fn for_owners(self) -> Self {
        Self { role: Role::Owner, ..self }
    }

    /// For every role, although it is no GET: nothing changes by it.
    pub(super) fn for_auditors(self) -> Self {
        Self { role: Role::Auditor, ..self }
    }

    /// For keys of the installation only, although a tenant stands in the path.
    pub(super) fn of_installation(self) -> Self {
        Self { access: Access::Installation, ..self }
    }

    /// Takes a `T`.
    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        Self { body: Some(Takes::Json(Shape::of::<T>())), ..self }
    }

    /// Takes a WebAssembly file.
    pub(super) fn takes_wasm(self) -> Self {
        Self { body: Some(Takes::Wasm), ..self }
    }

    /// Answers 200 although it is a POST: nothing is made that has an address of its own.
    pub(super) fn answers_ok(self) -> Self {
        Self { answer: Answer { status: StatusCode::OK, ..self.answer }, ..self }
    }

    /// Answers 200 instead if what was to be made is there already.
    pub(super) fn or_ok(self) -> Self {
        Self { answer: Answer { or_ok: true, ..self.answer }, ..self }
    }

    /// Answers with text of this media type.
    pub(super) fn gives_text(self, media: &'static str) -> Self {
        Self { answer: Answer { media: Some(media), ..self.answer }, ..self }
    }

    /// Answers with a `T`.
    pub(super) fn gives<T: JsonSchema>(self) -> Self {
        let answer = Answer { schema: Some(|generator| generator.subschema_for::<T>()), ..self.answer };
        Self { answer, ..self }
    }

    /// Answers with a page of `T`s.
    pub(super) fn gives_pages<T: JsonSchema>(self) -> Self {
        let cursor = Parameter {
            name: "cursor",
            description: "`nextCursor` of the page before. Without it the list starts at its beginning.",
            schema: json!({"type": "string"}),
        };
        self.gives::<Page<T>>().with(cursor).with(limit())
    }

    /// Answers 204 without a body.
    pub(super) fn empty(self) -> Self {
        Self { answer: Answer::of(StatusCode::NO_CONTENT), ..self }
    }

    /// Reads a query parameter.
    pub(super) fn with(mut self, parameter: Parameter) -> Self {
        self.query.push(parameter);
        self
    }

    /// Does this.
    pub(super) fn runs<F>(self, run: fn(Call) -> F) -> Self
    where
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        Self { run: Box::new(move |call| Box::pin(run(call))), ..self }
    }

    /// The least role that may, in words.
    pub(super) fn role_word(&self) -> &'static str {
        role_word(self.role)
    }

    /// The query parameters of a request.
    ///
    /// # Errors
    /// If one is unknown here or comes twice: a filter that is not understood must not look as if it had been obeyed.
    pub(super) fn read_query(&self, uri: &Uri) -> Result<Vec<(String, String)>> {
        let unreadable = |_| Error::invalid("The query is not readable.");
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(unreadable)?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !self.query.iter().any(|parameter| parameter.name == name) {
                return Err(Error::invalid("The query has a parameter that is unknown here."));
            }
            if pairs.iter().take(at).any(|(before, _)| before == name) {
                return Err(Error::invalid(format!("The query parameter {name} comes more than once.")));
            }
        }
        Ok(pairs)
    }
}

/// A role in words.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Auditor => "auditor",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

/// How many items at most.
pub(super) fn limit() -> Parameter {
    Parameter {
        name: "limit",
        description: "How many items at most.",
        schema: json!({"type": "integer", "minimum": 1, "maximum": ADMIN_PAGE_MAX, "default": ADMIN_PAGE_DEFAULT}),
    }
}
