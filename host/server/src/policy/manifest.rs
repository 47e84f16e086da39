//! What a plugin says of itself, checked.
//!
//! This module does not know what a SCIM path means, only how one is spelled.

use super::bindings::v1::doorlist::policy::types::{self as wit, GroupEffect, UserEffect};
use super::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX, SHOWN_NAME_CHARS_MAX, VERSION_BYTES_MAX, WORDS_MAX};
use super::load_error::{LoadError, LoadStage};
use std::collections::BTreeSet;

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Lower-case letters, digits and hyphens; safe in a URL.
    pub name: String,
    /// Semantic version; safe in a URL.
    pub version: String,
    /// What the plugin does, for the operator who chooses it.
    pub description: String,
    /// The JSON Schema (draft 2020-12) of its settings.
    pub settings_schema: serde_json::Value,
    /// What it wants to see.
    pub reads: Reads,
    /// What it may change.
    pub writes: Writes,
}

/// What a plugin is given of an item. What is not read is left empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The id that Doorlist gave.
    pub id: bool,
    /// The id that the identity provider gave.
    pub external_id: bool,
    /// The user's `userName`.
    pub user_name: bool,
    /// The `displayName`.
    pub display_name: bool,
    /// The groups the identity provider put the user in.
    pub groups: bool,
    /// What holds without any policy.
    pub current: bool,
    /// What the policies before propose.
    pub view: bool,
    /// What is known beside SCIM attributes.
    pub facts: bool,
    /// Every SCIM attribute.
    pub all_attributes: bool,
    /// SCIM attribute paths, spelled as the plugin spelled them, each once.
    pub attributes: Vec<String>,
}

impl Reads {
    /// The same as the words of the manifest.
    pub fn words(&self) -> Vec<&str> {
        let Reads { id, external_id, user_name, display_name, groups, current, view, facts, all_attributes, attributes } = self;
        let flags = [
            ("id", id),
            ("externalId", external_id),
            ("userName", user_name),
            ("displayName", display_name),
            ("groups", groups),
            ("current", current),
            ("view", view),
            ("facts", facts),
            ("attributes", all_attributes),
        ];
        let flags = flags.into_iter().filter(|(_, read)| **read).map(|(word, _)| word);
        flags.chain(attributes.iter().map(String::as_str)).collect()
    }

    fn flag(&mut self, word: &str) -> Option<&mut bool> {
        Some(match word {
            "id" => &mut self.id,
            "externalId" => &mut self.external_id,
            "userName" => &mut self.user_name,
            "displayName" => &mut self.display_name,
            "groups" => &mut self.groups,
            "current" => &mut self.current,
            "view" => &mut self.view,
            "facts" => &mut self.facts,
            "attributes" => &mut self.all_attributes,
            _ => return None,
        })
    }

    fn parse(words: &[String]) -> Result<Reads, LoadError> {
        let mut reads = Reads::default();
        for word in words {
            if let Some(flag) = reads.flag(word) {
                *flag = true;
            } else if !is_path(word) {
                return Err(refused(format!("`reads` has {}, which is no attribute path.", shown(word))));
            } else if let Some(meant) = WORDS.iter().find(|known| known.eq_ignore_ascii_case(word)) {
                return Err(refused(format!("`reads` has {}; `{meant}` is meant.", shown(word))));
            } else if !reads.attributes.contains(word) {
                reads.attributes.push(word.clone());
            }
        }
        Ok(reads)
    }
}

/// The words of `reads` that are no attribute paths.
const WORDS: [&str; 9] = ["id", "externalId", "userName", "displayName", "groups", "current", "view", "facts", "attributes"];

/// A part of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Whether the directory has the item.
    Included,
    /// Whether the member may use the application.
    Status,
    /// The member's role.
    Role,
    /// The member's groups.
    Groups,
    /// The name the member signs in with.
    UserName,
    /// The name people read.
    DisplayName,
    /// The other attributes.
    Attributes,
}

impl Part {
    const ALL: [Part; 7] = [Part::Included, Part::Status, Part::Role, Part::Groups, Part::UserName, Part::DisplayName, Part::Attributes];

