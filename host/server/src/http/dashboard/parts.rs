//! The pieces that pages are made of.
//!
//! Each is readable and usable without a script. Knows nothing of what it shows.

use maud::{Markup, html};
use serde_json::Value;

use crate::admin::keys::Role;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::http::admin::body::BODY_REFUSED;
use crate::http::dashboard::limits::{
    DASHBOARD_DOCUMENT_BYTES_MAX, DASHBOARD_LABEL_BYTES_MAX, DASHBOARD_LABEL_CHARACTERS_MAX, DASHBOARD_NAME_BYTES_MAX,
    DASHBOARD_NAME_CHARACTERS_MAX, DASHBOARD_SENTENCE_BYTES_MAX, DASHBOARD_VALUE_CHARACTERS_MAX,
};
use crate::limits::NAME_BYTES_MAX;

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

/// The beginning of a text of somebody else's, at most so many letters and so many bytes as it stands on a page, where signs of markup are written out. So
/// how long a page becomes is known before anybody has given a name.
pub(super) fn bounded(text: &str, letters: usize, bytes: usize) -> String {
    let written = |letter: char| match letter {
        '"' => "&quot;".len(),
        '&' => "&amp;".len(),
        '<' | '>' => "&lt;".len(),
        letter => letter.len_utf8(),
    };
    let mut left = bytes;
    let fits = |letter: &char| match left.checked_sub(written(*letter)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut short: String = text.chars().take(letters).take_while(fits).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A text without the signs that turn the direction of what stands around it. For where no element can keep them in: titles, labels, entries of a choice.
fn straight(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|letter| !turns(*letter)).collect()
}

/// A name that somebody else gave, where many stand. Whichever way it is written, what is around it stays in its order.
pub(super) fn name(text: &str) -> Markup {
    let text = if text.trim().is_empty() { NAMELESS } else { text };
    html! { bdi { (bounded(text, DASHBOARD_NAME_CHARACTERS_MAX, DASHBOARD_NAME_BYTES_MAX)) } }
}

/// The same where it is a page's title. Something blank could not be seen, nor followed where it is a link.
pub(super) fn title(text: &str) -> String {
    let straight = straight(text);
    if straight.trim().is_empty() { NAMELESS.to_owned() } else { cut(&straight, DASHBOARD_NAME_CHARACTERS_MAX) }
}

/// What stands in the place of a blank name.
const NAMELESS: &str = "(no name)";

/// The same in an entry of a choice, or in what a button is called for those who do not see it.
pub(super) fn label(text: &str) -> String {
    bounded(&straight(text), DASHBOARD_LABEL_CHARACTERS_MAX, DASHBOARD_LABEL_BYTES_MAX)
}

/// The same of a sentence.
pub(super) fn sentence(text: &str) -> Markup {
    html! { bdi { (bounded(text, 2 * DASHBOARD_NAME_CHARACTERS_MAX, DASHBOARD_SENTENCE_BYTES_MAX)) } }
}

/// The same of a text for which there is room.
pub(super) fn words(text: &str) -> Markup {
    html! { bdi { (cut(text, DASHBOARD_VALUE_CHARACTERS_MAX)) } }
}

/// A document as it was written, whose lines stand below one another.
pub(super) fn document(about: &str, text: &str) -> Markup {
    let shown = bounded(text, DASHBOARD_DOCUMENT_BYTES_MAX, DASHBOARD_DOCUMENT_BYTES_MAX);
    html! {
        pre tabindex="0" role="region" aria-label=(about) { (shown) }
        @if shown != text { p.hint { "It goes on, and is too long for this page. The API has all of it." } }
    }
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

/// A JSON Pointer as a person reads a form: `/guard/windowSeconds` is "Guard, window seconds", and the first of a list is 1.
fn place(pointer: &str) -> String {
    let segment = |segment: &str| {
        if let Ok(at) = segment.parse::<usize>() {
            return at.saturating_add(1).to_string();
        }
        let mut words = String::new();
        for letter in segment.replace("~1", "/").replace("~0", "~").chars() {
            if letter.is_ascii_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        words
    };
    let place = pointer.trim_start_matches('/').split('/').map(segment).collect::<Vec<_>>().join(", ");
    let mut letters = place.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The faults of a document, place by place.
pub(super) fn problems(error: &Error) -> Markup {
    html! {
        @if !error.problems().is_empty() {
            ul.problems {
                @for problem in error.problems() {
                    li { @if !problem.pointer.is_empty() { b { bdi { (place(&problem.pointer)) } } ": " } bdi { (problem.message) } }
                }
            }
        }
    }
}

/// What a form's refusal says at its top.
pub(super) fn refusal(error: Option<&Error>) -> Markup {
    html! {
        @if let Some(error) = error {
            div.problem role="alert" id="refusal" {
                // What is wrong in the API's body is, here, what was filled in.
                p { @if error.to_string() == BODY_REFUSED { "Something is not filled in as it has to be." } @else { bdi { (error.to_string()) } } }
                (problems(error))
            }
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
            input type="search" id=(name) name=(name) value=(value) maxlength=(NAME_BYTES_MAX) autocomplete="off" spellcheck="false";
        }
    }
}

/// A line of text to fill in, with what is wrong with it.
pub(super) fn field_at(name: &str, label: &str, value: &str, hint: &str, problem: Option<&str>) -> Markup {
    let (told, wrong) = (format!("{name}-hint"), format!("{name}-wrong"));
    let described = [(!hint.is_empty()).then_some(told.as_str()), problem.map(|_| wrong.as_str())];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    html! {
        div.field {
            label for=(name) { (label) }
            input type="text" id=(name) name=(name) value=(value) aria-describedby=[(!described.is_empty()).then_some(&described)] aria-invalid=[problem.map(|_| "true")] autocomplete="off" spellcheck="false";
            @if !hint.is_empty() { p.hint id=(told) { (hint) } }
            @if let Some(problem) = problem { p.wrong id=(wrong) { bdi { (problem) } } }
        }
    }
}

/// Some lines of text to fill in, with what is wrong with them. That is where one goes on.
pub(super) fn area_at(name: &str, label: &str, value: &str, hint: &str, rows: u32, problem: Option<&str>) -> Markup {
    let (told, wrong) = (format!("{name}-hint"), format!("{name}-wrong"));
    let described = if problem.is_some() { format!("{told} {wrong}") } else { told.clone() };
    html! {
        div.field {
            label for=(name) { (label) }
            textarea id=(name) name=(name) rows=(rows) spellcheck="false" aria-describedby=(described) aria-invalid=[problem.map(|_| "true")] autofocus[problem.is_some()] { "\n" (value) }
            p.hint id=(told) { (hint) }
            @if let Some(problem) = problem { p.wrong id=(wrong) { bdi { (problem) } } }
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
                button.copier type="button" hidden data-copies=(id) aria-label=(format!("Copy {label}")) { "Copy" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_a_form() {
        for (pointer, words) in [
            ("/name", "Name"),
            ("/guard/windowSeconds", "Guard, window seconds"),
            ("/groupPrefixes/0", "Group prefixes, 1"),
            ("/settings/a~1b", "Settings, a/b"),
            ("/", ""),
        ] {
            assert_eq!(place(pointer), words, "{pointer}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!((cut("äbc", 3), cut("äbc", 2), cut("", 0)), ("äbc".to_owned(), "äb…".to_owned(), String::new()));
        assert_eq!(name("<b>א").into_string(), "<bdi>&lt;b&gt;א</bdi>");
        assert_eq!(title(" \t"), "(no name)");
        assert_eq!(name(" ").into_string(), "<bdi>(no name)</bdi>");
    }

    #[test]
    fn long_texts_are_bounded_as_they_stand_on_a_page() {
        for (text, letters, bytes, short) in [
            ("abc", 3, 3, "abc"),
            ("abc", 2, 9, "ab…"),
            ("äbc", 9, 2, "ä…"),
            ("äbc", 9, 1, "…"),
            ("a\"b", 9, 6, "a…"),
            ("<&>", 3, 13, "<&>"),
        ] {
            assert_eq!(bounded(text, letters, bytes), short, "{text} {letters} {bytes}");
        }
        for sign in ["\"", "<", ">", "&", "ü", "🙂", "x"] {
            let written = name(&sign.repeat(1_000)).into_string().len();
            assert!(written <= DASHBOARD_NAME_BYTES_MAX + "<bdi>…</bdi>".len(), "{sign}: {written}");
        }
    }

    #[test]
    fn what_turns_the_direction_is_not_let_out() {
        assert_eq!(title("\u{202e}abc\u{2066}"), "abc");
        assert_eq!(label("a\u{200f}\u{061c}b"), "ab");
        assert_eq!(title("\u{202e}"), "(no name)");
        assert_eq!(name("\u{202e}abc").into_string(), "<bdi>\u{202e}abc</bdi>", "an element keeps it in");
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
