//! How far a provider has come that is being connected, and what is refused or likely to be amiss.
//!
//! Knows nothing of how a connection is set up.

use maud::{Markup, html};
use serde_json::Value;

use super::super::parts::{Tone, ago, badge, counted, is, list, number, sentence, text, words};
use super::super::visit::Visit;
use super::provider::Provider;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::dashboard::limits::{REFUSED_LATELY_MS_MAX, WARNINGS_SHOWN_MAX};
use crate::limits::TOKENS_MAX;

/// Refusals that the page shows.
const REFUSALS_SHOWN: usize = 3;

/// What is known of a connection's client.
pub(super) struct Progress<'a> {
    visit: &'a Visit,
    connection: &'a Value,
    provider: &'static Provider,
    /// What the client asked for, newest first.
    log: Value,
    /// The connection's tokens.
    pub tokens: Value,
    warnings: Value,
}

/// One thing that happens while a provider is being connected.
struct Check {
    done: bool,
    what: String,
    /// What is missing, if it has not happened.
    missing: String,
}

/// Whether a token opens anything still.
pub(super) fn is_valid(token: &Value, now: Timestamp) -> bool {
    Timestamp::parse(text(token, "/expiresAt")).is_none_or(|ends| ends > now)
}

/// When a connection's client was last heard of, and for what: until a user or a group came there was nothing to synchronize.
pub(super) fn heard(visit: &Visit, connection: &Value) -> Markup {
    let last = text(connection, "/client/lastRequest");
    html! {
        @if last.is_empty() { "Not synchronized" }
        @else if is(connection, "/everSynced") { "Synced " (ago(visit.now, last)) }
        @else { "Connection tested " (ago(visit.now, last)) }
    }
}

impl<'a> Progress<'a> {
    /// What is known now.
    pub(super) async fn read(visit: &'a Visit, connection: &'a Value, provider: &'static Provider) -> Result<Self> {
        let id = visit.part("connection");
        let log = visit.ask("listTenantActivity").with("connection", id).with("limit", "200").await?;
        let tokens = visit.ask("listTokens").at("connection", id).with("limit", &TOKENS_MAX.to_string()).await?;
        let warnings = visit.ask("listWarnings").at("connection", id).await?;
        Ok(Self { visit, connection, provider, log, tokens, warnings })
    }

    /// Whether anything ever came.
    pub(super) fn has_begun(&self) -> bool {
        !list(&self.log, "/items").is_empty() || !text(self.connection, "/client/lastRequest").is_empty()
    }

    fn has_token(&self) -> bool {
        list(&self.tokens, "/items").iter().any(|token| is_valid(token, self.visit.now))
    }