    /// The word of the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Included => "included",
            Part::Status => "status",
            Part::Role => "role",
            Part::Groups => "groups",
            Part::UserName => "userName",
            Part::DisplayName => "displayName",
            Part::Attributes => "attributes",
        }
    }

    fn of_user(effect: &UserEffect) -> Part {
        match effect {
            UserEffect::Include | UserEffect::Exclude => Part::Included,
            UserEffect::SetStatus(_) => Part::Status,
            UserEffect::SetRole(_) => Part::Role,
            UserEffect::AddGroup(_) | UserEffect::RemoveGroup(_) | UserEffect::AddNamedGroup(_) | UserEffect::RemoveNamedGroup(_) => {
                Part::Groups
            }
            UserEffect::SetUserName(_) => Part::UserName,
            UserEffect::SetDisplayName(_) => Part::DisplayName,
            UserEffect::SetAttribute(_) | UserEffect::RemoveAttribute(_) => Part::Attributes,
        }
    }

    fn of_group(effect: &GroupEffect) -> Part {
        match effect {
            GroupEffect::Include | GroupEffect::Exclude => Part::Included,
            GroupEffect::SetDisplayName(_) => Part::DisplayName,
        }
    }
}

/// The parts of a view that a plugin may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes(BTreeSet<Part>);

impl Writes {
    /// The parts.
    pub fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        self.0.iter().copied()
    }

    /// The same as the words of the manifest.
    pub fn words(&self) -> Vec<&'static str> {
        self.parts().map(Part::as_str).collect()
    }

    /// Whether the plugin may change a user's view so.
    pub fn allows_user(&self, effect: &UserEffect) -> bool {
        self.0.contains(&Part::of_user(effect))
    }

    /// Whether the plugin may change a group's view so.
    pub fn allows_group(&self, effect: &GroupEffect) -> bool {
        self.0.contains(&Part::of_group(effect))
    }

    #[cfg(test)]
    pub(super) fn of(words: &[&str]) -> Writes {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        Writes::parse(&words).expect("the words are parts")
    }

    fn parse(words: &[String]) -> Result<Writes, LoadError> {
        let part = |word: &String| {
            Part::ALL
                .into_iter()
                .find(|part| part.as_str() == word)
                .ok_or_else(|| refused(format!("`writes` has {}, which is no part of a view.", shown(word))))
        };
        words.iter().map(part).collect::<Result<_, _>>().map(Writes)
    }
}

impl Manifest {
    /// Checks what a plugin said. Its JSON Schema comes parsed and checked.
    pub(super) fn check(said: wit::Manifest, settings_schema: serde_json::Value) -> Result<Manifest, LoadError> {
        if !is_name(&said.name) {
            return Err(refused(format!(
                "The name {} is not of up to {NAME_BYTES_MAX} lower-case letters, digits and hyphens, \
                 with a letter first.",
                shown(&said.name)
            )));
        }
        if !is_version(&said.version) {
            return Err(refused(format!("The version {} is not like `1.2.3` or `1.2.3-beta.1`.", shown(&said.version))));
        }
        if said.description.len() > DESCRIPTION_BYTES_MAX {
            return Err(refused(format!("The description has more than {DESCRIPTION_BYTES_MAX} bytes.")));
        }
        if let Some(control) = said.description.chars().find(|char| char.is_control() && *char != '\n') {
            return Err(refused(format!(
                "The description has the control character {}; only line breaks are admitted.",
                control.escape_unicode()
            )));
        }
        if said.reads.len() > WORDS_MAX || said.writes.len() > WORDS_MAX {
            return Err(refused(format!("`reads` or `writes` has more than {WORDS_MAX} entries.")));
        }
        Ok(Manifest {
            reads: Reads::parse(&said.reads)?,
            writes: Writes::parse(&said.writes)?,
            name: said.name,
            version: said.version,
            description: said.description,
            settings_schema,
        })
    }
}

fn refused(message: String) -> LoadError {
    LoadError::new(LoadStage::Manifest, message)
}

