//! Single sign-on: at a real OpenID provider, and at one that does everything wrong.

mod browser;
mod file;
mod hostile;
mod real;

use std::fs;
use std::path::{Path, PathBuf};

use doorlist_tests::provider::{Provider, Registration};
use doorlist_tests::server::Options;
use doorlist_tests::{Scratch, Server, Visitor, tools};
use serde_json::{Value, json};

/// How browsers reach the server, as far as the provider knows. What stands behind it is asked at the server's own address.
const PUBLIC_URL: &str = "https://doorlist.example.com";

/// Where the provider sends people back to.
const REDIRECT: &str = "https://doorlist.example.com/dashboard/single-sign-on/callback";

const CLIENT: &str = "door";
const SECRET: &str = "what only the two know: +/%";

/// The session's cookie.
const SESSION: &str = "__Host-doorlist_session";

/// Writes the file that configures single sign-on, with the secret beside it. `more` says what is otherwise than usual.
fn configure(scratch: &Scratch, issuer: &str, grants: &Value, more: &Value) -> PathBuf {
    fs::write(scratch.join("secret"), format!("{SECRET}\n")).unwrap();
    let mut file =
        json!({"issuer": issuer, "clientId": CLIENT, "clientSecretFile": "secret", "button": "Sign in with <Acme>", "grants": grants});
    for (name, value) in more.as_object().unwrap() {
        file[name] = value.clone();
    }
    let path = scratch.join("single-sign-on.json");
    fs::write(&path, file.to_string()).unwrap();
    path
}

/// A real provider for these people, by the groups that they have, which calls itself after `host`. `None` if this machine has none, which is said.
fn provider(what: &str, host: &str, authentication: &str, people: &Value) -> Option<Provider> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("sign-on");
    let packages = match tools::packages("sign-on", &sources) {
        Ok(packages) => packages,
        Err(why) => {
            tools::report_missing(what, &why);
            return None;
        }
    };
    let home = packages.parent().unwrap();
    // Renamed into its place, since another test may start one at the same time.
    let (own, place) = (home.join(format!("provider-{what}.mjs")), home.join("provider.mjs"));
    fs::copy(sources.join("provider.mjs"), &own).and_then(|_| fs::rename(&own, &place)).unwrap();
    Some(Provider::start(home, &Registration { host, client: CLIENT, secret: SECRET, authentication, people }))
}

/// A server with this file.
fn with(file: &Path) -> Options {
    Server::options().argument("--single-sign-on").argument(file.to_str().unwrap()).argument("--public-url").argument(PUBLIC_URL)
}

/// Presses the button of the sign-in page that one sees instead of `wanted`, and gives the address of the provider's page.
#[track_caller]
fn leave(visitor: &mut Visitor, wanted: &str) -> String {
    let door = visitor.get(wanted);
    assert!(door.path.starts_with("/dashboard/sign-in"), "{}", door.path);
    door.says("Sign in with <Acme>");
    let button = door.attribute("main a.button", "href");
    let reply = visitor.ask("GET", &button, None);
    assert_eq!(reply.status, 303, "{reply}");
    reply.header("location").expect("it leads to the provider").to_owned()
}

/// A parameter of an address.
#[track_caller]
fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("{name} is not in {address}")).1.to_owned()
}
