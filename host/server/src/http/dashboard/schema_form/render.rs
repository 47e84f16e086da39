//! Showing a value in the fields of its form.
//!
//! A long form shows the entries of its lists closed, each with its JSON in a hidden field and a button that opens it. Knows nothing of what is done with what
//! comes back.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::shape::{Choice, Part, Shape};
use super::{Problems, below, is_nothing, name};
use crate::http::dashboard::limits::{SCHEMA_FORM_LINE_CHARS_MAX, SCHEMA_FORM_OPEN_MAX};

/// What stands in a form.
pub(in super::super) struct Look<'a> {
    pub value: &'a Value,
    pub problems: &'a Problems,
    /// What was typed and cannot be read, by JSON Pointer.
    pub typed: &'a BTreeMap<String, String>,
    /// Whether all of it is edited as JSON.
    pub as_json: bool,
    /// The entry of a list that is open in a long form.
    pub open: Option<&'a str>,
}

/// The fields.
pub(in super::super) fn render(root: &Part, look: &Look<'_>) -> Markup {
    let closes = root.fields(Some(look.value)) > SCHEMA_FORM_OPEN_MAX;
    let mut renderer = Renderer { look, closes, fields: 0 };
    if look.as_json {
        return renderer.json(root, "", Some(look.value));
    }
    renderer.part(root, "", Some(look.value))
}

/// A value as a person reads JSON.
pub(in super::super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

struct Renderer<'a> {
    look: &'a Look<'a>,
    /// Whether entries of lists that are met are closed.
    closes: bool,
    /// Fields so far: ids are made of that, since a JSON Pointer can have blanks.
    fields: usize,
}

