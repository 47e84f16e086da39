//! Makes names that several systems and many people wrote look alike.
//!
//! What policies before this one propose is what is normalised, so that it can stand at the end of a pipeline. The inventory keeps every name as it was sent.

use doorlist_sdk::{Group, GroupChange, Policy, Problem, User, UserChange, export_policy};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// The policy with its settings.
#[derive(Debug)]
pub struct NameNormalisation {
    settings: Settings,
}

/// What an operator may set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Whether the name that a member signs in with is written in lower case.
    #[serde(default = "yes")]
    pub lower_case_user_names: bool,
    /// E-mail domains, each with the one that replaces it at the end of the name that a member signs in with. Written in lower case.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    pub domains: BTreeMap<String, Domain>,
    /// What the name that people read is made of.
    #[serde(default)]
    pub display_name: DisplayName,
    /// Whether names of people written in capitals or small letters only get a capital at the start of each word.
    #[serde(default)]
    pub capitalise: bool,
}

/// An e-mail domain.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Domain(#[schemars(regex(pattern = r"^[^@\s]+$"), length(max = 253))] pub String);

/// What the name that people read is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DisplayName {
    /// What was sent.
    #[default]
    AsSent,
    /// Given name and family name: Ada Lovelace.
    GivenFamily,
    /// Family name, comma, given name: Lovelace, Ada.
    FamilyGiven,
}

fn yes() -> bool {
    true
}

impl Policy for NameNormalisation {
    type Settings = Settings;
    const NAME: &'static str = "name-normalisation";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str =
        "Makes names look alike: spaces, Unicode forms, letter case, e-mail domains, order of given and family name.";
    const READS: &'static [&'static str] = &["view", "userName", "displayName", "name.givenName", "name.familyName"];
    const WRITES: &'static [&'static str] = &["userName", "displayName"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let capital = settings.domains.keys().filter(|domain| **domain != domain.to_lowercase());
        let problems: Vec<Problem> =
            capital.map(|domain| Problem::at(["domains", domain], "The domain to replace is written in lower case.")).collect();
        if problems.is_empty() { Ok(NameNormalisation { settings }) } else { Err(problems) }
    }

    fn project_user(&self, user: &User) -> Vec<UserChange> {
        let user_name = self.user_name(&user.view.user_name);
        let display_name = self.display_name(user);
        let mut changes = Vec::new();
        if user_name != user.view.user_name && !user_name.is_empty() {
            changes.push(UserChange::set_user_name(user_name, normalised(&user.view.user_name)));
        }
        if display_name != user.view.display_name {
            changes.push(UserChange::set_display_name(display_name, normalised(&user.view.display_name)));
        }
        changes
    }

    fn project_group(&self, group: &Group) -> Vec<GroupChange> {
        let name = tidied(&group.view.display_name);
        if name == group.view.display_name || name.is_empty() {
            return Vec::new();
        }
        vec![GroupChange::set_display_name(name, normalised(&group.view.display_name))]
    }
}

impl NameNormalisation {
    fn user_name(&self, name: &str) -> String {
        let name = tidied(name);
        let name = if self.settings.lower_case_user_names { name.to_lowercase() } else { name };
        let Some((local, domain)) = name.rsplit_once('@') else { return name };
        match self.settings.domains.get(&domain.to_lowercase()) {
            Some(Domain(other)) => format!("{local}@{other}"),
            None => name,
        }
    }

    fn display_name(&self, user: &User) -> String {
        let [given, family] = ["name.givenName", "name.familyName"].map(|path| self.persons(user.text(path).unwrap_or_default()));
        match self.settings.display_name {
            _ if given.is_empty() && family.is_empty() => self.persons(&user.view.display_name),
            DisplayName::AsSent => self.persons(&user.view.display_name),
            DisplayName::GivenFamily => format!("{given} {family}").trim().to_owned(),
            DisplayName::FamilyGiven if given.is_empty() || family.is_empty() => format!("{family}{given}"),
            DisplayName::FamilyGiven => format!("{family}, {given}"),
        }
    }

