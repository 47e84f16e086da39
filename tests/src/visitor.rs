//! Somebody with a browser that runs no scripts: has cookies, follows redirects, fills in forms.
//!
//! Every page is held against what all pages of the dashboard have in common.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{ElementRef, Html, Selector};

use crate::http::{Call, Reply, agent, encode};

/// Bytes of a page.
const PAGE_BYTES_MAX: usize = 100_000;

/// Signs that turn the direction of the text behind them.
const TURNING: &[char] = &['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}'];

/// Redirects that lead to one page.
const REDIRECTS_MAX: usize = 5;

/// Somebody with a browser.
pub struct Visitor {
    agent: ureq::Agent,
    address: String,
    cookies: BTreeMap<String, String>,
}

/// A page that came.
pub struct Page {
    /// Its address, without scheme and host.
    pub path: String,
    /// Its status.
    pub status: u16,
    /// What it is written in.
    pub html: String,
}

impl Visitor {
    /// Somebody who is not signed in.
    pub fn new(address: &str) -> Self {
        Self { agent: agent(), address: address.to_owned(), cookies: BTreeMap::new() }
    }

    /// Somebody who is signed in with this key.
    ///
    /// # Panics
    /// If the key opens nothing.
    #[track_caller]
    pub fn signed_in(address: &str, key: &str) -> Self {
        let mut visitor = Self::new(address);
        let page = visitor.sign_in(key);
        assert_eq!(page.status, 200, "{}", page.html);
        assert!(!page.path.contains("/sign-in"), "still at the door: {}", page.html);
        visitor
    }

    /// Tries to sign in with this key.
    #[track_caller]
    pub fn sign_in(&mut self, key: &str) -> Page {
        let door = self.get("/dashboard/sign-in");
        self.submit(&door, "/sign-in", &[("key", key)])
    }

