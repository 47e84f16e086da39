//! A request that may be run: who calls, on whose rows, with what. And the reply to it.
//!
//! The only way from here to a write is [`Call::write`], which puts the activity entry into the same transaction. Knows nothing of what
//! is read or written.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{ADMIN_BASE, App, RequestId};
use super::endpoint::Endpoint;
use super::page::{Asked, Place};
use crate::activity::{self, Actor, Entry};
use crate::admin::keys::{Role, Scope};
use crate::admin::plugins::upload::Progress;
use crate::admin::retention::Retention;
use crate::admin::{places, tenants};
use crate::clock::Timestamp;
use crate::directory::Kept;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::{Tenant, Tx, View};

/// Who calls, and on whose rows.
#[derive(Clone)]
pub(super) struct Caller {
    /// The rows that the endpoint works on.
    pub rows: Tenant,
    /// The tenant they belong to; `None` if they are the installation's.
    pub tenant: Option<tenants::Tenant>,
    /// Who it is, for the log.
    pub actor: Actor,
    /// How much they may do.
    pub role: Role,
    /// What they reach.
    pub scope: Scope,
    /// When the request came.
    pub now: Timestamp,
    /// The request's id.
    pub request_id: RequestId,
}

impl Caller {
    /// The activity entry of a request that ends with `status`.
    pub(super) fn entry(&self, endpoint: &Endpoint, status: u16, subject: Option<String>) -> Entry {
        Entry {
            sequence: 0,
            at: self.now,
            actor: self.actor.clone(),
            action: format!("{} {}", endpoint.method, endpoint.path),
            subject,
            query: None,
            status,
            detail: None,
            request_id: self.request_id.as_str().to_owned(),
            count: 1,
        }
    }
}

/// A request that may be run.
pub(super) struct Call {
    /// What all requests share.
    pub app: App,
    /// What is asked for.
    pub endpoint: &'static Endpoint,
    /// Who asks.
    pub caller: Caller,
    /// Variable parts of the path, decoded.
    pub path: Vec<(String, String)>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The body, as the endpoint's JSON Schema asks.
    pub body: Option<Value>,
    /// The body, if the endpoint takes a WebAssembly file.
    pub wasm: Vec<u8>,
    /// The place that such a file takes up until the call is over.
    pub place: Option<places::Place>,
    /// Where the checks of such a file stand.
    pub progress: Progress,
}

impl Call {
    /// A variable part of the path.
    pub(super) fn text(&self, name: &str) -> &str {
        find(&self.path, name).unwrap_or_default()
    }

    /// A variable part of the path that is an id.
    ///
    /// # Errors
    /// 404 if it is none: nothing has that id.
    pub(super) fn id(&self, name: &str) -> Result<Id> {
        self.text(name).parse().map_err(|_| Error::not_found(name))
    }

    /// A query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// The page that is asked for.
    ///
    /// # Errors
    /// If the cursor is none of this list or the limit no number above 0.
    pub(super) fn asked<P: Place>(&self) -> Result<Asked<P>> {
        Asked::read(self.parameter("cursor"), self.parameter("limit"))
    }

    /// The body.
    ///
    /// # Errors
    /// If it says something that the JSON Schema allows and the type does not.
    pub(super) fn take_body<T: DeserializeOwned>(&mut self) -> Result<T> {
        let body = self.body.take().unwrap_or_default();
        // What the JSON Schema let through is readable but for what it cannot say, such as a date that no calendar has.
        serde_json::from_value(body).map_err(|_| Error::invalid("The body has a value that is not readable."))
    }

    /// The tenant in the path.
    ///
    /// # Errors
    /// None at an endpoint of a tenant.
    pub(super) fn tenant(&self) -> Result<&tenants::Tenant> {
        self.caller.tenant.as_ref().ok_or_else(|| Error::internal("an endpoint of the installation asked for a tenant"))
    }

    /// Looks at one snapshot of the rows.
    ///
    /// # Errors
    /// What `look` answers, or if the disk refuses.
    pub(super) fn read<T>(&self, look: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        self.caller.rows.read(look)
    }