    /// How far it has come. What is said aloud when it changes says no time, which changes by itself.
    pub(super) fn state(&self) -> Markup {
        let checks = self.checks();
        let done = checks.iter().filter(|check| check.done).count();
        let warnings = list(&self.warnings, "/items").len() as u64;
        html! {
            div id="progress" {
                div.row {
                    span.row id="state" role="status" data-live {
                        @if !is(self.connection, "/enabled") { (badge(Tone::Warning, "Off: its client is refused")) }
                        @else if !self.has_token() { (badge(Tone::Warning, "No valid token: its client is refused")) }
                        @else if done == checks.len() { (badge(Tone::Good, "Connected")) }
                        @else { (badge(Tone::Plain, "Waiting")) " " (done) " of " (checks.len()) " done" }
                    }
                    span id="heard" data-live { (heard(self.visit, self.connection)) }
                    span id="warned" data-live {
                        @if warnings > 0 { a href="#warnings" { (badge(Tone::Warning, &counted(warnings, "warning", "warnings"))) } }
                    }
                }
                ul.checks id="steps" data-live {
                    @for check in &checks {
                        li {
                            @if check.done { (badge(Tone::Good, "Done")) } @else { (badge(Tone::Plain, "Not yet")) }
                            span {
                                (check.what)
                                @if !check.done { span.hint { br; (check.missing) } }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What is likely to be amiss, and what was refused. It grows while one looks on, so it stands where nothing is below it.
    pub(super) fn amiss(&self) -> Markup {
        let (warnings, visit) = (list(&self.warnings, "/items"), self.visit);
        let since = visit.now.plus_millis(-REFUSED_LATELY_MS_MAX);
        let is_late = |entry: &&Value| Timestamp::parse(text(entry, "/at")).is_some_and(|at| at >= since);
        let refused = list(&self.log, "/items").iter().filter(|entry| number(entry, "/status") >= 400).take_while(is_late);
        let refused: Vec<&Value> = refused.take(REFUSALS_SHOWN).collect();
        html! {
            div id="amiss" data-live {
                @if warnings.is_empty() { p.muted { "Nothing seems to be amiss." } } @else {
                    ul.warnings {
                        @for warning in warnings.iter().take(WARNINGS_SHOWN_MAX) { li { (words(text(warning, "/text"))) } }
                        @if warnings.len() > WARNINGS_SHOWN_MAX { li { "And " (warnings.len() - WARNINGS_SHOWN_MAX) " more, which the API lists." } }
                    }
                }
                @if !refused.is_empty() {
                    h3 { "Refused within the last day" }
                    ul {
                        @for entry in refused {
                            li { code { (text(entry, "/action")) } " · " (number(entry, "/status")) " · " (ago(visit.now, text(entry, "/at"))) br; (sentence(text(entry, "/detail"))) }
                        }
                    }
                    p { a href=(visit.link(&format!("/activity?connection={}&outcome=failed", visit.part("connection")))) { "All that was refused" } }
                }
            }
        }
    }

    /// What has happened so far.
    fn checks(&self) -> Vec<Check> {
        let (log, provider) = (list(&self.log, "/items"), self.provider);
        let went_well = |action: &str| log.iter().any(|entry| text(entry, "/action").starts_with(action) && number(entry, "/status") < 400);
        let (users, groups) = (number(self.connection, "/inventory/users"), number(self.connection, "/inventory/groups"));
        let called = provider.called;
        let check = |done, what: String, missing: String| Check { done, what, missing };
        vec![
            check(self.has_begun(), format!("{} reached Doorlist with the token", capital(called)), self.nothing_came()),
            check(
                // Of a connection that has been at work for long, the test is no longer among the latest requests.
                users > 0 || went_well("GET /Users"),
                format!("{} went well", capital(provider.test_label)),
                format!("{} in {called}: it asks for the list of users.", provider.test),
            ),
            check(
                users > 0 || went_well("POST /Users") || went_well("POST /Bulk"),
                "A user was made".to_owned(),
                match provider.key {
                    "jumpcloud" => "Press Activate: JumpCloud makes its test user, changes it and deletes it again. An e-mail address that is taken makes it fail.".to_owned(),
                    _ => format!("Activate provisioning in {called}."),
                },
            ),
            check(
                users > 0,
                format!("{} here", counted(users, "user is", "users are")),
                match provider.key {
                    "jumpcloud" => "Tick groups on the tab User Groups of the application: only members of these groups come.".to_owned(),
                    _ => format!("Assign users to the application in {called}."),
                },
            ),
            check(
                groups > 0,
                format!("{} here", counted(groups, "group is", "groups are")),
                match provider.key {
                    "jumpcloud" => "Tick “Enable management of User Groups and Group Membership in this application”. JumpCloud does not send empty groups.".to_owned(),
                    _ => format!("Send groups from {called}, too."),
                },
            ),
        ]
    }

    /// What to look for while nothing has come.
    fn nothing_came(&self) -> String {
        let Provider { called, url_label, token_label, .. } = self.provider;
        if !is(self.connection, "/enabled") {
            return "The connection is off. Turn it on under Identity provider sync.".to_owned();
        }
        if !self.has_token() {
            return format!("No token is valid. Make one under “Address and tokens”, and enter it in {called}.");
        }
        format!(
            "Nothing has come yet. If {called} says that the test failed: is the {url_label} pasted whole, without a slash at its end? Can it be reached from outside? Is the {token_label} pasted whole?"
        )
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
