//! Reading filters: a recursive descent over the text, one level of recursion per level of nesting,
//! which [`FILTER_DEPTH_MAX`] bounds. Lists of `and` and `or` cost no depth.

use serde_json::Number;

use super::{Comparison, Literal, Misread, Node, OPS, Op};
use crate::datetime::Instant;
use crate::error::{Error, ErrorKind};
use crate::limits::{FILTER_DEPTH_MAX, FILTER_LENGTH_BYTES_MAX};
use crate::path::{AttrPath, Resolved, Types, echo, sub_spelling};
use crate::quirks;
use crate::schema::{Attribute, ResourceType, Type};

pub(super) fn resource_filter(text: &str, types: Types<'_>) -> Result<Node, Misread> {
    let mut parser = Parser::new(text, types).map_err(|error| Misread { error, at_bytes: 0 })?;
    let node = parser.whole();
    node.map_err(|error| Misread { error, at_bytes: text.len().saturating_sub(parser.left) })
}

pub(super) fn element_filter<'t>(text: &'t str, rt: &ResourceType, attr: &AttrPath) -> Result<(Node, &'t str), Error> {
    let mut parser = Parser::new(text, Types::only(rt))?;
    let node = parser.alternatives(Some(Within { path: attr, rt }), 1)?;
    parser.expect(']')?;
    Ok((node, parser.rest))
}

struct Parser<'t, 'r> {
    rest: &'t str,
    types: Types<'r>,
    /// How many bytes were left where the last word began that was looked at: what an error is about.
    left: usize,
}

/// The attribute whose brackets enclose a term, and the resource type it belongs to.
#[derive(Clone, Copy)]
struct Within<'a, 'r> {
    path: &'a AttrPath,
    rt: &'r ResourceType,
}

type Enclosed<'a, 'r> = Option<Within<'a, 'r>>;

/// A value as it stands in the filter.
enum Word<'t> {
    Quoted(String),
    Bare(&'t str),
}

impl<'t, 'r> Parser<'t, 'r> {
    fn new(text: &'t str, types: Types<'r>) -> Result<Self, Error> {
        if text.len() > FILTER_LENGTH_BYTES_MAX {
            return Err(invalid(format!("The filter is longer than {FILTER_LENGTH_BYTES_MAX} bytes.")));
        }
        Ok(Self { rest: text, types, left: text.len() })
    }

    /// A filter and nothing behind it.
    fn whole(&mut self) -> Result<Node, Error> {
        let node = self.alternatives(None, 0)?;
        match self.next() {
            "" => Ok(node),
            rest => Err(unexpected(rest, "and, or or the end")),
        }
    }

