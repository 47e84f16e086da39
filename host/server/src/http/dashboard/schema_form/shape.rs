//! What a part of a JSON Schema can be shown as.
//!
//! A JSON Schema may refer to itself and may say one thing in many ways; what is not one of a few plain forms is edited as JSON. Knows nothing of values but
//! whether a field shows one to the letter.

use serde_json::{Map, Value};

use crate::http::dashboard::limits::{
    SCHEMA_FORM_CHOICES_MAX, SCHEMA_FORM_DEPTH_MAX, SCHEMA_FORM_LINE_CHARS_MAX, SCHEMA_FORM_PARTS_MAX, SCHEMA_FORM_REFERENCES_MAX,
};

/// What a part is shown as.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Shape {
    /// A text; whether it may be long.
    Text(bool),
    /// A number.
    Number,
    /// Yes or no.
    Switch,
    /// One of these values.
    Choice(Vec<Choice>),
    /// Texts, one on each line.
    Lines,
    /// A list of parts that are all like this one.
    Rows(Box<Part>),
    /// An object of these parts.
    Group(Vec<Part>),
    /// A text, or something else that is edited as JSON.
    Either,
    /// Edited as JSON.
    Json,
}

/// One of several values.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Choice {
    pub value: Value,
    pub words: String,
}

/// A part of the settings.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Part {
    /// The property's name; empty for an entry of a list, and for the whole.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// What values it takes, in words.
    pub bounds: String,
    /// Whether it has to be there.
    pub required: bool,
    /// What holds if it is not there.
    pub default: Option<Value>,
    pub shape: Shape,
}

impl Part {
    /// Whether an object is shown with its parts even while it is absent, since leaving them alone leaves it absent.
    pub(super) fn is_open(&self) -> bool {
        let all_optional = |parts: &[Part]| parts.iter().all(|part| !part.required);
        self.required || self.default.is_some() || matches!(&self.shape, Shape::Group(parts) if all_optional(parts))
    }

    /// Whether the fields of this part show a value to the letter.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match (&self.shape, value) {
            (Shape::Json, _) => false,
            // Of a text alone; JSON is told apart from it.
            (Shape::Either, Value::String(text)) => is_letters(text),
            (Shape::Either, _) => true,
            (Shape::Choice(choices), value) if choices.iter().any(|choice| choice.value == *value) => true,
            (Shape::Switch, Value::Null) => !self.is_box(),
            (Shape::Text(_) | Shape::Number | Shape::Choice(_) | Shape::Lines | Shape::Rows(_), Value::Null) => !self.required,
            (Shape::Text(_), Value::String(text)) => is_letters(text),
            (Shape::Number, Value::Number(_)) => true,
            // What somebody typed who is told that it is no number.
            (Shape::Number, Value::String(text)) => {
                !text.contains(['\r', '\n']) && text.trim() == text && super::read::number(text).is_none()
            }
            (Shape::Switch, Value::Bool(_)) => true,
            (Shape::Lines, Value::Array(items)) => items.iter().all(|item| item.as_str().is_some_and(is_line)),
            (Shape::Rows(_), Value::Array(_)) => true,
            (Shape::Group(parts), Value::Object(members)) => members.keys().all(|name| parts.iter().any(|part| part.name == *name)),
            _ => false,
        }
    }

    /// What stands for an entry that was just added.
    pub(super) fn blank(&self) -> Value {
        match &self.shape {
            Shape::Group(_) => Value::Object(Map::new()),
            Shape::Rows(_) | Shape::Lines => Value::Array(Vec::new()),
            Shape::Switch => Value::Bool(false),
            Shape::Choice(choices) => choices.first().map_or(Value::Null, |choice| choice.value.clone()),
            Shape::Text(_) | Shape::Number | Shape::Either | Shape::Json => Value::String(String::new()),
        }
    }

    /// How many fields it takes to show a value.
    pub(super) fn fields(&self, value: Option<&Value>) -> usize {
        match (&self.shape, value) {
            (Shape::Rows(part), Some(Value::Array(items))) => 1 + items.iter().map(|item| part.fields(Some(item))).sum::<usize>(),
            (Shape::Group(parts), Some(Value::Object(members))) => {
                1 + parts.iter().map(|part| part.fields(members.get(&part.name))).sum::<usize>()
            }
            (Shape::Group(parts), None) if self.is_open() => 1 + parts.iter().map(|part| part.fields(None)).sum::<usize>(),
            _ => 1,
        }
    }
}

