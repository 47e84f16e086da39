//! In a real browser, where cookies go by which site a navigation began at.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use doorlist_tests::process::run;
use doorlist_tests::{Scratch, Server, tools};
use serde_json::json;

use super::super::browser::which;
use super::{configure, provider};

/// Two ways through the provider's pages, on a busy machine.
const BROWSING_MAX: Duration = Duration::from_secs(300);

#[test]
fn a_browser_comes_back_signed_in() {
    let what = "single sign-on in a browser";
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let browser = match tools::browser(&sources) {
        Ok(browser) => browser,
        Err(why) => return tools::report_missing(what, &why),
    };
    // For a browser, a name and an address are different sites.
    let people = json!({"olga": ["door-owners"]});
    let Some(mut provider) = provider(what, "localhost", "client_secret_basic", &people) else { return };
    let scratch = Scratch::new();
    let grants = json!([{"value": "door-owners", "role": "owner", "tenants": "all"}]);
    let file = configure(&scratch, provider.issuer(), &grants, &json!({}));
    let server = Server::options().argument("--single-sign-on").argument(file.to_str().unwrap()).start();
    let base = format!("http://{}", server.address());
    provider.send_back_to(&format!("{base}/dashboard/single-sign-on/callback"));
    let home = browser.node_modules.parent().unwrap();
    fs::copy(sources.join("sign-on.mjs"), home.join("sign-on.mjs")).unwrap();
    let mut driver = Command::new("node");
    driver.arg("sign-on.mjs").current_dir(home).env("BASE", &base).env("CHROMIUM", which(browser.program));
    let ended = run(&mut driver, BROWSING_MAX).unwrap();
    assert!(ended.success(), "{}\n{}", ended.stdout, ended.stderr);
}
