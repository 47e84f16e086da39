//! What a page is, and what is around it: head, navigation, and who is signed in.
//!
//! Knows nothing of what a page is about.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::visit::Visit;
use super::{DASHBOARD_BASE, assets, parts, protect};
use crate::error::Error;
use crate::http::App;

/// What comes of a request.
pub(super) enum Answer {
    /// A page.
    Page(Page),
    /// A page that says why what a form wanted is refused.
    Refused(StatusCode, Page),
    /// Go there (303): what a form wanted is done.
    Redirect(String),
    /// The session is over. Go there.
    SignOut(String),
}

/// Which entry of the navigation a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// None.
    None,
    Integrations,
    Users,
    Groups,
    Why,
    Policies,
    Plugins,
    Activity,
    Events,
    Holds,
    Settings,
}

/// The entries of a tenant's navigation: what they are called and where they lead.
const SECTIONS: &[(Section, &str, &str)] = &[
    (Section::Integrations, "Identity provider sync", "/integrations"),
    (Section::Users, "Users", "/users"),
    (Section::Groups, "Groups", "/groups"),
    (Section::Why, "Ask why", "/why"),
    (Section::Policies, "Policies", "/policies"),
    (Section::Plugins, "Plugins", "/plugins"),
    (Section::Activity, "Activity", "/activity"),
    (Section::Events, "Events", "/events"),
    (Section::Holds, "Holds", "/holds"),
    (Section::Settings, "Settings", "/settings"),
];

/// How live parts of a page are looked at again.
pub(super) struct Live {
    /// Seconds between two looks.
    pub seconds: u32,
    /// Where they are looked at, if that is another page. Then the page is not loaded again where scripts do not run.
    pub at: Option<String>,
}

/// A page without what is around it.
pub(super) struct Page {
    /// What it is called.
    pub title: String,
    /// Where it belongs.
    pub section: Section,
    /// How the parts that are marked as live are looked at again; `None` for a page that stays as it is.
    pub live: Option<Live>,
    /// What it shows below its title.
    pub body: Markup,
}

impl Page {
    /// A page that stays as it is.
    pub(super) fn new(section: Section, title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), section, live: None, body }
    }

    /// The same, looking again every so many seconds at those parts that have an id and the attribute `data-live`. Without a script the whole page is loaded anew.
    pub(super) fn live(self, seconds: u32) -> Self {
        Self { live: Some(Live { seconds, at: None }), ..self }
    }

    /// The same, looking at another page that has these parts.
    pub(super) fn live_at(self, seconds: u32, at: String) -> Self {
        Self { live: Some(Live { seconds, at: Some(at) }), ..self }
    }
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

/// What is around a page.
pub(super) struct Frame {
    /// Where links begin.
    app: App,
    /// Of the tenant that the page is about: its name, and the address of its pages.
    tenant: Option<(String, String)>,
    /// Whether the operator reaches more than one tenant.
    is_root: bool,
    /// Who is signed in, and how much they may do.
    who: String,
    sign_out: Markup,
    notice: Option<&'static str>,
}

impl Frame {
    /// That of a visit.
    pub(super) fn of(visit: &Visit) -> Self {
        let name = visit.tenant["name"].as_str().map(str::to_owned);
        let button = html! { button.quiet type="submit" { "Sign out" } };
        Self {
            app: visit.app.clone(),
            tenant: name.map(|name| (name, visit.link(""))),
            is_root: visit.operator.installation().is_ok(),
            who: who(visit),
            sign_out: visit.form(&visit.app.link(&format!("{DASHBOARD_BASE}/sign-out")), &button),
            notice: visit.parameter("done").and_then(notice),
        }
    }
}

/// A person is known by their name, a key by its role and by what it is called.
fn who(visit: &Visit) -> String {
    let role = visit.role.map(parts::role_word);
    match (&visit.operator.person, role) {
        (None, role) => {
            let role = role.unwrap_or_default();
            // A page is not refused because a name cannot be read: it says less.
            match visit.operator.key_name() {
                Ok(Some(name)) => format!("{role}, key {}", parts::label(&name)),
                _ => role.to_owned(),
            }
        }
        (Some(person), None) => parts::title(person.shown()),
        (Some(person), Some(role)) => format!("{}, {role}", parts::title(person.shown())),
    }
}