/// Whether a field of several lines gives a text back as it is: browsers write every end of a line in one way.
fn is_letters(text: &str) -> bool {
    !text.contains('\r')
}

/// Whether a text is one line that is not blank.
fn is_line(text: &str) -> bool {
    !text.contains(['\r', '\n']) && !text.trim().is_empty()
}

/// The whole of what a JSON Schema describes.
pub(in super::super) fn root(schema: &Value) -> Part {
    let mut reader = Reader { root: schema, parts: 0, inside: Vec::new() };
    reader.part(schema, String::new(), true)
}

struct Reader<'a> {
    root: &'a Value,
    parts: usize,
    /// References and other steps inwards that lead to what is being read.
    inside: Vec<&'a str>,
}

/// What is said of a part, with what it refers to behind it: the nearer comes first.
struct Said<'a> {
    all: Vec<&'a Value>,
    /// Those that say what it is. One that says only that it may be null as well is not among them.
    what: Vec<&'a Value>,
}

impl<'a> Said<'a> {
    fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.what.iter().find_map(|schema| schema.get(keyword))
    }

    /// Of a keyword that tells people of a part.
    fn told(&self, keyword: &str) -> Option<&'a Value> {
        self.all.iter().find_map(|schema| schema.get(keyword))
    }

    fn text(&self, keyword: &str) -> &'a str {
        self.told(keyword).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, keyword: &str) -> Option<&'a serde_json::Number> {
        self.get(keyword).and_then(Value::as_number)
    }

    fn count(&self, keyword: &str) -> Option<u64> {
        self.get(keyword).and_then(Value::as_u64)
    }
}

impl<'a> Reader<'a> {
    fn part(&mut self, schema: &'a Value, name: String, required: bool) -> Part {
        self.parts += 1;
        let outside = self.inside.len();
        let said = self.follow(schema);
        let shape = match &said {
            Some(said) if self.parts <= SCHEMA_FORM_PARTS_MAX && self.inside.len() < SCHEMA_FORM_DEPTH_MAX => self.shape(said),
            _ => Shape::Json,
        };
        self.inside.truncate(outside);
        let said = said.unwrap_or(Said { all: vec![schema], what: Vec::new() });
        let title = said.text("title");
        Part {
            title: if title.is_empty() { words(&name) } else { title.to_owned() },
            about: said.text("description").to_owned(),
            bounds: bounds(&shape, &said),
            default: said.told("default").cloned(),
            name,
            required,
            shape,
        }
    }

    /// What a part says and what it refers to; `None` if that is itself, or nothing that is there. What may be null is what it is otherwise.
    fn follow(&mut self, schema: &'a Value) -> Option<Said<'a>> {
        let mut said = Said { all: Vec::new(), what: Vec::new() };
        let mut at = schema;
        for _ in 0..=SCHEMA_FORM_REFERENCES_MAX {
            said.all.push(at);
            if let Some(one) = ["anyOf", "oneOf"].iter().find_map(|keyword| but_for_null(at.get(keyword)?)) {
                at = one;
                continue;
            }
            said.what.push(at);
            if let Some(reference) = at.get("$ref") {
                let pointer = reference.as_str()?.strip_prefix('#')?;
                if self.inside.contains(&pointer) {
                    return None;
                }
                self.inside.push(pointer);
                at = self.root.pointer(pointer)?;
            } else {
                return Some(said);
            }
        }
        None
    }

    fn shape(&mut self, said: &Said<'a>) -> Shape {
        if let Some(choices) = choices(said) {
            return Shape::Choice(choices);
        }
        let alternatives = said.get("anyOf").or_else(|| said.get("oneOf")).and_then(Value::as_array);
        if let Some(alternatives) = alternatives {
            let is_text = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("string") && schema.get("enum").is_none();
            let texts = alternatives.iter().filter(is_text).count();
            return if texts == 1 { Shape::Either } else { Shape::Json };
        }
        match types(said).as_slice() {
            ["string"] => Shape::Text(said.count("maxLength").is_some_and(|most| most > SCHEMA_FORM_LINE_CHARS_MAX as u64)),
            ["integer" | "number"] | ["integer", "number"] | ["number", "integer"] => Shape::Number,
            ["boolean"] => Shape::Switch,
            ["array"] => self.list(said),
            ["object"] => self.group(said),
            types if types.contains(&"string") => Shape::Either,
            _ => Shape::Json,
        }
    }

    fn list(&mut self, said: &Said<'a>) -> Shape {
        let Some(items) = said.get("items").filter(|items| items.is_object() && said.get("prefixItems").is_none()) else {
            return Shape::Json;
        };
        self.inside.push("");
        let part = self.part(items, String::new(), true);
        self.inside.pop();
        match part.shape {
            Shape::Text(_) => Shape::Lines,
            Shape::Json => Shape::Json,
            _ => Shape::Rows(Box::new(part)),
        }
    }

    fn group(&mut self, said: &Said<'a>) -> Shape {
        let properties = said.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty());
        let Some(properties) = properties.filter(|_| said.get("patternProperties").is_none()) else { return Shape::Json };
        let required: Vec<&str> = said.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        self.inside.push("");
        let mut parts: Vec<Part> =
            properties.iter().map(|(name, schema)| self.part(schema, name.clone(), required.contains(&name.as_str()))).collect();
        self.inside.pop();
        // What has to be there comes first, and what takes much room last.
        parts.sort_by_key(|part| (matches!(part.shape, Shape::Rows(_) | Shape::Group(_)), !part.required));
        Shape::Group(parts)
    }
}