impl Renderer<'_> {
    fn id(&mut self) -> String {
        self.fields += 1;
        format!("s{}", self.fields)
    }

    fn part(&mut self, part: &Part, pointer: &str, value: Option<&Value>) -> Markup {
        let shown = value.or(part.default.as_ref());
        let is_unreadable = self.look.typed.contains_key(pointer) && part.shape != Shape::Either;
        let was = value.filter(|value| is_nothing(value) || part.default.as_ref() == Some(value));
        let fields = if is_unreadable || shown.map_or(part.shape == Shape::Json, |shown| !part.fits(shown)) {
            self.json(part, pointer, shown)
        } else {
            self.shaped(part, pointer, (value.is_some(), shown))
        };
        html! {
            @if let Some(was) = was { input type="hidden" name=(name(pointer, "~was")) value=(was.to_string()); }
            (fields)
        }
    }

    /// A part in its own fields. `shown` says also whether it is there itself, or only its default.
    fn shaped(&mut self, part: &Part, pointer: &str, (is_there, shown): (bool, Option<&Value>)) -> Markup {
        let text = shown.map(as_typed).unwrap_or_default();
        match &part.shape {
            Shape::Text(long) => self.text(part, pointer, &text, *long),
            Shape::Number => {
                let name = name(pointer, "");
                self.field(part, pointer, |id, described, wrong| html! {
                    input type="text" inputmode="decimal" id=(id) name=(name) value=(text) aria-describedby=[described] aria-invalid=[wrong] autocomplete="off";
                })
            }
            Shape::Switch => self.switch(part, pointer, shown.and_then(Value::as_bool)),
            Shape::Choice(choices) => self.choice(part, pointer, shown, choices),
            Shape::Lines => self.lines(part, pointer, shown),
            Shape::Rows(row) => self.rows(part, row, pointer, shown.and_then(Value::as_array).map_or(&[], Vec::as_slice)),
            Shape::Group(parts) => self.group(part, parts, pointer, (is_there, shown)),
            Shape::Either => self.either(part, pointer, shown),
            Shape::Json => self.json(part, pointer, shown),
        }
    }

    /// A field with its label, its hint and what is wrong with it. `control` is given the control's id, the ids of what describes it, and whether it is wrong.
    fn field(&mut self, part: &Part, pointer: &str, control: impl FnOnce(&str, Option<&str>, Option<&str>) -> Markup) -> Markup {
        let id = self.id();
        let (hint, wrong) = (format!("{id}-hint"), format!("{id}-wrong"));
        let problems = self.problems(part, pointer);
        let has_hint = !part.about.is_empty() || !part.bounds.is_empty();
        let mut described = Vec::new();
        described.extend(has_hint.then_some(hint.as_str()));
        described.extend((!problems.is_empty()).then_some(wrong.as_str()));
        let described = described.join(" ");
        let control = control(&id, (!described.is_empty()).then_some(&described), (!problems.is_empty()).then_some("true"));
        html! {
            div.field {
                label for=(id) { (label(part)) }
                (control)
                @if has_hint { p.hint id=(hint) { (part.about) @if !part.about.is_empty() { " " } (part.bounds) } }
                @if !problems.is_empty() { p.wrong id=(wrong) { @for problem in &problems { (problem) " " } } }
            }
        }
    }

    /// What is wrong with a part, and with what lies in its one field.
    fn problems(&self, part: &Part, pointer: &str) -> Vec<String> {
        let mut found = self.look.problems.get(pointer).cloned().unwrap_or_default();
        let inside = format!("{pointer}/");
        for (place, problems) in self.look.problems.range(inside.clone()..).take_while(|(place, _)| place.starts_with(&inside)) {
            let below = place.strip_prefix(&inside).unwrap_or_default();
            let place = match below.parse::<usize>() {
                Ok(at) if part.shape == Shape::Lines => format!("Line {}", at + 1),
                _ => format!("At /{below}"),
            };
            found.extend(problems.iter().map(|problem| format!("{place}: {problem}")));
        }
        found
    }

    fn text(&mut self, part: &Part, pointer: &str, text: &str, long: bool) -> Markup {
        let name = name(pointer, "");
        let rows = rows(text, if long { 2 } else { 1 });
        let long = long || text.contains('\n') || text.len() > SCHEMA_FORM_LINE_CHARS_MAX;
        self.field(part, pointer, |id, described, wrong| html! {
            @if long {
                textarea id=(id) name=(name) rows=(rows) spellcheck="false" aria-describedby=[described] aria-invalid=[wrong] { (area(text)) }
            } @else {
                input type="text" id=(id) name=(name) value=(text) aria-describedby=[described] aria-invalid=[wrong] autocomplete="off";
            }
        })
    }

    fn switch(&mut self, part: &Part, pointer: &str, shown: Option<bool>) -> Markup {
        let name = name(pointer, "");
        if !part.is_box() {
            let words = [("", "Not set"), ("true", "Yes"), ("false", "No")];
            let chosen = shown.map(|shown| shown.to_string()).unwrap_or_default();
            return self.field(part, pointer, |id, described, wrong| {
                html! {
                    select id=(id) name=(name) aria-describedby=[described] aria-invalid=[wrong] {
                        @for (value, words) in words { option value=(value) selected[value == chosen] { (words) } }
                    }
                }
            });
        }
        let id = self.id();
        let hint = format!("{id}-hint");
        let described = (!part.about.is_empty()).then_some(&hint);
        let problems = self.problems(part, pointer);
        html! {
            div.field.check {
                input type="checkbox" id=(id) name=(name) value="true" checked[shown == Some(true)] aria-describedby=[described];
                " "
                label for=(id) { (part.title) }
                @if !part.about.is_empty() { p.hint id=(hint) { (part.about) } }
                @for problem in &problems { p.wrong { (problem) } }
            }
        }
    }

    fn choice(&mut self, part: &Part, pointer: &str, shown: Option<&Value>, choices: &[Choice]) -> Markup {
        let name = name(pointer, "");
        let chosen = choices.iter().find(|choice| Some(&choice.value) == shown);
        let may_be_absent = chosen.is_none() || (!part.required && part.default.is_none());
        self.field(part, pointer, |id, described, wrong| {
            html! {
                select id=(id) name=(name) aria-describedby=[described] aria-invalid=[wrong] {
                    @if may_be_absent { option value="" { @if part.required { "Choose one" } @else { "Not set" } } }
                    @for choice in choices {
                        option value=(choice.value.to_string()) selected[Some(&choice.value) == shown] { (choice.words) }
                    }
                }
            }
        })
    }

    fn lines(&mut self, part: &Part, pointer: &str, shown: Option<&Value>) -> Markup {
        let lines: Vec<&str> = shown.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let (name, text) = (name(pointer, ""), lines.join("\n"));
        let about = format!("{} One on each line.", part.about);
        let part = Part { about: about.trim().to_owned(), ..part.clone() };
        self.field(&part, pointer, |id, described, wrong| html! {
            textarea id=(id) name=(name) rows=(rows(&text, 3)) spellcheck="false" aria-describedby=[described] aria-invalid=[wrong] { (area(&text)) }
        })
    }

    fn either(&mut self, part: &Part, pointer: &str, shown: Option<&Value>) -> Markup {
        let typed = self.look.typed.get(pointer);
        let is_json = typed.is_some() || shown.is_some_and(|shown| !shown.is_string());
        let text = match (typed, shown) {
            (Some(typed), _) => typed.clone(),
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(other)) => pretty(other),
            (None, None) => String::new(),
        };
        let (own, kind) = (name(pointer, ""), name(pointer, "~as"));
        let called = format!("{} is", part.title);
        self.field(part, pointer, |id, described, wrong| html! {
            div.either {
                select name=(kind) id=(format!("{id}-as")) aria-label=(called) {
                    option value="text" { "Text" }
                    option value="json" selected[is_json] { "JSON" }
                }
                textarea id=(id) name=(own) rows=(rows(&text, 1)) spellcheck="false" aria-describedby=[described] aria-invalid=[wrong] { (area(&text)) }
            }
        })
    }

    /// A part as JSON, with what was typed if that is none.
    fn json(&mut self, part: &Part, pointer: &str, shown: Option<&Value>) -> Markup {
        let typed = self.look.typed.get(pointer).cloned();
        let text = typed.unwrap_or_else(|| shown.map(pretty).unwrap_or_default());
        let title = if pointer.is_empty() { "Settings" } else { part.title.as_str() };
        let part = Part {
            title: format!("{title} as JSON"),
            shape: Shape::Json,
            about: part.about.clone(),
            bounds: part.bounds.clone(),
            default: None,
            name: String::new(),
            required: part.required && !pointer.is_empty(),
        };
        let name = name(pointer, "~json");
        self.field(&part, pointer, |id, described, wrong| html! {
            textarea id=(id) name=(name) rows=(rows(&text, 4)) spellcheck="false" aria-describedby=[described] aria-invalid=[wrong] { (area(&text)) }
        })
    }

    fn group(&mut self, part: &Part, parts: &[Part], pointer: &str, (is_there, shown): (bool, Option<&Value>)) -> Markup {
        let is_open = part.is_open();
        if !is_there && !is_open {
            return html! {
                div.field {
                    p { b { (part.title) } " " span.hint { (part.about) } }
                    (button("add", pointer, "Add", &part.title))
                }
            };
        }
        let inner = html! {
            @for part in parts { (self.part(part, &below(pointer, &part.name), shown.and_then(|shown| shown.get(&part.name)))) }
        };
        if pointer.is_empty() {
            return inner;
        }
        html! {
            fieldset {
                legend { (label(part)) }
                @if !is_open {
                    input type="hidden" name=(name(pointer, "~there")) value="";
                    (button("remove", pointer, "Remove", &part.title))
                }
                @if !part.about.is_empty() { p.hint { (part.about) } }
                (self.own_problems(pointer))
                (inner)
            }
        }
    }

    fn own_problems(&self, pointer: &str) -> Markup {
        html! { @for problem in self.look.problems.get(pointer).into_iter().flatten() { p.wrong { (problem) } } }
    }

    fn rows(&mut self, part: &Part, row: &Part, pointer: &str, items: &[Value]) -> Markup {
        html! {
            fieldset {
                legend { (label(part)) }
                input type="hidden" name=(name(pointer, "~rows")) value=(items.len());
                @if !part.about.is_empty() || !part.bounds.is_empty() { p.hint { (part.about) " " (part.bounds) } }
                (self.own_problems(pointer))
                @if items.is_empty() { p.muted { "None." } }
                @for (at, item) in items.iter().enumerate() { (self.row(part, row, (pointer, at), item)) }
                (button("add", pointer, "Add one", &part.title))
            }
        }
    }

    fn row(&mut self, list: &Part, row: &Part, (above, at): (&str, usize), item: &Value) -> Markup {
        let pointer = below(above, &at.to_string());
        let inside = format!("{pointer}/");
        let title = if row.title.is_empty() { list.title.as_str() } else { row.title.as_str() };
        let called = match named(row, item) {
            Some(name) => format!("{title} {}: {name}", at + 1),
            None => format!("{title} {}", at + 1),
        };
        let is_wrong = self.look.problems.keys().any(|place| *place == pointer || place.starts_with(&inside));
        let is_open = is_wrong || self.look.open.is_some_and(|open| open == pointer || open.starts_with(&inside));
        if self.closes && !is_open {
            return html! {
                div.row.closed {
                    input type="hidden" name=(name(&pointer, "~json")) value=(item.to_string());
                    bdi { (called) }
                    (button("open", &pointer, "Open", &called))
                }
            };
        }
        // Lists in an open entry are open as well.
        let closes = std::mem::replace(&mut self.closes, false);
        let part = Part { title: called.clone(), required: true, ..row.clone() };
        let fields = self.part(&part, &pointer, Some(item));
        self.closes = closes;
        html! {
            div.entry id=[(self.look.open == Some(pointer.as_str())).then_some("open")] {
                (fields)
                div.row {
                    @if at > 0 { (button("up", &pointer, "Move up", &called)) }
                    (button("remove", &pointer, "Remove", &called))
                }
            }
        }
    }
}