    /// What is left, from the next word on.
    fn next(&mut self) -> &'t str {
        let rest = self.rest.trim_start();
        self.left = rest.len();
        rest
    }

    /// Terms joined by `or`. `within` is the attribute whose brackets enclose them.
    fn alternatives(&mut self, within: Enclosed<'_, 'r>, depth: usize) -> Result<Node, Error> {
        let mut terms = vec![self.conjunction(within, depth)?];
        while self.keyword("or") {
            terms.push(self.conjunction(within, depth)?);
        }
        Ok(joined(terms, Node::Or))
    }

    /// Terms joined by `and`, which binds tighter than `or`.
    fn conjunction(&mut self, within: Enclosed<'_, 'r>, depth: usize) -> Result<Node, Error> {
        let mut terms = vec![self.term(within, depth)?];
        while self.keyword("and") {
            terms.push(self.term(within, depth)?);
        }
        Ok(joined(terms, Node::And))
    }

    fn term(&mut self, within: Enclosed<'_, 'r>, depth: usize) -> Result<Node, Error> {
        self.next();
        if depth > FILTER_DEPTH_MAX {
            return Err(invalid(format!("The filter nests deeper than {FILTER_DEPTH_MAX} levels.")));
        }
        let before = self.rest;
        let is_negated = self.keyword("not");
        if self.symbol('(') {
            let inner = self.alternatives(within, depth + 1)?;
            self.expect(')')?;
            return Ok(if is_negated { Node::Not(Box::new(inner)) } else { inner });
        }
        if is_negated {
            // An attribute could be called "not"; what follows decides.
            self.rest = before;
        }
        let (Resolved { path, rt, is_foreign }, attribute) = self.path(within)?;
        let node = if self.symbol('[') {
            let has_elements = attribute.multi_valued || attribute.kind == Type::Complex;
            if within.is_some() || path.sub.is_some() || !has_elements {
                return Err(invalid(format!("{path} has no elements that a filter in brackets could select.")));
            }
            self.elements(path, rt, attribute, depth)?
        } else {
            self.comparison(path, attribute)?
        };
        Ok(if is_foreign { Node::Foreign(Box::new(node)) } else { node })
    }

    /// What follows `attr[`, up to the bracket's end and, as Entra writes it, a comparison behind it.
    fn elements(&mut self, path: AttrPath, rt: &'r ResourceType, attribute: &Attribute, depth: usize) -> Result<Node, Error> {
        let mut inner = self.alternatives(Some(Within { path: &path, rt }), depth + 1)?;
        self.expect(']')?;
        if let Some(rest) = quirks::behind_brackets(self.rest) {
            self.rest = rest;
            let name = self.name();
            let sub = sub_spelling(attribute, name).ok_or_else(|| unknown(name))?;
            let leaf = attribute.sub_attribute(sub).unwrap_or(attribute);
            let comparison = self.comparison(path.with_sub(sub), leaf)?;
            inner = match inner {
                Node::And(mut terms) => {
                    terms.push(comparison);
                    Node::And(terms)
                }
                single => Node::And(vec![single, comparison]),
            };
        }
        Ok(Node::Elements(path, Box::new(inner)))
    }

    /// `pr`, or an operator and a value.
    fn comparison(&mut self, path: AttrPath, attribute: &Attribute) -> Result<Node, Error> {
        let word = self.name();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Node::Present(path));
        }
        let op = OPS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, op)| *op)
            .ok_or_else(|| invalid(format!("{path} is not followed by an operator such as eq.")))?;
        // A plain value compared with a complex attribute means its `value` (RFC 7643, section 2.4).
        let (path, attribute) = match attribute.sub_attribute("value") {
            Some(value) if path.sub.is_none() => (path.with_sub(&value.name), value),
            _ => (path, attribute),
        };
        let literal = literal(&path, attribute, op, self.word()?)?;
        Ok(Node::Compare(Comparison { path, op, literal }))
    }

    /// The attribute a comparison is about: a sub-attribute of the enclosing one, inside brackets.
    fn path(&mut self, within: Enclosed<'_, 'r>) -> Result<(Resolved<'r>, &'r Attribute), Error> {
        let text = self.name();
        if text.is_empty() {
            return Err(match self.rest.trim_start() {
                "" => invalid("The filter ends where an attribute should follow."),
                rest => unexpected(rest, "an attribute"),
            });
        }
        let found = match within {
            None => AttrPath::resolve_among(text, self.types),
            Some(Within { path, rt }) => {
                let sub = rt.attribute(path).and_then(|attribute| sub_spelling(attribute, text));
                sub.map(|sub| Resolved { path: path.with_sub(sub), rt, is_foreign: false })
            }
        };
        let found = found.filter(|found| !found.path.is_extension()).and_then(|found| {
            let attribute = found.rt.attribute(&found.path)?;
            Some((found, attribute))
        });
        let (found, attribute) = found.ok_or_else(|| unknown(text))?;
        let is_hidden = found.rt.top_attribute(&found.path).is_some_and(Attribute::is_hidden);
        if is_hidden || attribute.is_hidden() {
            return Err(invalid(format!("{} cannot be used in a filter.", found.path)));
        }
        Ok((found, attribute))
    }

    /// The characters an attribute path or an operator is made of; may be empty.
    fn name(&mut self) -> &'t str {
        let rest = self.next();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':' | '.' | '/')));
        let (name, rest) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or(("", rest));
        self.rest = rest;
        name
    }

    /// A value: a JSON string, or what some clients send in its place.
    fn word(&mut self) -> Result<Word<'t>, Error> {
        let rest = self.next();
        if !rest.starts_with('"') {
            let (word, after) =
                quirks::bare_word(rest).ok_or_else(|| invalid("An operator is not followed by a value. Texts stand in double quotes."))?;
            if word.contains(['"', '(', '[']) {
                return Err(unexpected(word, "a value"));
            }
            self.rest = after;
            return Ok(Word::Bare(word));
        }
        let (quoted, after) = quoted(rest).ok_or_else(|| invalid("A string does not end."))?;
        self.rest = after;
        serde_json::from_str(quoted).map(Word::Quoted).map_err(|_| invalid(format!("{} is not a JSON string.", echo(quoted))))
    }

    /// Takes a word of the grammar, if it stands next and ends there.
    fn keyword(&mut self, keyword: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some((word, after)) = rest.split_at_checked(keyword.len()) else {
            return false;
        };
        let ends = after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || c == '(');
        if !word.eq_ignore_ascii_case(keyword) || !ends {
            return false;
        }
        self.rest = after;
        true
    }

    fn symbol(&mut self, symbol: char) -> bool {
        match self.rest.trim_start().strip_prefix(symbol) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: char) -> Result<(), Error> {
        if self.symbol(symbol) {
            return Ok(());
        }
        Err(match self.next() {
            "" => invalid(format!("The filter ends where {symbol} should follow.")),
            rest => unexpected(rest, &format!("and, or or {symbol}")),
        })
    }
}