    /// Looks at one snapshot of the rows without what is past its time: for what tells of activity, events and the past. On a thread of its own, since what is past its
    /// time and still there is gone through first, which may be much just after a tenant has said for how long it is kept.
    ///
    /// # Errors
    /// What `look` answers, or if the disk refuses.
    pub(super) async fn read_kept<T: Send + 'static>(&self, look: impl FnOnce(&Kept<'_, View>) -> Result<T> + Send + 'static) -> Result<T> {
        let (rows, retention, now) = (self.caller.rows.clone(), self.retention(), self.caller.now);
        blocking(move || rows.read(|rows| look(&Kept::of(rows, &retention, now)?))).await
    }

    /// For how long what happened is kept; of the installation's own without regard to its age.
    pub(super) fn retention(&self) -> Retention {
        self.caller.tenant.as_ref().map(|tenant| tenant.retention).unwrap_or_default()
    }

    /// A page of what `list` reads: it is given the item to start behind and how many to read.
    ///
    /// # Errors
    /// If cursor or limit are not acceptable, and what `list` answers.
    pub(super) fn page<P: Place + Copy, T: Serialize>(
        &self,
        place: impl Fn(&T) -> P,
        list: impl FnOnce(&View, Option<P>, usize) -> Result<Vec<T>>,
    ) -> Result<Reply> {
        let asked = self.asked::<P>()?;
        let items = self.read(|rows| list(rows, asked.after, asked.limit + 1))?;
        Reply::json(&asked.page(items, place))
    }

    /// Writes, together with the activity entry about `subject`. `change` is given the entry's number.
    ///
    /// # Errors
    /// What `change` answers, or if the disk refuses.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        subject: Option<String>,
        mut change: impl FnMut(&mut Tx<'_>, u64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let entry = self.caller.entry(self.endpoint, self.endpoint.answer.status.as_u16(), subject);
        let write = self.caller.rows.submit(move |tx| {
            let stamp = activity::record(tx, &entry)?;
            change(tx, stamp)
        });
        write.await
    }

    /// The reply that tells of something made, which is found below the path of this request.
    ///
    /// # Errors
    /// None that a value of ours can cause.
    pub(super) fn created(&self, id: impl std::fmt::Display, made: &impl Serialize) -> Result<Reply> {
        let mut path = self.endpoint.path.to_owned();
        for (name, value) in &self.path {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        let location = format!("{}{ADMIN_BASE}{path}/{id}", self.app.public_url);
        Ok(Reply { location: Some(location), ..Reply::json(made)? })
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// Runs what takes long or waits, such as guest code, away from the threads that run async code.
///
/// # Errors
/// What `work` answers.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// The reply to a call that went well. The endpoint says its status.
#[derive(Debug, Default)]
pub(super) struct Reply {
    body: Option<Vec<u8>>,
    location: Option<String>,
    /// Of a body that is no JSON.
    media: Option<&'static str>,
    /// Whether what was to be made is there already.
    is_known: bool,
}

impl Reply {
    /// Without a body.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    /// With a JSON body.
    ///
    /// # Errors
    /// None that a value of ours can cause.
    pub(super) fn json(value: &impl Serialize) -> Result<Self> {
        Ok(Self { body: Some(serde_json::to_vec(value).map_err(Error::internal)?), ..Self::default() })
    }

    /// With text of this media type.
    pub(super) fn text(media: &'static str, text: String) -> Self {
        Self { body: Some(text.into_bytes()), media: Some(media), ..Self::default() }
    }

    /// The same, saying that what was to be made is there already.
    pub(super) fn known(self) -> Self {
        Self { is_known: true, ..self }
    }

    /// Its JSON; null without a body.
    ///
    /// # Errors
    /// None that a value of ours can cause.
    pub(super) fn into_json(self) -> Result<Value> {
        let body = self.body.filter(|_| self.media.is_none());
        body.map_or(Ok(Value::Null), |body| serde_json::from_slice(&body)).map_err(Error::internal)
    }

    /// As a response.
    pub(super) fn into_response(self, status: StatusCode) -> Response {
        let status = if self.is_known { StatusCode::OK } else { status };
        let mut response = match self.body {
            Some(body) => (status, [(header::CONTENT_TYPE, self.media.unwrap_or("application/json"))], body).into_response(),
            None => status.into_response(),
        };
        if let Some(location) = self.location.and_then(|location| location.try_into().ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
