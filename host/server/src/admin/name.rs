//! Names that operators give, and the gathering of what is wrong with a document.
//!
//! Knows nothing of what is named.

use crate::error::{Error, Problem, Result};
use crate::limits::NAME_BYTES_MAX;

/// What is wrong with a document, found so far.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub(super) fn add(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { pointer: pointer.into(), message: message.into() });
    }

    /// Adds several, whose pointers start at `pointer`.
    pub(super) fn add_under(&mut self, pointer: &str, problems: impl IntoIterator<Item = Problem>) {
        self.0.extend(problems.into_iter().map(|problem| Problem { pointer: format!("{pointer}{}", problem.pointer), ..problem }));
    }

    /// An error if there are any.
    pub(super) fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error::invalid("The request has values that are not acceptable.").with_problems(self.0))
    }
}

/// `text` without surrounding white space. A problem if that is blank, too long, or has control characters.
pub(super) fn checked(text: &str, pointer: &str, problems: &mut Problems) -> String {
    let text = text.trim();
    if text.is_empty() {
        problems.add(pointer, "This is blank.");
    } else if text.len() > NAME_BYTES_MAX {
        problems.add(pointer, format!("This is longer than {NAME_BYTES_MAX} bytes."));
    } else if text.chars().any(char::is_control) {
        problems.add(pointer, "This has control characters.");
    }
    text.to_owned()
}

/// The entries of a list, each checked as a name, without repetitions. They stay as they were written: a group's name may begin or end with a space,
/// and a prefix without its space lets more through. A problem if there are more than `most`.
pub(super) fn checked_list(texts: &[String], most: usize, pointer: &str, problems: &mut Problems) -> Vec<String> {
    if texts.len() > most {
        problems.add(pointer, format!("There are more than {most} entries."));
        return Vec::new();
    }
    let mut checked_texts: Vec<String> = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        checked(text, &format!("{pointer}/{at}"), problems);
        if !checked_texts.contains(text) {
            checked_texts.push(text.clone());
        }
    }
    checked_texts
}