/// A JSON string at the start of a text, with its quotes, and what is behind it. Says nothing of what is in it.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.strip_prefix('"')?.find(|c: char| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    // Two bytes more than what is inside: the quotes.
    text.split_at_checked(end + 2)
}

fn joined(mut terms: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            join(terms)
        }
        None => join(terms),
    }
}

/// Gives a value the attribute's type, or says why it cannot be compared.
fn literal(path: &AttrPath, attribute: &Attribute, op: Op, word: Word<'_>) -> Result<Literal, Error> {
    // Whether something is assigned can be asked of everything.
    if let Word::Bare(bare) = word
        && bare.eq_ignore_ascii_case("null")
    {
        return match op {
            Op::Eq | Op::Ne => Ok(Literal::Null),
            _ => Err(invalid("null can only be compared with eq and ne.")),
        };
    }
    let fits = match attribute.kind {
        Type::String | Type::Reference => true,
        Type::Boolean | Type::Binary => matches!(op, Op::Eq | Op::Ne),
        Type::Decimal | Type::Integer | Type::DateTime => !matches!(op, Op::Co | Op::Sw | Op::Ew),
        Type::Complex => {
            return Err(invalid(format!("{path} has sub-attributes; compare one of them.")));
        }
    };
    if !fits {
        return Err(invalid(format!("{path} has a type this operator does not fit.")));
    }
    let is_quoted = matches!(word, Word::Quoted(_));
    let text = match word {
        Word::Quoted(text) => text,
        Word::Bare(bare) => bare.to_owned(),
    };
    let wrong = |what: &str| invalid(format!("{path} has to be compared with {what}."));
    match attribute.kind {
        Type::Boolean => quirks::boolean_text(&text).map(Literal::Bool).ok_or_else(|| wrong("true or false")),
        Type::Decimal | Type::Integer if is_quoted => Err(wrong("a number")),
        Type::Decimal | Type::Integer => text.parse::<Number>().map(Literal::Number).map_err(|_| wrong("a number")),
        Type::DateTime => match Instant::parse(&text) {
            Some(instant) => Ok(Literal::Instant(instant, text)),
            None => Err(wrong("a date and time such as 2011-05-13T04:42:34Z")),
        },
        Type::String => Ok(Literal::String(attribute.canonical(&text).to_owned())),
        _ => Ok(Literal::String(text)),
    }
}

fn unknown(text: &str) -> Error {
    invalid(format!("The filter names \"{}\", which no schema of this resource defines.", echo(text)))
}

fn unexpected(rest: &str, expected: &str) -> Error {
    invalid(format!("The filter cannot be read from \"{}\" on, where {expected} should follow.", echo(rest)))
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidFilter, detail)
}