/// The one of two alternatives that is not null, if the other is.
fn but_for_null(alternatives: &Value) -> Option<&Value> {
    let is_null = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("null");
    match alternatives.as_array()?.as_slice() {
        [null, other] | [other, null] if is_null(null) && !is_null(other) => Some(other),
        _ => None,
    }
}

/// The types of a part but for null; guessed if it names none.
fn types<'a>(said: &Said<'a>) -> Vec<&'a str> {
    match said.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect(),
        _ if said.get("properties").is_some() => vec!["object"],
        _ if said.get("items").is_some() => vec!["array"],
        _ => Vec::new(),
    }
}

/// The values that a part can have, if it lists them.
fn choices(said: &Said<'_>) -> Option<Vec<Choice>> {
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    let plain = |value: &Value| Choice { value: value.clone(), words: value.as_str().map_or_else(|| value.to_string(), str::to_owned) };
    let listed = |schema: &Value| -> Option<Vec<Choice>> {
        if let Some(value) = schema.get("const") {
            let mut choice = plain(value);
            let word = |keyword: &str| schema.get(keyword).and_then(Value::as_str).filter(|word| !word.is_empty());
            if let Some(title) = word("title") {
                choice.words = title.to_owned();
            }
            if let Some(about) = word("description") {
                choice.words = format!("{}: {about}", choice.words);
            }
            return Some(vec![choice]);
        }
        Some(schema.get("enum")?.as_array()?.iter().map(plain).collect())
    };
    let found: Vec<Choice> = if let Some(found) = said.what.iter().find_map(|schema| listed(schema)) {
        found
    } else {
        let alternatives = said.get("oneOf").or_else(|| said.get("anyOf"))?.as_array()?;
        alternatives.iter().map(listed).collect::<Option<Vec<_>>>()?.concat()
    };
    let fits = !found.is_empty() && found.len() <= SCHEMA_FORM_CHOICES_MAX && found.iter().all(|choice| is_scalar(&choice.value));
    fits.then_some(found)
}

/// A name in words: `userGroups` and `user_groups` are both `User groups`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for letter in name.chars() {
        match letter {
            '_' | '-' => words.push(' '),
            _ if letter.is_uppercase() && before.is_lowercase() => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            _ if words.is_empty() => words.extend(letter.to_uppercase()),
            _ => words.push(letter),
        }
        before = letter;
    }
    words
}

/// What values a part takes.
fn bounds(shape: &Shape, said: &Said<'_>) -> String {
    let between = |least: Option<String>, most: Option<String>, what: &str| match (least, most) {
        (Some(least), Some(most)) => format!("Between {least} and {most}{what}."),
        (Some(least), None) => format!("At least {least}{what}."),
        (None, Some(most)) => format!("At most {most}{what}."),
        (None, None) => String::new(),
    };
    let number = |keyword: &str| said.number(keyword).map(ToString::to_string);
    match shape {
        Shape::Text(_) => between(number("minLength").filter(|least| least != "1" && least != "0"), number("maxLength"), " characters"),
        Shape::Number => {
            let mut words = between(number("minimum"), number("maximum"), "");
            for (keyword, word) in [("exclusiveMinimum", "More"), ("exclusiveMaximum", "Less")] {
                if let Some(bound) = number(keyword) {
                    words.push_str(&format!(" {word} than {bound}."));
                }
            }
            words.trim().to_owned()
        }
        Shape::Lines | Shape::Rows(_) => between(number("minItems").filter(|least| least != "0"), number("maxItems"), " entries"),
        _ => String::new(),
    }
}
