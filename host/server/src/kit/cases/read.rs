//! Reading case files. Strict: what is misspelt is an error, not an expectation that always holds.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::kit::file;
use crate::kit::limits::{CASE_FILES_MAX, CASES_BYTES_MAX, CASES_MAX};
use crate::policy::{Group, User, json};

/// Members of a user's view that can be expected.
const USER_VIEW: [&str; 8] = ["included", "status", "role", "userName", "displayName", "groups", "namedGroups", "attributes"];
/// Members of a group's view that can be expected.
const GROUP_VIEW: [&str; 2] = ["included", "displayName"];
/// Members of a change that can be expected.
const CHANGE: [&str; 3] = ["effect", "value", "reason"];
/// Members of a problem that can be expected.
const PROBLEM: [&str; 2] = ["pointer", "message"];

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file that it is in.
    pub file: PathBuf,
    /// What its author calls it.
    pub name: String,
    /// The policy's settings, as an operator would give them.
    pub settings: Value,
    /// Whom the policy is asked about.
    pub item: Item,
    pub(super) expect: Expect,
}

/// Whom a policy is asked about.
#[derive(Clone, Debug)]
pub enum Item {
    /// Nobody: the case is about settings.
    None,
    /// A user.
    User(Box<User>),
    /// A group.
    Group(Box<Group>),
}

/// What is expected. What is not said is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// Members of the view after the changes.
    pub view: Option<Map<String, Value>>,
    /// Every change, in order, each with the members that matter.
    pub changes: Option<Vec<Map<String, Value>>>,
    /// Every problem with the settings, in order, each with the members that matter.
    pub problems: Option<Vec<Map<String, Value>>>,
    /// Every line of the log.
    pub log: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    name: String,
    #[serde(default = "nothing")]
    settings: Value,
    user: Option<Value>,
    group: Option<Value>,
    expect: Expect,
}

fn nothing() -> Value {
    Value::Object(Map::new())
}

/// The cases of a file, or of every `.json` file in a directory, by name.
///
/// # Errors
/// If there are none, or something in them is not what a case has; then where.
pub fn read(path: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for file in files(path)? {
        let text = file::read_text(&file, CASES_BYTES_MAX)?;
        let wrong = |what: String| Error::invalid(format!("{}: {what}", file.display()));
        let said: Vec<Value> = serde_json::from_str(&text).map_err(|cause| wrong(format!("An array of cases is expected: {cause}.")))?;
        for (at, said) in said.into_iter().enumerate() {
            cases.push(case(&file, said).map_err(|what| wrong(format!("/{at}{what}")))?);
        }
        if cases.len() > CASES_MAX {
            return Err(Error::invalid(format!("{} has more than {CASES_MAX} cases.", path.display())));
        }
    }
    if cases.is_empty() {
        return Err(Error::invalid(format!("{} has no cases.", path.display())));
    }
    Ok(cases)
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::NotFound => Error::invalid(format!("There are no cases at {}.", path.display())),
        _ => Error::invalid(format!("{} cannot be listed.", path.display())).with_cause(cause),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|end| end == "json") {
            files.push(file);
        }
        if files.len() > CASE_FILES_MAX {
            return Err(Error::invalid(format!("{} has more than {CASE_FILES_MAX} files.", path.display())));
        }
    }
    files.sort();
    Ok(files)
}

/// A case; the error begins with the rest of a JSON Pointer, or with a colon.
fn case(file: &Path, said: Value) -> Result<Case, String> {
    let said: Said = serde_json::from_value(said).map_err(|cause| format!(": {cause}."))?;
    let under = |name: &str, what: String| {
        // What is wrong deeper comes with its own pointer.
        if what.starts_with('/') { format!("/{name}{what}") } else { format!("/{name}: {what}") }
    };
    let item = match (&said.user, &said.group) {
        (Some(user), None) => Item::User(Box::new(json::user(user).map_err(|what| under("user", what))?)),
        (None, Some(group)) => Item::Group(Box::new(json::group(group).map_err(|what| under("group", what))?)),
        (None, None) => Item::None,
        (Some(_), Some(_)) => return Err(": A case has a user or a group, not both.".to_owned()),
    };
    check(&said.expect, &item).map_err(|what| under("expect", what))?;
    Ok(Case { file: file.to_owned(), name: said.name, settings: said.settings, item, expect: said.expect })
}

fn check(expect: &Expect, item: &Item) -> Result<(), String> {
    let Expect { view, changes, problems, log } = expect;
    if view.is_none() && changes.is_none() && problems.is_none() && log.is_none() {
        return Err("It expects nothing. It may have view, changes, problems, log.".to_owned());
    }
    let view_known: &[&str] = match item {
        Item::User(_) => &USER_VIEW,
        Item::Group(_) => &GROUP_VIEW,
        Item::None if view.is_some() || changes.is_some() => return Err("There is no user or group that it could be of.".to_owned()),
        Item::None => &[],
    };
    known("view", view.iter(), view_known)?;
    for (name, list, members) in [("changes", changes, &CHANGE[..]), ("problems", problems, &PROBLEM)] {
        known(name, list.iter().flatten(), members)?;
    }
    Ok(())
}

fn known<'a>(name: &str, mut objects: impl Iterator<Item = &'a Map<String, Value>>, members: &[&str]) -> Result<(), String> {
    let unknown = objects.find_map(|object| object.keys().find(|key| !members.contains(&key.as_str())));
    unknown.map_or(Ok(()), |key| Err(format!("/{name}: {key:?} is not known here. It may have {}.", members.join(", "))))
}