/// A word of a plugin inside our sentence: quoted, escaped and cut.
fn shown(word: &str) -> String {
    format!("{:?}", word.chars().take(SHOWN_NAME_CHARS_MAX).collect::<String>())
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Three numbers, then perhaps a pre-release. Build metadata is left out: two files of one version would be one.
fn is_version(version: &str) -> bool {
    let (core, pre_release) = match version.split_once('-') {
        Some((core, pre_release)) => (core, Some(pre_release)),
        None => (version, None),
    };
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let identifier = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    version.len() <= VERSION_BYTES_MAX
        && core.split('.').count() == 3
        && core.split('.').all(number)
        && pre_release.is_none_or(|pre_release| pre_release.split('.').all(identifier))
}

/// Whether a word is spelled like an attribute path of RFC 7644 section 3.10, without a value filter.
fn is_path(word: &str) -> bool {
    let name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))
    };
    let (urn, path) = word.rsplit_once(':').unwrap_or(("urn:", word));
    let urn_bytes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'-' | b'_');
    word.len() <= PATH_BYTES_MAX
        && urn.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
        && urn.bytes().all(urn_bytes)
        && path.split('.').count() <= 2
        && path.split('.').all(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(edit: impl FnOnce(&mut wit::Manifest)) -> Result<Manifest, LoadError> {
        let mut said = wit::Manifest {
            name: "a-plugin".into(),
            version: "1.0.0".into(),
            description: "Says hello.".into(),
            settings_schema: "{}".into(),
            reads: vec!["id".into()],
            writes: vec!["role".into()],
        };
        edit(&mut said);
        Manifest::check(said, serde_json::json!({}))
    }

    #[test]
    fn names_and_versions_are_safe_in_a_url() {
        let name = |name: &str| manifest(|said| said.name = name.into()).is_ok();
        for good in ["a", "group-prefix", "x9", &"n".repeat(64)] {
            assert!(name(good), "{good}");
        }
        for bad in ["", "-a", "9a", "Group", "a/b", "a.b", "a b", "é", &"n".repeat(65)] {
            assert!(!name(bad), "{bad}");
        }
        let version = |version: &str| manifest(|said| said.version = version.into()).is_ok();
        for good in ["0.0.0", "1.2.3", "1.2.3-beta.1", "10.20.30-a-b"] {
            assert!(version(good), "{good}");
        }
        for bad in ["", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3+5", "1.2./3", "1..3"] {
            assert!(!version(bad), "{bad}");
        }
    }

    #[test]
    fn reads_are_known_words_or_attribute_paths() {
        let reads = |words: &[&str]| manifest(|said| said.reads = words.iter().map(ToString::to_string).collect()).map(|made| made.reads);
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
        let read = reads(&["title", "id", "emails.value", "title", enterprise]).expect("all are paths");
        assert_eq!(read.words(), ["id", "title", "emails.value", enterprise]);
        for bad in ["", "9", "a b", "emails[type eq \"work\"]", "a..b", "a.b.c", "../x", "UserName", "DISPLAYNAME", ":a"] {
            assert!(reads(&[bad]).is_err(), "{bad}");
        }
        assert!(reads(&["x"; 65]).is_err(), "too many");
    }

    #[test]
    fn writes_are_parts_of_a_view_and_bind_effects() {
        assert!(manifest(|said| said.writes = vec!["id".into()]).is_err(), "an id is no part of a view");
        let writes = manifest(|said| said.writes = vec!["role".into(), "displayName".into()]).expect("both").writes;
        assert_eq!(writes.words(), ["role", "displayName"]);
        assert!(writes.allows_user(&UserEffect::SetRole("user".into())));
        assert!(!writes.allows_user(&UserEffect::Exclude));
        assert!(writes.allows_group(&GroupEffect::SetDisplayName("x".into())));
        assert!(!writes.allows_group(&GroupEffect::Include));
    }

    #[test]
    fn descriptions_are_bounded_text() {
        for (description, refusal) in [
            ("", None),
            ("Two\nlines.", None),
            ("\u{7}", Some("the control character \\u{7};")),
            (&"x".repeat(1025), Some("more than 1024 bytes")),
        ] {
            let error = manifest(|said| said.description = description.into()).err().map(|error| error.message);
            assert_eq!(error.is_some(), refusal.is_some(), "{error:?}");
            assert!(error.unwrap_or_default().contains(refusal.unwrap_or_default()), "{description:?}");
        }
    }
}
