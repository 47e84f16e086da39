//! Random inventories: whichever way resources are found they are the same, and whatever is said twice is said once.

mod lists;
mod members;
mod pages;

use std::sync::Arc;

use doorlist_scim::query::Query;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::store::{Store, Tenant};

const SCOPE: Scope = Scope { connection: 1 };
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn context() -> Context {
    Context::of_nobody(NOW, "".into())
}

/// A tenant with these resources; what is refused is not there.
fn tenant(users: &[Value], groups: &[(Value, Vec<usize>)]) -> (Tenant, Vec<Id>, Vec<Id>) {
    let tenant = Store::in_memory().unwrap().tenant(1);
    let make = |kind: &Arc<Kind>, body: &Value| {
        let create = Create::parse(Arc::clone(kind), body).unwrap();
        tenant.write(move |tx| create.run(tx, SCOPE, &context())).map(|answer| answer.id).ok()
    };
    let users: Vec<Id> = users.iter().filter_map(|body| make(Kind::user(), body)).collect();
    let mut made = Vec::new();
    for (body, members) in groups {
        let members: Vec<Value> = members.iter().filter_map(|member| users.get(*member)).map(|id| json!({"value": id})).collect();
        let mut body = body.clone();
        body["members"] = members.into();
        made.extend(make(Kind::group(), &body));
    }
    (tenant, users, made)
}

fn search(kind: &Arc<Kind>, parameters: &[(&str, &str)]) -> Search {
    let query = Query::from_parameters(&[&kind.scim], parameters.iter().copied(), 1_000).unwrap();
    Search::of(kind, query, &"http://x".into())
}

fn found(tenant: &Tenant, search: &Search) -> (usize, Vec<Id>) {
    let page = tenant.read(|rows| list(rows, SCOPE, search, &Walks::none())).unwrap();
    (page.total, page.answers.into_iter().map(|(_, answer)| answer.id).collect())
}

/// Few names, so that random filters find something; some differ in letter case only, or fold to others.
const NAMES: [&str; 8] = ["ada", "Ada", "ADA@x.io", "ada@x.io", "bob", "Straße", "STRASSE", "straße"];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn user() -> impl Strategy<Value = Value> {
    let maybe = || prop::option::of(name());
    (name(), 0..9_u8, maybe(), maybe(), prop::collection::vec((name(), prop::sample::select(&["work", "home"][..])), 0..3)).prop_map(
        |(user_name, number, external_id, display_name, emails)| {
            let emails: Vec<Value> = emails.into_iter().map(|(value, kind)| json!({"value": value, "type": kind})).collect();
            json!({"userName": format!("{user_name}{number}"), "externalId": external_id, "displayName": display_name, "emails": emails})
        },
    )
}

fn group() -> impl Strategy<Value = (Value, Vec<usize>)> {
    let body = (name(), prop::option::of(name())).prop_map(|(name, external)| json!({"displayName": name, "externalId": external}));
    (body, prop::collection::vec(0..6_usize, 0..4))
}
