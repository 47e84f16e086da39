//! The dashboard in a real browser: scripts, live pages, accessibility, widths.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use doorlist_tests::Server;
use doorlist_tests::process::run;
use doorlist_tests::tools;

use crate::guests::plain;

/// All of what the browser is driven through, on a busy machine.
const BROWSING_MAX: Duration = Duration::from_secs(600);

/// Pages that are looked at when everything is there, by the name of their screenshots and their address below the tenant's.
const PAGES: &str = r#"{
    "users": "/users",
    "users-filtered": "/users?search=nobody&status=active",
    "user-new": "/users/new",
    "groups": "/groups",
    "group-new": "/groups/new",
    "why": "/why",
    "stuck": "/stuck",
    "activity": "/activity",
    "activity-failed": "/activity?outcome=failed",
    "plans": "/policies/plans",
    "history": "/policies/history",
    "monitor": "/policies/monitor",
    "shadow": "/policies/shadow",
    "settings": "/settings",
    "settings-of-plugins": "/settings/plugins"
}"#;

#[test]
fn a_browser_connects_jumpcloud_and_finds_every_page_accessible() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let browser = match tools::browser(&sources) {
        Ok(browser) => browser,
        Err(why) => return tools::report_missing("the dashboard in a browser", &why),
    };
    let server = Server::start();
    // What a person may want to look at afterwards lies beside what else the tests left.
    let shots = tools::directory().join("../screenshots");
    fs::create_dir_all(&shots).unwrap();
    let home = browser.node_modules.parent().unwrap();
    fs::copy(sources.join("dashboard.mjs"), home.join("dashboard.mjs")).unwrap();
    let operator = server.operator();
    let plugin = shots.join("plugin.wasm");
    fs::write(&plugin, plain("browsed", "1.0.0")).unwrap();
    let mut driver = Command::new("node");
    driver.arg("dashboard.mjs").current_dir(home);
    driver.env("BASE", format!("http://{}", server.address())).env("KEY", operator.key()).env("PAGES", PAGES).env("PLUGIN", &plugin);
    driver.env("CHROMIUM", which(browser.program)).env("SHOTS", &shots);
    let ended = run(&mut driver, BROWSING_MAX).unwrap();
    assert!(ended.success(), "{}\n{}", ended.stdout, ended.stderr);
}

/// Where a program is.
pub(super) fn which(program: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let found = path.split(':').map(|directory| Path::new(directory).join(program)).find(|path| path.is_file());
    found.unwrap().to_string_lossy().into_owned()
}