    /// What a cookie says.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as somebody who meddles would.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// A request as the browser makes it, with its cookies, that follows no redirect.
    #[track_caller]
    pub fn ask(&mut self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Reply {
        let mut call = Call::new(&self.agent, &self.address, method, path);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            call = call.header("cookie", &cookies.join("; "));
        }
        if let Some((media, body)) = body {
            call = call.header("content-type", media).bytes(body);
        }
        let reply = call.send();
        for set in reply.headers.get_all("set-cookie") {
            let set = set.to_str().expect("a cookie is text");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
            // Whoever comes back from a provider of single sign-on comes from another site.
            let site = if name.ends_with("doorlist_sign_on") { "SameSite=Lax" } else { "SameSite=Strict" };
            assert!(set.contains("HttpOnly") && set.contains(site), "a cookie for anybody: {set}");
            assert_eq!(name.starts_with("__Host-"), set.contains("Secure"), "a cookie that says what it is not: {set}");
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Looks at a page.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> Page {
        let reply = self.ask("GET", path, None);
        self.follow(path.to_owned(), reply)
    }

    /// Sends fields to an address, as a form would.
    #[track_caller]
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let reply = self.ask("POST", path, Some(("application/x-www-form-urlencoded", pairs.join("&").into_bytes())));
        self.follow(path.to_owned(), reply)
    }

    /// Sends the form of a page whose address ends so, with a file in the field `file`. Its own fields come first, in their order, as a browser sends them.
    ///
    /// # Panics
    /// If the page has no such form, or several.
    #[track_caller]
    pub fn send_file(&mut self, page: &Page, action: &str, fields: &[(&str, &str)], file: &[u8]) -> Page {
        let (_, address, mut all) = page.form(action);
        all.retain(|(name, _)| name != "file");
        for (name, value) in fields {
            match all.iter_mut().find(|(other, _)| other == name) {
                Some((_, own)) => (*value).clone_into(own),
                None => all.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        let fields: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post_file(&address, &fields, file)
    }

    /// Sends fields and, behind them, a file in the field `file` to an address, as a form would.
    #[track_caller]
    pub fn post_file(&mut self, address: &str, fields: &[(&str, &str)], file: &[u8]) -> Page {
        const BETWEEN: &str = "----what-no-file-has-in-it";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--{BETWEEN}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        let head = "content-disposition: form-data; name=\"file\"; filename=\"policy.wasm\"\r\ncontent-type: application/wasm";
        body.extend(format!("--{BETWEEN}\r\n{head}\r\n\r\n").bytes());
        body.extend(file);
        body.extend(format!("\r\n--{BETWEEN}--\r\n").bytes());
        let reply = self.ask("POST", address, Some((&format!("multipart/form-data; boundary={BETWEEN}"), body)));
        self.follow(address.to_owned(), reply)
    }

    #[track_caller]
    fn follow(&mut self, mut path: String, mut reply: Reply) -> Page {
        for _ in 0..REDIRECTS_MAX {
            if reply.status != 303 {
                return Page::of(path, &reply);
            }
            path = reply.header("location").expect("a redirect leads somewhere").to_owned();
            assert!(path.starts_with('/'), "a redirect leads elsewhere: {path}");
            reply = self.ask("GET", &path, None);
        }
        panic!("{path} leads round in a circle");
    }

    /// Sends the form of a page whose address ends so, with its own fields as they are but for these. A field without a value (`""`) of a checkbox or button is
    /// sent as it is given. If a page in between asks whether that is meant, the answer is yes.
    ///
    /// # Panics
    /// If the page has no such form, or several.
    #[track_caller]
    pub fn submit(&mut self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self.submit_once(page, action, fields);
        if answer.texts("#question").is_empty() { answer } else { self.submit_once(&answer, action, &[]) }
    }

    /// The same, stopping at a page in between that asks.
    ///
    /// # Panics
    /// If the page has no such form, or several.
    #[track_caller]
    pub fn submit_once(&mut self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let (method, address, mut all) = page.form(action);
        for (name, value) in fields {
            all.retain(|(other, _)| other != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let pairs: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if method == "post" {
            return self.post(&address, &pairs);
        }
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.get(&format!("{address}?{}", query.join("&")))
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

impl Page {
    #[track_caller]
    fn of(path: String, reply: &Reply) -> Self {
        let page = Self { path, status: reply.status, html: reply.text() };
        page.check(reply);
        page
    }

    /// What all pages have in common.
    #[track_caller]
    fn check(&self, reply: &Reply) {
        let at = format!("{} ({})", self.path, self.status);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{at}: {}", self.html);
        strict(reply.header("content-security-policy").unwrap_or_default()).unwrap_or_else(|wrong| panic!("{at}: {wrong}"));
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{at}");
        assert!(self.html.len() <= PAGE_BYTES_MAX, "{at} has {} bytes", self.html.len());
        let dom = self.dom();
        assert_eq!(dom.select(&selector("h1")).count(), 1, "{at}: one heading of the first order");
        assert_eq!(dom.select(&selector("main")).count(), 1, "{at}: one main part");
        let title: String = dom.select(&selector("head title")).flat_map(|title| title.text()).collect();
        assert!(title.strip_suffix(" · Doorlist").is_some_and(|own| !own.trim().is_empty()), "{at} is called {title:?}");
        for script in dom.select(&selector("script")) {
            let is_a_file = script.attr("src").is_some_and(|address| address.starts_with('/'));
            assert!(is_a_file && script.text().all(|text| text.trim().is_empty()), "{at}: {}", script.html());
        }
        assert_eq!(dom.select(&selector("style, iframe, object, embed, base")).count(), 0, "{at} brings what it must not");
        self.check_direction(&dom, &at);
        let mut ids = BTreeSet::new();
        for element in dom.select(&selector("[id]")) {
            let id = element.attr("id").unwrap_or_default();
            assert!(ids.insert(id.to_owned()), "{at}: the id {id} is there twice");
        }
        for element in dom.tree.nodes().filter_map(ElementRef::wrap) {
            for (name, _) in element.value().attrs() {
                assert!(name != "style" && !name.starts_with("on"), "{at}: {name} at {}", element.value().name());
            }
        }
        for field in dom.select(&selector("input:not([type=hidden]), select, textarea")) {
            let id = field.attr("id").unwrap_or_default();
            let labelled = field.attr("aria-label").is_some() || dom.select(&selector("label")).any(|label| label.attr("for") == Some(id));
            assert!(labelled, "{at}: the field {:?} has no label", field.html());
        }
        for form in dom.select(&selector("form[method=post]")) {
            assert_eq!(form.select(&selector("input[name=csrf]")).count(), 1, "{at}: a form without its token: {}", form.html());
        }
    }

    /// A text that turns the direction of what is around it stands in an element that keeps it in.
    #[track_caller]
    fn check_direction(&self, dom: &Html, at: &str) {
        for node in dom.tree.nodes() {
            let Some(text) = node.value().as_text().filter(|text| text.contains(TURNING)) else { continue };
            let keeps = |element: ElementRef<'_>| ["bdi", "pre", "textarea"].contains(&element.value().name());
            assert!(node.ancestors().filter_map(ElementRef::wrap).any(keeps), "{at}: {:?} turns what is around it", &**text);
        }
    }

    /// The page to be looked into.
    pub fn dom(&self) -> Html {
        Html::parse_document(&self.html)
    }

    /// What a person reads in it.
    pub fn text(&self) -> String {
        let dom = self.dom();
        let body = dom.select(&selector("body")).next();
        words(body.into_iter().flat_map(|body| body.text()))
    }

    /// What a person reads in each element that is selected.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.dom().select(&selector(css)).map(|element| words(element.text())).collect()
    }

    /// An attribute of the only element that is selected.
    ///
    /// # Panics
    /// If none is, or several are.
    #[track_caller]
    pub fn attribute(&self, css: &str, name: &str) -> String {
        let dom = self.dom();
        let found: Vec<ElementRef<'_>> = dom.select(&selector(css)).collect();
        assert_eq!(found.len(), 1, "{css} in {}", self.html);
        found[0].attr(name).unwrap_or_default().to_owned()
    }

    /// Demands that a person reads this in it.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.text().contains(text), "{text:?} is not in {} ({}): {}", self.path, self.status, self.text());
        self
    }

    /// Method, address and fields of the form whose address ends so.
    #[track_caller]
    fn form(&self, action: &str) -> (String, String, Vec<(String, String)>) {
        let dom = self.dom();
        let forms: Vec<ElementRef<'_>> =
            dom.select(&selector("form")).filter(|form| form.attr("action").is_some_and(|address| address.ends_with(action))).collect();
        assert_eq!(forms.len(), 1, "forms to {action} in {}: {}", self.path, self.html);
        let form = forms[0];
        let mut fields = Vec::new();
        for field in form.select(&selector("input, select, textarea")) {
            let name = field.attr("name").unwrap_or_default().to_owned();
            let is_off = ["checkbox", "radio"].contains(&field.attr("type").unwrap_or_default()) && field.attr("checked").is_none();
            if name.is_empty() || is_off || field.attr("disabled").is_some() {
                continue;
            }
            let value = match field.value().name() {
                "textarea" => field.text().collect(),
                "select" => {
                    let chosen = field.select(&selector("option[selected]")).next().or_else(|| field.select(&selector("option")).next());
                    chosen.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
                }
                _ => {
                    let is_box = ["checkbox", "radio"].contains(&field.attr("type").unwrap_or_default());
                    field.attr("value").unwrap_or(if is_box { "on" } else { "" }).to_owned()
                }
            };
            fields.push((name, value));
        }
        (form.attr("method").unwrap_or("get").to_owned(), form.attr("action").unwrap_or_default().to_owned(), fields)
    }
}

/// Whether a Content-Security-Policy lets in nothing but files of the server itself.
fn strict(policy: &str) -> Result<(), String> {
    let all: Vec<Vec<&str>> = policy.split(';').map(|directive| directive.split_whitespace().collect()).collect();
    // Signing in elsewhere begins with a form of ours, so where forms lead may name one place more.
    let is_kept = |words: &[&str]| matches!(words, [_, "'none'" | "'self'"] | ["form-action", "'self'", ..]) && !policy.contains("unsafe");
    match all.iter().find(|words| !is_kept(words)) {
        Some(words) => Err(format!("{words:?} in {policy}")),
        None if !all.contains(&vec!["default-src", "'none'"]) => Err(format!("no default in {policy:?}")),
        None => Ok(()),
    }
}

/// Text as it is read: blanks and line ends are one blank.
fn words<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}