    /// The name of a person, or a part of it.
    fn persons(&self, name: &str) -> String {
        let name = tidied(name);
        let mixed = name.chars().any(char::is_lowercase) && name.chars().any(char::is_uppercase);
        if self.settings.capitalise && !mixed { capitalised(&name) } else { name }
    }
}

/// The reason of each change.
fn normalised(name: &str) -> String {
    format!("Normalised from \"{name}\".")
}

/// The same text in composed form (NFC), with one space wherever there were several and none at the ends.
fn tidied(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(|word| word.nfc().collect()).collect();
    words.join(" ")
}

/// A capital at the start of each word, where words end at anything that is no letter.
fn capitalised(text: &str) -> String {
    let mut begins = true;
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        if begins {
            made.extend(letter.to_uppercase())
        } else {
            made.extend(letter.to_lowercase())
        }
        begins = !letter.is_alphabetic();
    }
    made
}

export_policy!(NameNormalisation);

// The policy is ordinary Rust here: `cargo test` needs no sandbox. `doorlist plugin test` runs cases/ in it.
#[cfg(test)]
mod tests {
    use super::*;
    use doorlist_sdk::Attribute;

    fn policy(display_name: DisplayName, capitalise: bool) -> NameNormalisation {
        let domains = BTreeMap::from([("old.example.com".to_owned(), Domain("example.com".to_owned()))]);
        let settings = Settings { lower_case_user_names: true, domains, display_name, capitalise };
        NameNormalisation::configure(settings).expect("settings are right")
    }

    #[test]
    fn user_names_look_alike() {
        let policy = policy(DisplayName::AsSent, false);
        for (sent, made) in [
            ("ada@example.com", "ada@example.com"),
            (" Ada@Example.COM", "ada@example.com"),
            ("ADA@Old.Example.com", "ada@example.com"),
            ("ada@very.old.example.com", "ada@very.old.example.com"),
            ("Ada", "ada"),
            ("jose\u{301}@example.com", "jos\u{e9}@example.com"),
            ("", ""),
        ] {
            assert_eq!(policy.user_name(sent), made, "{sent:?}");
        }
    }

    #[test]
    fn display_names_are_made_of_what_there_is() {
        for (order, capitalise, given, family, sent, made) in [
            (DisplayName::AsSent, false, "Ada", "Lovelace", "  The  Countess ", "The Countess"),
            (DisplayName::GivenFamily, false, "Ada", "Lovelace", "x", "Ada Lovelace"),
            (DisplayName::FamilyGiven, false, "Ada", "Lovelace", "x", "Lovelace, Ada"),
            (DisplayName::FamilyGiven, false, "Ada", "", "x", "Ada"),
            (DisplayName::GivenFamily, false, "", "", "Ada", "Ada"),
            (DisplayName::AsSent, true, "", "", "ADA KING-LOVELACE", "Ada King-Lovelace"),
            (DisplayName::AsSent, true, "", "", "peggy o'neill", "Peggy O'Neill"),
            (DisplayName::AsSent, true, "", "", "Ian McKellen", "Ian McKellen"),
            (DisplayName::GivenFamily, true, "ADA", "von der Leyen", "x", "Ada von der Leyen"),
        ] {
            let mut user = User::sample("ada@example.com");
            user.view.display_name = sent.to_owned();
            user.attributes = vec![Attribute::text("name.givenName", given), Attribute::text("name.familyName", family)];
            assert_eq!(policy(order, capitalise).display_name(&user), made, "{order:?} of {given:?}, {family:?}, {sent:?}");
        }
    }

    #[test]
    fn what_looks_right_is_left_alone() {
        let policy = policy(DisplayName::AsSent, true);
        assert_eq!(policy.project_user(&User::sample("ada@example.com")), []);
        assert_eq!(policy.project_group(&Group::sample("Site Reliability")), []);
    }
}
