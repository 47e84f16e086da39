//! Suspends members by their title.

use doorlist_sdk::{Policy, Problem, Status, User, UserChange, export_policy};
use schemars::JsonSchema;
use serde::Deserialize;

/// The policy with its settings.
#[derive(Debug)]
pub struct {{type}} {
    titles: Vec<String>,
}

/// What an operator may set. Comments become the descriptions of the form they fill in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Members with one of these titles are suspended. Upper and lower case differ.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 1, max = 256)))]
    pub titles: Vec<String>,
}

impl Policy for {{type}} {
    type Settings = Settings;
    const NAME: &'static str = "{{name}}";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = "Suspends members by their title.";
    const READS: &'static [&'static str] = &["title"];
    const WRITES: &'static [&'static str] = &["status"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let titles = settings.titles;
        let twice = (1..titles.len()).filter(|&at| titles[..at].contains(&titles[at]));
        let problems: Vec<Problem> = twice.map(|at| Problem::new(format!("/titles/{at}"), "This title is listed twice.")).collect();
        if problems.is_empty() { Ok({{type}} { titles }) } else { Err(problems) }
    }

    fn project_user(&self, user: &User) -> Vec<UserChange> {
        match user.texts("title").find(|title| self.titles.iter().any(|listed| listed == title)) {
            Some(title) => vec![UserChange::set_status(Status::Suspended, format!("The title \"{title}\" is suspended."))],
            None => Vec::new(),
        }
    }
}

export_policy!({{type}});

// The policy is ordinary Rust here: `cargo test` needs no sandbox. `doorlist plugin test` runs cases/ in it.
#[cfg(test)]
mod tests {
    use super::*;
    use doorlist_sdk::Attribute;

    fn policy(titles: &[&str]) -> Result<{{type}}, Vec<Problem>> {
        {{type}}::configure(Settings { titles: titles.iter().map(ToString::to_string).collect() })
    }

    #[test]
    fn a_title_suspends_if_it_is_listed() {
        for (title, suspended) in [("Guest", true), ("guest", false), ("Engineer", false)] {
            let mut user = User::sample("ada@example.com");
            user.attributes.push(Attribute::text("title", title));
            let changes = policy(&["Guest", "Intern"]).expect("settings are right").project_user(&user);
            assert_eq!(!changes.is_empty(), suspended, "{title}");
        }
    }

    #[test]
    fn a_title_listed_twice_is_refused() {
        let problems = policy(&["Guest", "Guest"]).expect_err("it is there twice");
        assert_eq!(problems[0].pointer, "/titles/1");
    }
}
