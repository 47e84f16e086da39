//! A visit: who is signed in, what page they ask for, and their way to the admin API.
//!
//! Knows nothing of what a page shows.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::{Value, json};

use super::DASHBOARD_BASE;
use super::form::{CSRF, Csrf, Form};
use super::page::Frame;
use super::sign_in::SignedIn;
use crate::admin::keys::Role;
use crate::auth::Operator;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::App;
use crate::http::admin::ask::{Made, Question, Upload, ask};
use crate::http::dashboard::limits::{DASHBOARD_LOOKS_MAX, DASHBOARD_ROWS_MAX};
use crate::http::request::RequestId;

/// Pairs of names and values.
type Pairs = Vec<(String, String)>;

/// A request for a page by somebody who is signed in.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) operator: Arc<Operator>,
    /// When it came.
    pub(super) now: Timestamp,
    /// The fields that a form sent.
    pub(super) form: Form,
    /// The tenant in the path, as the API shows it; null without one.
    pub(super) tenant: Value,
    /// The operator's role in that tenant, or in the installation.
    pub(super) role: Option<Role>,
    signed_in: SignedIn,
    address: String,
    path: Pairs,
    query: Pairs,
    request_id: RequestId,
}

impl Visit {
    /// Begins one.
    ///
    /// # Errors
    /// 404 if the path names a tenant that is not there for this operator.
    pub(super) async fn begin(
        app: &App,
        signed_in: SignedIn,
        address: &str,
        (path, query, form): (Pairs, Pairs, Form),
        request_id: RequestId,
    ) -> Result<Self> {
        let operator = Arc::clone(&signed_in.operator);
        let (app, now, address) = (app.clone(), app.clock.now(), address.to_owned());
        let role = operator.rights.of_installation();
        let mut visit = Self { app, operator, now, form, tenant: Value::Null, role, signed_in, address, path, query, request_id };
        if let Some(tenant) = find(&visit.path, "tenant").map(str::to_owned) {
            visit.tenant = visit.ask("getTenant").await?;
            visit.role = tenant.parse().ok().and_then(|id| visit.operator.rights.at(id));
        }
        Ok(visit)
    }

    /// A variable part of the path.
    pub(super) fn part(&self, name: &str) -> &str {
        find(&self.path, name).unwrap_or_default()
    }

    /// A query parameter without blanks around it; `None` if it is absent or blank.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.query, name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A query parameter as it was sent.
    pub(super) fn raw_parameter(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// Whether the operator may do what asks for this role, in the tenant of the path or, without one, in the installation.
    pub(super) fn may(&self, role: Role) -> bool {
        self.role >= Some(role)
    }

    /// The address of a page below the tenant's, or of the tenant's own with an empty `below`.
    pub(super) fn link(&self, below: &str) -> String {
        let tenant = self.part("tenant");
        self.app.link(&format!("{DASHBOARD_BASE}/tenants/{tenant}{below}"))
    }

    /// The path of this page.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The address of this page, with its query.
    pub(super) fn here(&self) -> String {
        with_query(&self.app.link(&self.address), &self.query)
    }

    /// The address of this page with one query parameter set to another value, or taken away with an empty one. A cursor goes as well.
    pub(super) fn here_with(&self, name: &str, value: &str) -> String {
        let mut query: Pairs = self.query.iter().filter(|(other, _)| other != name && other != "cursor").cloned().collect();
        if !value.is_empty() {
            query.push((name.to_owned(), value.to_owned()));
        }
        with_query(&self.app.link(&self.address), &query)
    }

    /// A form of ours that goes to `action`.
    pub(super) fn form(&self, action: &str, inner: &Markup) -> Markup {
        html! {
            form method="post" action=(action) {
                input type="hidden" name=(CSRF) value=(self.signed_in.csrf.value());
                (inner)
            }
        }
    }

    /// The same for a form that sends a file. Its token comes first: nothing else is read without it.
    pub(super) fn file_form(&self, action: &str, inner: &Markup) -> Markup {
        html! {
            form method="post" action=(action) enctype="multipart/form-data" {
                input type="hidden" name=(CSRF) value=(self.signed_in.csrf.value());
                (inner)
            }
        }
    }

    /// What shows that a form is one of ours, for forms that are made by hand.
    pub(super) fn csrf(&self) -> &Csrf {
        &self.signed_in.csrf
    }

    /// The session.
    pub(super) fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }

    /// The request's id.
    pub(super) fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// What is around the page.
    pub(super) fn frame(&self) -> Frame {
        Frame::of(self)
    }

    /// A question to an endpoint, with the tenant of the path.
    pub(super) fn ask(&self, operation: &'static str) -> Asking<'_> {
        let path = self.path.iter().filter(|(name, _)| name == "tenant").cloned().collect();
        let question = Question { operation, path, query: Vec::new(), body: Made::Nothing, request_id: self.request_id.clone() };
        Asking { visit: self, question }
    }
}

impl Visit {
    /// As many items of a list as one page shows, from the `cursor` in the page's query on, and where it goes on. Asks several times if there are few at a time: of
    /// a filtered list there may be.
    ///
    /// # Errors
    /// Those of the endpoint.
    pub(super) async fn rows<'a>(&'a self, ask: impl Fn() -> Asking<'a>) -> Result<Value> {
        let mut cursor = self.parameter("cursor").map(str::to_owned);
        let mut items: Vec<Value> = Vec::new();
        for _ in 0..DASHBOARD_LOOKS_MAX {
            let mut asking = ask().with("limit", &DASHBOARD_ROWS_MAX.saturating_sub(items.len()).to_string());
            if let Some(cursor) = &cursor {
                asking = asking.with("cursor", cursor);
            }
            let mut page = asking.await?;
            cursor = page.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            if cursor.is_none() || items.len() >= DASHBOARD_ROWS_MAX {
                break;
            }
        }
        Ok(json!({"items": items, "nextCursor": cursor}))
    }
}

/// A question in the making. Awaiting it asks.
pub(super) struct Asking<'a> {
    visit: &'a Visit,
    question: Question,
}

impl Asking<'_> {
    /// With a variable part of the path.
    pub(super) fn at(mut self, name: &str, value: &str) -> Self {
        self.question.path.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a query parameter.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.question.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With query parameters of the page that are called the same there, as far as they are set.
    pub(super) fn with_own(mut self, names: &[&str]) -> Self {
        for name in names {
            if let Some(value) = self.visit.parameter(name) {
                self.question.query.push(((*name).to_owned(), value.to_owned()));
            }
        }
        self
    }

    /// With a JSON body.
    pub(super) fn json(mut self, body: Value) -> Self {
        self.question.body = Made::Json(body);
        self
    }

    /// With a WebAssembly file.
    pub(super) fn wasm(mut self, file: Upload) -> Self {
        self.question.body = Made::Wasm(file);
        self
    }
}

impl<'a> IntoFuture for Asking<'a> {
    type Output = Result<Value>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(ask(self.visit.app.clone(), &self.visit.operator, self.question))
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// An address with a query.
pub(super) fn with_query(address: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return address.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{address}?{query}")
}
