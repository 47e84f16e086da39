//! A real OpenID provider on loopback: the package `oidc-provider` of npm, run by Node.js. And somebody who signs in at its pages.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use scraper::{Html, Selector};
use serde_json::Value;

use crate::http::{agent, encode};

/// Within this time Node.js has loaded the provider. A busy machine takes seconds.
const READY_MAX: Duration = Duration::from_secs(60);

/// Requests that lead from the provider's door back to whoever sent somebody there.
const STEPS_MAX: usize = 20;

/// A running provider that knows one client. Dropped, it ends; so it does when the test process ends, since that closes its input.
#[derive(Debug)]
pub struct Provider {
    child: Child,
    issuer: String,
    lines: mpsc::Receiver<String>,
}

/// What the provider knows of its client.
#[derive(Debug)]
pub struct Registration<'a> {
    /// By which name of this machine the provider calls itself.
    pub host: &'a str,
    /// The client's id.
    pub client: &'a str,
    /// Its secret.
    pub secret: &'a str,
    /// How the client shows its secret: `client_secret_basic` or `client_secret_post`.
    pub authentication: &'a str,
    /// The groups of people, by the name under which they sign in.
    pub people: &'a Value,
}

impl Provider {
    /// Starts one, which answers nobody before [`Provider::send_back_to`]. `home` is a directory with the packages and `provider.mjs`.
    ///
    /// # Panics
    /// If it does not start.
    #[track_caller]
    pub fn start(home: &Path, registration: &Registration<'_>) -> Self {
        let mut command = Command::new("node");
        command.arg("provider.mjs").current_dir(home).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env("HOST", registration.host).env("CLIENT", registration.client).env("SECRET", registration.secret);
        command.env("AUTHENTICATION", registration.authentication).env("PEOPLE", registration.people.to_string());
        let mut child = command.spawn().expect("Node.js can be started");
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (tell, told) = mpsc::channel();
        // Read to its end, so that the provider never waits for somebody to listen.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut provider = Self { child, issuer: String::new(), lines: told };
        provider.issuer = provider.expect_line(|line| line.starts_with("http://"));
        provider
    }

    /// Says where people are sent back to. From here on it answers.
    ///
    /// # Panics
    /// If it does not get ready.
    #[track_caller]
    pub fn send_back_to(&mut self, redirect: &str) {
        let input = self.child.stdin.as_mut().expect("its input is piped");
        writeln!(input, "{redirect}").and_then(|()| input.flush()).expect("the provider reads its input");
        self.expect_line(|line| line == "ready");
    }

    #[track_caller]
    fn expect_line(&self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.lines.recv_timeout(READY_MAX);
            let line = line.unwrap_or_else(|_| panic!("the provider was not ready after {READY_MAX:?}"));
            if is_it(line.trim()) {
                return line.trim().to_owned();
            }
        }
    }

    /// How it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Signs in at the provider's pages under a name, beginning at `address`, agrees to everything, and gives the address below `redirect` to which the provider sends back.
///
/// # Panics
/// If the way does not lead there.
#[track_caller]
pub fn walk(address: &str, name: &str, redirect: &str) -> String {
    let agent = agent();
    let origin: String = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let (mut cookies, mut address): (BTreeMap<String, String>, String) = (BTreeMap::new(), address.to_owned());
    let mut form: Option<String> = None;
    for _ in 0..STEPS_MAX {
        let jar = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let sent = match form.take() {
            Some(fields) => {
                agent.post(&address).header("cookie", jar).header("content-type", "application/x-www-form-urlencoded").send(fields)
            }
            None => agent.get(&address).header("cookie", jar).call(),
        };
        let mut answer = sent.unwrap_or_else(|error| panic!("{address}: {error}"));
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().ok().and_then(|set| set.split(';').next()).and_then(|pair| pair.split_once('='));
            let (name, value) = pair.expect("a cookie has a name");
            cookies.insert(name.to_owned(), value.to_owned());
        }
        let text = answer.body_mut().read_to_string().expect("a page is text");
        let next = match answer.headers().get("location").and_then(|to| to.to_str().ok()) {
            Some(to) => to.to_owned(),
            None => {
                let (action, fields) = filled(&text, name).unwrap_or_else(|| panic!("{address} is no page to sign in: {text}"));
                form = Some(fields);
                action
            }
        };
        address = if next.starts_with('/') { format!("{origin}{next}") } else { next };
        if address.starts_with(redirect) {
            return address;
        }
    }
    panic!("the provider's pages lead nowhere: {address}");
}

/// The address of a page's form and its fields as somebody of this name fills them in.
fn filled(page: &str, name: &str) -> Option<(String, String)> {
    let dom = Html::parse_document(page);
    let selector = |css: &str| Selector::parse(css).expect("the selector is one");
    let form = dom.select(&selector("form")).next()?;
    let mut fields = Vec::new();
    for field in form.select(&selector("input")) {
        let own = field.attr("value").unwrap_or_default();
        let value = match field.attr("name") {
            Some("login") => name,
            Some("password") => "anything",
            _ => own,
        };
        fields.push(format!("{}={}", encode(field.attr("name").unwrap_or_default()), encode(value)));
    }
    Some((form.attr("action")?.to_owned(), fields.join("&")))
}