impl Part {
    /// Whether yes or no is a box to tick: where something holds in any case. Else there is a third choice.
    pub(super) fn is_box(&self) -> bool {
        self.required || self.default.is_some()
    }
}

/// What a person calls an entry: the first text that it has to have.
fn named<'a>(row: &Part, item: &'a Value) -> Option<&'a str> {
    let Shape::Group(parts) = &row.shape else { return None };
    let name = parts.iter().find(|part| part.required && matches!(part.shape, Shape::Text(_)))?;
    item.get(&name.name)?.as_str().filter(|name| !name.is_empty())
}

fn label(part: &Part) -> Markup {
    html! { bdi { (part.title) } @if part.required { span.muted { " (required)" } } }
}

/// A button that changes the form, and what it is about for who does not see where it stands.
fn button(what: &str, pointer: &str, words: &str, about: &str) -> Markup {
    html! { button.quiet type="submit" name="do" value=(format!("{what}:{pointer}")) aria-label=(format!("{words}: {about}")) { (words) } }
}

/// A value as it stands in a field of one text.
fn as_typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Lines that a text takes, within what is good to look at.
fn rows(text: &str, least: usize) -> usize {
    (text.lines().count() + 1).clamp(least, 24)
}

/// A text in an area: the first end of a line in one is not part of it (HTML, section 13.1.2.5).
fn area(text: &str) -> String {
    if text.starts_with('\n') { format!("\n{text}") } else { text.to_owned() }
}
