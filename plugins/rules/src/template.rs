//! Texts with places in braces: how they are read, and what they are for a resource.
//!
//! `{path}` is the first value at the path. `{path | path}` is the first alternative that has a value. Behind a path stand steps: `lower`, `upper`, `before X`
//! and `after X`, X being a word or a JSON string. `{{` and `}}` are the braces themselves.

use doorlist_scim::schema::{Type, fold_case};
use doorlist_scim::{Attribute, PatchPath, Resource, ResourceType};
use serde_json::Value;

use crate::limits::{PLACES_MAX, STEPS_MAX, TEMPLATE_BYTES_MAX};

/// A text with places.
#[derive(Debug, PartialEq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Literal(String),
    /// Alternatives, of which the first that has a value stands there.
    Place(Vec<Alternative>),
}

#[derive(Debug, PartialEq)]
struct Alternative {
    path: PatchPath,
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq)]
enum Step {
    Lower,
    Upper,
    /// The part before the first of these; all of it if there is none.
    Before(String),
    /// The part behind the first of these; all of it if there is none.
    After(String),
}

/// Why a text is no template: a sentence, and how many bytes stand before what it is about.
#[derive(Debug, PartialEq)]
pub(crate) struct Misread {
    pub message: String,
    pub at_bytes: usize,
}

fn misread<T>(at_bytes: usize, message: impl Into<String>) -> Result<T, Misread> {
    Err(Misread { message: message.into(), at_bytes })
}

impl Template {
    /// Reads a template for resources of a type.
    pub(crate) fn parse(text: &str, rt: &ResourceType) -> Result<Template, Misread> {
        if text.is_empty() {
            return misread(0, "The text is empty.");
        }
        if text.len() > TEMPLATE_BYTES_MAX {
            return misread(0, format!("The text has more than {TEMPLATE_BYTES_MAX} bytes."));
        }
        let mut reader = Reader { text, at: 0 };
        let mut pieces = Vec::new();
        let mut literal = String::new();
        while let Some(char) = reader.take() {
            let doubled = reader.peek() == Some(char);
            match char {
                '{' | '}' if doubled => {
                    reader.take();
                    literal.push(char);
                }
                '{' => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::Place(place(&mut reader, rt)?));
                }
                '}' => return misread(reader.at - 1, "Here is a } without its {. The character itself is written }}."),
                other => literal.push(other),
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        if pieces.len() > 2 * PLACES_MAX {
            return misread(0, format!("The text has more than {PLACES_MAX} places."));
        }
        Ok(Template { pieces })
    }

    /// Whether it says the same of every resource.
    pub(crate) fn is_literal(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
    }

    /// The paths of its places.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PatchPath> {
        let places = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Place(alternatives) => Some(alternatives),
        });
        places.flatten().map(|alternative| &alternative.path)
    }

    /// The text for a resource. `None` if there are places and none has a value. A place without one takes a space beside it along.
    pub(crate) fn text(&self, rt: &ResourceType, resource: &Resource) -> Option<String> {
        let mut text = String::new();
        let (mut has_value, mut is_gap) = (self.is_literal(), false);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => {
                    let doubles = is_gap && (text.is_empty() || text.ends_with(' '));
                    text.push_str(if doubles { literal.trim_start_matches(' ') } else { literal });
                    is_gap = false;
                }
                Piece::Place(alternatives) => match alternatives.iter().find_map(|one| one.text(rt, resource)) {
                    Some(value) => {
                        text.push_str(&value);
                        (has_value, is_gap) = (true, false);
                    }
                    None => is_gap = true,
                },
            }
        }
        if is_gap {
            text.truncate(text.trim_end_matches(' ').len());
        }
        Some(text).filter(|text| has_value && !text.is_empty())
    }
}

impl Alternative {
    fn text(&self, rt: &ResourceType, resource: &Resource) -> Option<String> {
        let first = self.path.values(rt, resource).into_iter().find_map(as_text)?;
        let text = self.steps.iter().fold(first, |text, step| step.apply(text));
        Some(text).filter(|text| !text.is_empty())
    }
}

impl Step {
    fn apply(&self, text: String) -> String {
        match self {
            Step::Lower => fold_case(&text).into_owned(),
            Step::Upper => text.to_uppercase(),
            Step::Before(mark) => text.split_once(mark.as_str()).map_or_else(|| text.clone(), |(before, _)| before.to_owned()),
            Step::After(mark) => text.split_once(mark.as_str()).map_or_else(|| text.clone(), |(_, after)| after.to_owned()),
        }
    }
}

