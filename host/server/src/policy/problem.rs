//! Problems as an operator reads them: one line, of bounded length.

use super::bindings::v1::doorlist::policy::types::Problem;
use super::limits::{MESSAGE_BYTES_MAX, PROBLEMS_MAX};

/// A problem at a JSON Pointer (RFC 6901).
pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem { pointer: line(pointer.into(), MESSAGE_BYTES_MAX), message: line(message.into(), MESSAGE_BYTES_MAX) }
}

/// What a plugin says is wrong; at least one problem, or it would look as if nothing were.
pub(super) fn of_plugin(said: Vec<Problem>) -> Vec<Problem> {
    if said.is_empty() {
        return vec![new("", "The plugin refuses these settings and does not say why.")];
    }
    said.into_iter().take(PROBLEMS_MAX).map(|problem| new(problem.pointer, problem.message)).collect()
}

/// Text of a plugin without line breaks and other control characters, cut at a character before `bytes_max`.
pub(super) fn line(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn lines_are_cut_between_characters() {
        for (text, bytes_max, expected) in
            [("plain", 5, "plain"), ("plain", 4, "plai"), ("aé", 2, "a"), ("a\n\u{1b}b", 9, "a  b"), ("", 0, "")]
        {
            assert_eq!(line(text.into(), bytes_max), expected);
        }
    }
}