/// What a page says after something was done, by the word in its query. Fixed, so that nobody else's words can stand there.
fn notice(done: &str) -> Option<&'static str> {
    let text = match done {
        "saved" => "Saved.",
        "made" => "Made.",
        "deleted" => "Deleted.",
        "signed-out" => "Signed out. Who is granted something may sign in again.",
        "blocked" => "Blocked. This outweighs everything else until it is taken back.",
        "unblocked" => "No longer blocked.",
        "added" => "In the group now.",
        "removed" => "Not in the group any more.",
        "applied" => "The plan is applied. The directory follows.",
        "released" => "Released. They go now.",
        "discarded" => "Discarded. They stay.",
        "uploaded" => "The plugin passed every check and is here.",
        "known" => "This plugin is here already, to the byte.",
        _ => return None,
    };
    Some(text)
}

/// A page with what is around it.
pub(super) fn shell(frame: &Frame, page: &Page) -> Markup {
    let home = frame.app.link(DASHBOARD_BASE);
    let content = html! {
        header.top {
            a.brand href=(home) { "Doorlist" }
            @if let Some((name, address)) = &frame.tenant {
                a.tenant href=(address) { (parts::name(name)) }
                @if frame.is_root { a.quiet href=(home) { "All tenants" } }
            }
            span.grow {}
            span.muted { "Signed in as " bdi { (frame.who) } }
            (frame.sign_out)
        }
        div.frame {
            @if let Some((_, address)) = &frame.tenant {
                nav.side aria-label="Tenant" {
                    @for &(section, name, below) in SECTIONS {
                        @if section == Section::Users { span.heading { "Team" } }
                        @if section == Section::Policies { span.heading { "Rules" } }
                        @if section == Section::Activity { span.heading { "What happened" } }
                        a href=(format!("{address}{below}")) aria-current=[(section == page.section).then_some("page")] { (name) }
                    }
                }
            }
            main id="main" {
                h1 { bdi { (page.title) } }
                @if let Some(notice) = frame.notice { p.notice role="status" { (notice) } }
                (page.body)
            }
        }
    };
    document(&frame.app, &page.title, page.live.as_ref(), &content)
}

/// A document that leads on at once, by itself and with a link. The navigation begins here, so that cookies are sent along that a browser keeps from requests
/// that began elsewhere.
pub(super) fn passage(app: &App, title: &str, to: &str) -> Markup {
    let content = html! { main.narrow id="main" { h1 { (title) } p { a.button.primary href=(to) { "Go on" } } } };
    whole(app, title, &html! { meta http-equiv="refresh" content=(format!("0; url={to}")); }, None, &content)
}

/// A whole document.
pub(super) fn document(app: &App, title: &str, live: Option<&Live>, content: &Markup) -> Markup {
    whole(app, title, &html! {}, live, content)
}

fn whole(app: &App, title: &str, head: &Markup, live: Option<&Live>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Doorlist" }
                link rel="icon" href=(assets::address(app, "icon.svg"));
                link rel="stylesheet" href=(assets::address(app, "style.css"));
                script src=(assets::address(app, "script.js")) defer {}
                (head)
                @if let Some(Live { seconds, at: None }) = live {
                    noscript { meta http-equiv="refresh" content=(seconds * 2); }
                }
            }
            body data-look-again=[live.map(|live| live.seconds)] data-look-at=[live.and_then(|live| live.at.as_deref())] {
                a.skip href="#main" { "Skip to the content" }
                (content)
            }
        }
    }
}

/// The page that tells of an error, with a link to where somebody goes on, if there is such a page.
pub(super) fn error(app: &App, frame: Option<&Frame>, status: StatusCode, error: &Error, on: Option<&str>) -> Markup {
    let title = match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::CONFLICT => "That does not fit",
        status if status.is_server_error() => "Something went wrong",
        _ => "Not accepted",
    };
    let body = html! {
        p.problem role="alert" { bdi { (error.to_string()) } }
        (parts::problems(error))
        @if let Some(on) = on { p { a.button.primary href=(on) { "Open the page anew" } } }
        p { a href=(app.link(DASHBOARD_BASE)) { "Go to the start" } }
    };
    match frame {
        Some(frame) => shell(frame, &Page::new(Section::None, title, body)),
        None => document(app, title, None, &html! { main.narrow id="main" { h1 { (title) } (body) } }),
    }
}

/// A document as a response.
pub(super) fn respond(_: &App, status: StatusCode, PreEscaped(text): Markup) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    protect(&mut response);
    response
}

/// Go there, and look (303).
pub(super) fn redirect(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    protect(&mut response);
    response
}
