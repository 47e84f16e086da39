//! The pieces that pages are made of.
//!
//! Each is readable and usable without a script. Knows nothing of what it shows.

use maud::{Markup, html};
use serde_json::Value;

use crate::admin::keys::Role;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::limits::{DASHBOARD_NAME_CHARACTERS_MAX, DASHBOARD_VALUE_CHARACTERS_MAX};

/// A text in a JSON value, by JSON Pointer; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A number in a JSON value; 0 if there is none.
pub(super) fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// Whether a JSON value says so there.
pub(super) fn is(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// The entries of a list in a JSON value.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A role of operators in words.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Auditor => "auditor",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

/// The beginning of a text that may be long, with a sign that it goes on.
pub(super) fn cut(text: &str, most: usize) -> String {
    let mut letters = text.chars();
    let mut short: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

/// A name that somebody else gave, where many stand. Whichever way it is written, what is around it stays in its order.
pub(super) fn name(text: &str) -> Markup {
    html! { bdi { (title(text)) } }
}

/// The same where it is a page's title. Something blank could not be seen, nor followed where it is a link.
pub(super) fn title(text: &str) -> String {
    if text.trim().is_empty() { "(no name)".to_owned() } else { cut(text, DASHBOARD_NAME_CHARACTERS_MAX) }
}

/// The same of a sentence.
pub(super) fn sentence(text: &str) -> Markup {
    html! { bdi { (cut(text, 2 * DASHBOARD_NAME_CHARACTERS_MAX)) } }
}

/// The same of a text for which there is room.
pub(super) fn words(text: &str) -> Markup {
    html! { bdi { (cut(text, DASHBOARD_VALUE_CHARACTERS_MAX)) } }
}

/// `3 users`, `1 user`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A time as the API writes it, relative to now, with the exact one on hover.
pub(super) fn ago(now: Timestamp, time: &str) -> Markup {
    let words = Timestamp::parse(time).map_or_else(|| time.to_owned(), |time| relative(now, time));
    html! { time datetime=(time) title=(time) { (words) } }
}

/// A time in words.
fn relative(now: Timestamp, time: Timestamp) -> String {
    let ms = now.as_millis().saturating_sub(time.as_millis());
    let (seconds, coming) = (ms.unsigned_abs() / 1_000, ms < 0);
    let (count, one, many) = match seconds {
        0..10 => return "just now".to_owned(),
        10..60 => (seconds, "second", "seconds"),
        60..3_600 => (seconds / 60, "minute", "minutes"),
        3_600..86_400 => (seconds / 3_600, "hour", "hours"),
        _ => (seconds / 86_400, "day", "days"),
    };
    let span = counted(count, one, many);
    if coming { format!("in {span}") } else { format!("{span} ago") }
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it should be.
    Good,
    /// To be looked at.
    Warning,
    /// Wrong.
    Bad,
    /// Neither.
    Plain,
}

/// A word with a colour that says the same.
pub(super) fn badge(tone: Tone, words: &str) -> Markup {
    let class = match tone {
        Tone::Good => "badge good",
        Tone::Warning => "badge warning",
        Tone::Bad => "badge bad",
        Tone::Plain => "badge",
    };
    html! { span class=(class) { (words) } }
}

/// What stands where nothing is yet: what this is, and what to do next.
pub(super) fn empty(title: &str, what_next: &Markup) -> Markup {
    html! { div.empty { p.title { (title) } div { (what_next) } } }
}

/// The link to the next page of a list, if there is one.
pub(super) fn more(page: &Value, address: impl Fn(&str) -> String) -> Markup {
    let next = text(page, "/nextCursor");
    html! { @if !next.is_empty() { p { a.button href=(address(next)) rel="next" { "Show more" } } } }
}

/// A list with rows and columns, which can be moved from side to side where it is wider than the page.
pub(super) fn table(about: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(about) {
            table {
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// The faults of a document, place by place.
pub(super) fn problems(error: &Error) -> Markup {
    html! {
        @if !error.problems().is_empty() {
            ul.problems {
                @for problem in error.problems() {
                    li { @if !problem.pointer.is_empty() { code { (problem.pointer) } " " } (problem.message) }
                }
            }
        }
    }
}

/// What a form's refusal says at its top.
pub(super) fn refusal(error: Option<&Error>) -> Markup {
    html! {
        @if let Some(error) = error {
            div.problem role="alert" id="refusal" { p { (error.to_string()) } (problems(error)) }
        }
    }
}

/// A line of text to fill in.
pub(super) fn field(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    let described = format!("{name}-hint");
    html! {
        div.field {
            label for=(name) { (label) }
            input type="text" id=(name) name=(name) value=(value) aria-describedby=[(!hint.is_empty()).then_some(&described)] autocomplete="off";
            @if !hint.is_empty() { p.hint id=(described) { (hint) } }
        }
    }
}

/// A text to look for.
pub(super) fn search(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            input type="search" id=(name) name=(name) value=(value) autocomplete="off" spellcheck="false";
        }
    }
}

/// Some lines of text to fill in.
pub(super) fn area(name: &str, label: &str, value: &str, hint: &str, rows: u32) -> Markup {
    let described = format!("{name}-hint");
    html! {
        div.field {
            label for=(name) { (label) }
            textarea id=(name) name=(name) rows=(rows) spellcheck="false" aria-describedby=[(!hint.is_empty()).then_some(&described)] { (value) }
            @if !hint.is_empty() { p.hint id=(described) { (hint) } }
        }
    }
}

/// Something to choose one of: values with their words.
pub(super) fn choice(name: &str, label: &str, chosen: &str, of: &[(&str, &str)]) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for (value, words) in of {
                    option value=(value) selected[*value == chosen] { (words) }
                }
            }
        }
    }
}

/// A text to be copied elsewhere, with a button for it where scripts run.
pub(super) fn copy(id: &str, label: &str, value: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            div.copy {
                input type="text" id=(id) value=(value) readonly spellcheck="false" autocomplete="off";
                button.copier type="button" hidden data-copies=(id) { "Copy" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!((cut("äbc", 3), cut("äbc", 2), cut("", 0)), ("äbc".to_owned(), "äb…".to_owned(), String::new()));
        assert_eq!(name("<b>א").into_string(), "<bdi>&lt;b&gt;א</bdi>");
        assert_eq!(title(" \t"), "(no name)");
    }

    #[test]
    fn times_are_told_as_a_person_would() {
        let now = Timestamp::from_millis(1_000_000_000);
        for (ms, words) in [
            (0, "just now"),
            (9_999, "just now"),
            (-9_999, "just now"),
            (10_000, "10 seconds ago"),
            (60_000, "1 minute ago"),
            (3_599_000, "59 minutes ago"),
            (7_200_000, "2 hours ago"),
            (86_400_000, "1 day ago"),
            (-120_000, "in 2 minutes"),
        ] {
            assert_eq!(relative(now, now.plus_millis(-ms)), words);
        }
    }
}