/// A plain value as text; `None` for an empty one.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a path whose values rules may take.
pub(crate) fn path(text: &str, rt: &ResourceType) -> Result<PatchPath, String> {
    let path = PatchPath::parse(text, rt).map_err(|error| error.detail)?;
    let Some(attribute) = rt.attribute(&path.attr) else { return Err(format!("{path} is a schema and no attribute.")) };
    if attribute.is_hidden() || end(&path, rt).is_some_and(Attribute::is_hidden) {
        return Err(format!("Nobody may read {path}."));
    }
    if let Some(name) = unseen(rt, &path.attr.name, path.sub.as_deref(), path.attr.urn.as_deref()) {
        return Err(format!("Rules do not see {name}."));
    }
    Ok(path)
}

/// The attribute that a path ends at.
pub(crate) fn end<'r>(path: &PatchPath, rt: &'r ResourceType) -> Option<&'r Attribute> {
    let attribute = rt.attribute(&path.attr)?;
    match &path.sub {
        None => Some(attribute),
        Some(_) if attribute.sub_attributes.is_empty() => Some(attribute),
        Some(sub) => attribute.sub_attribute(sub),
    }
}

/// What resources have on a server and items do not.
pub(crate) fn unseen(rt: &ResourceType, name: &str, sub: Option<&str>, urn: Option<&str>) -> Option<&'static str> {
    match (urn, name, sub) {
        (None, "meta", _) => Some("meta"),
        (None, "members", _) if rt.is_rows(name) => Some("members"),
        (None, "groups", Some("$ref")) => Some("groups.$ref"),
        _ => None,
    }
}

/// A text, and how far it has been read.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    /// The next word of a place: up to a space, bar or brace that stands outside of brackets and quotes. Empty if there is none.
    fn word(&mut self) -> Result<(usize, &'t str), Misread> {
        self.at = self.text.len() - self.rest().trim_start().len();
        let start = self.at;
        let (mut bracket, mut quote) = (None, None);
        let mut is_escaped = false;
        while let Some(char) = self.peek() {
            match (char, quote) {
                ('"', _) if !is_escaped => quote = if quote.is_some() { None } else { Some(self.at) },
                ('[', None) => bracket = Some(self.at),
                (']', None) => bracket = None,
                ('|' | '}', None) if bracket.is_none() => break,
                (char, None) if bracket.is_none() && char.is_whitespace() => break,
                _ => {}
            }
            is_escaped = char == '\\' && quote.is_some() && !is_escaped;
            self.take();
        }
        match (quote, bracket) {
            (Some(open), _) => misread(open, "The \" that begins here does not end."),
            (None, Some(open)) => misread(open, "The [ that begins here does not end."),
            (None, None) => Ok((start, self.text.get(start..self.at).unwrap_or_default())),
        }
    }
}

/// What is between braces, behind the first.
fn place(reader: &mut Reader<'_>, rt: &ResourceType) -> Result<Vec<Alternative>, Misread> {
    let open = reader.at.saturating_sub(1);
    let mut alternatives = Vec::new();
    loop {
        alternatives.push(alternative(reader, rt)?);
        match reader.take() {
            Some('}') if alternatives.len() > PLACES_MAX => {
                return misread(open, format!("The place that begins here has more than {PLACES_MAX} alternatives."));
            }
            Some('}') => return Ok(alternatives),
            Some('|') => {}
            _ => return misread(open, "The { that begins here does not end. The character itself is written {{."),
        }
    }
}

fn alternative(reader: &mut Reader<'_>, rt: &ResourceType) -> Result<Alternative, Misread> {
    let (at, word) = reader.word()?;
    if word.is_empty() && reader.peek().is_some() {
        return misread(at, "The path of an attribute should follow here.");
    }
    if word.is_empty() {
        return misread(at, "The text ends where the path of an attribute should follow.");
    }
    let mut read = path(word, rt).or_else(|message| misread(at, message))?;
    if let Some(attribute) = end(&read, rt).filter(|attribute| attribute.kind == Type::Complex) {
        if attribute.sub_attribute("value").is_none() || read.sub.is_some() {
            return misread(at, format!("{read} has sub-attributes; name one of them."));
        }
        read.sub = Some("value".to_owned());
    }
    let mut steps = Vec::new();
    loop {
        let (at, word) = reader.word()?;
        let step = match word {
            "" => return Ok(Alternative { path: read, steps }),
            "lower" => Step::Lower,
            "upper" => Step::Upper,
            "before" => Step::Before(mark(reader)?),
            "after" => Step::After(mark(reader)?),
            _ => return misread(at, "Behind the path follow lower, upper, before or after with a text, a | or the } of the end."),
        };
        steps.push(step);
        if steps.len() > STEPS_MAX {
            return misread(at, format!("Behind a path are at most {STEPS_MAX} steps."));
        }
    }
}

/// The text that `before` or `after` looks for.
fn mark(reader: &mut Reader<'_>) -> Result<String, Misread> {
    let (at, word) = reader.word()?;
    let mark = if word.starts_with('"') { serde_json::from_str(word).unwrap_or_default() } else { word.to_owned() };
    if mark.is_empty() {
        return misread(at, "before and after are followed by a text, in quotation marks if it has spaces.");
    }
    Ok(mark)
}
