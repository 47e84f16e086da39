//! What a form does for good is asked about first.
//!
//! Where scripts run the button asks (`data-asks`) and the form says that it has (`sure`). Where none do, a page in between asks. Knows only which forms these are.

use axum::http::Method;
use maud::html;

use super::form::CSRF;
use super::page::{Page, Section};
use super::visit::Visit;
use super::{Route, page_of};
use crate::admin::keys::Role;

/// The field that says that somebody was asked.
const SURE: &str = "sure";

/// The forms by their paths, with what is asked.
const QUESTIONS: &[(&str, &str)] = &[
    ("/keys/{key}/delete", "Delete this key? Whoever uses it is signed out and refused at once."),
    ("/tenants/{tenant}/settings/keys/{key}/delete", "Delete this key? Whoever uses it is signed out and refused at once."),
    ("/tenants/{tenant}/settings/plugins/keys/delete", "Delete this key? Its signatures count no longer. What is in force stays in force."),
    ("/tenants/{tenant}/integrations/{connection}/delete", "Delete this connection and everybody who came by it?"),
    ("/tenants/{tenant}/integrations/{connection}/tokens/{token}/delete", "Delete this token? Whoever uses it is refused at once."),
    ("/tenants/{tenant}/users/{user}/delete", "Delete this user for good?"),
    ("/tenants/{tenant}/groups/{group}/delete", "Delete this group? Its members stay in the team."),
    ("/tenants/{tenant}/policies/monitor/promote", "Have this policy decide from now on?"),
    ("/tenants/{tenant}/policies/shadow/promote", "Put this pipeline in force?"),
    ("/tenants/{tenant}/policies/shadow/end", "End the pipeline in shadow?"),
    ("/tenants/{tenant}/plugins/{name}/{version}/delete", "Delete this version of the plugin?"),
    ("/tenants/{tenant}/holds/{hold}/all", "Let everybody who is held here go?"),
    ("/tenants/{tenant}/holds/{hold}/members", "Let those that are ticked go?"),
];

/// What is to be asked before this form does what it is for; `None` if it was asked, or need not be.
pub(super) fn question(route: &Route, visit: &Visit) -> Option<&'static str> {
    let form = &visit.form;
    // Who may do none of this is refused at once.
    if route.method == Method::GET || form.text(SURE) == "yes" || !visit.may(Role::Admin) {
        return None;
    }
    // Of a form that does the one or the other, letting go is what cannot be taken back.
    if form.raw("action").is_some_and(|action| action != "release") {
        return None;
    }
    QUESTIONS.iter().find(|(path, _)| *path == route.path).map(|(_, question)| *question)
}

/// The page that asks. It sends the same form again, as it was, or leads back.
pub(super) fn page(visit: &Visit, question: &str) -> Page {
    let same = html! {
        @for (name, value) in visit.form.fields().filter(|(name, _)| ![CSRF, SURE].contains(name)) {
            input type="hidden" name=(name) value=(value);
        }
        input type="hidden" name=(SURE) value="yes";
        div.row {
            button.danger type="submit" { "Yes" }
            a.button href=(visit.app.link(&page_of(visit.address()))) { "Back" }
        }
    };
    let body = html! { section.card id="question" { p { (question) } (visit.form(&visit.here(), &same)) } };
    Page::new(Section::None, "Are you sure?", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_one_of_a_form() {
        for (path, _) in QUESTIONS {
            let is_sent = |route: &Route| route.path == *path && route.method == Method::POST;
            assert!(super::super::pages().iter().any(is_sent), "{path}");
        }
    }
}
