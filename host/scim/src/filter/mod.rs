//! Filters (RFC 7644, section 3.4.2.2).
//!
//! A [`Filter`] is read against a [`ResourceType`]: every attribute in it exists, every operator fits
//! the attribute's type, and every value has that type. What cannot be read is an error, never a
//! filter that matches everything or nothing. A filter decides about one resource at a time; it does
//! not know where resources come from, and [`Filter::equality`] is its only help to an index.
//!
//! Beyond the grammar of the RFC these forms are read, because clients send them:
//!
//! - values without quotes, as in `externalId eq jyoung` (Entra's documentation, early authentik);
//! - `emails[type eq "work"].value eq "x"`, which means `emails[type eq "work" and value eq "x"]` (Entra);
//! - `"True"` and `"False"` as a boolean (Entra).

mod eval;
mod parse;

pub(crate) use parse::quoted;

use std::fmt;

use serde_json::{Map, Number, Value};

use crate::Resource;
use crate::datetime::Instant;
use crate::error::Error;
use crate::path::{AttrPath, Types};
use crate::schema::ResourceType;

/// A filter over resources, or over the elements of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    node: Node,
}

/// Why a text is no filter, and where in it: for people who write filters and want to see the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What is wrong.
    pub error: Error,
    /// How many bytes of the text stand before the word that it is about.
    pub at_bytes: usize,
}

/// One node of a filter. Paths are whole, also inside brackets, where only their sub-attribute is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Present(AttrPath),
    Compare(Comparison),
    /// One element of the attribute passes all of the inner filter.
    Elements(AttrPath, Box<Node>),
    /// A term about an attribute that only another resource type of the same query has, so that there
    /// is no value.
    Foreign(Box<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    path: AttrPath,
    op: Op,
    literal: Literal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A value to compare with, already of the attribute's type.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    /// A point in time, and how it was written.
    Instant(Instant, String),
}

const OPS: [(&str, Op); 9] = [
    ("eq", Op::Eq),
    ("ne", Op::Ne),
    ("co", Op::Co),
    ("sw", Op::Sw),
    ("ew", Op::Ew),
    ("gt", Op::Gt),
    ("ge", Op::Ge),
    ("lt", Op::Lt),
    ("le", Op::Le),
];

impl Filter {
    /// Reads a filter over resources of a type.
    ///
    /// # Errors
    /// `invalidFilter` if the text is not a filter, names an attribute no schema defines, applies an
    /// operator or value that does not fit the attribute's type, is longer than
    /// [`FILTER_LENGTH_BYTES_MAX`](crate::limits::FILTER_LENGTH_BYTES_MAX) or nests deeper than
    /// [`FILTER_DEPTH_MAX`](crate::limits::FILTER_DEPTH_MAX).
    pub fn parse(text: &str, rt: &ResourceType) -> Result<Self, Error> {
        Self::parse_located(text, rt).map_err(|misread| misread.error)
    }

    /// The same, where an error says its place.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_located(text: &str, rt: &ResourceType) -> Result<Self, Misread> {
        parse::resource_filter(text, Types::only(rt)).map(|node| Self { node })
    }

    /// Reads a filter over resources of the first of some types, where the same filter is applied to
    /// the others as well: a query against the server root (RFC 7644, section 3.4.2.1). An attribute that
    /// the first type does not define and another one does is one that has no value.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), where an attribute is unknown if none of the types defines it; not found if
    /// there is no type.
    pub fn parse_among(text: &str, types: &[&ResourceType]) -> Result<Self, Error> {
        Self::parse_types(text, Types::of(types)?)
    }

    /// The same, for types already told apart.
    pub(crate) fn parse_types(text: &str, types: Types<'_>) -> Result<Self, Error> {
        parse::resource_filter(text, types).map(|node| Self { node }).map_err(|misread| misread.error)
    }

    /// Reads a filter over the elements of an attribute, up to its closing bracket. Gives the filter
    /// and the text behind the bracket.
    pub(crate) fn parse_elements<'t>(text: &'t str, rt: &ResourceType, attr: &AttrPath) -> Result<(Self, &'t str), Error> {
        parse::element_filter(text, rt, attr).map(|(node, rest)| (Self { node }, rest))
    }

    /// Whether a resource passes the filter.
    ///
    /// `null` means unassigned, and so does an empty list or object. `ne` is true of an unassigned
    /// attribute, every other comparison false. Of a multi-valued attribute any value may match.
    pub fn matches(&self, rt: &ResourceType, resource: &Resource) -> bool {
        eval::holds(&self.node, rt, eval::Scope::Resource(resource))
    }

    /// Whether one element of a multi-valued attribute passes a filter that was read between the
    /// brackets of a PATCH path.
    pub fn matches_element(&self, rt: &ResourceType, element: &Value) -> bool {
        eval::holds(&self.node, rt, eval::Scope::Element(element))
    }

    /// Every `attribute eq "text"` without which the filter cannot match: the filter itself, or terms
    /// of an `and`, also inside brackets, as in `emails[type eq "work" and value eq "x"]`, which gives
    /// `emails.type` and `emails.value`.
    pub fn equalities(&self) -> Vec<(&AttrPath, &str)> {
        let mut found = Vec::new();
        collect_equalities(&self.node, &mut found);
        found
    }

    /// The one of [`equalities`](Self::equalities) an index can do most with: the first about an
    /// attribute itself or its `value`, otherwise the first. The text has the client's letter case; if
    /// the attribute is not `caseExact`, [`fold_case`](crate::schema::fold_case) makes it comparable.
    pub fn equality(&self) -> Option<(&AttrPath, &str)> {
        let found = self.equalities();
        let telling = found.iter().find(|(path, _)| path.sub.as_deref().is_none_or(|sub| sub == "value"));
        telling.or(found.first()).copied()
    }

    /// Whether the filter says anything about the core or common attribute of this name.
    pub fn mentions(&self, name: &str) -> bool {
        mentions(&self.node, name)
    }

    /// The attributes of the searched type that the filter says something about, in its order, those of
    /// brackets with and without their sub-attributes.
    pub fn paths(&self) -> Vec<&AttrPath> {
        let mut found = Vec::new();
        collect_paths(&self.node, &mut found);
        found
    }

    /// Whether the filter can be told to match no resource without looking at one, since it needs a value
    /// of an attribute that only another type has. Saves the search.
    pub fn matches_nothing(&self) -> bool {
        eval::constant(&self.node) == Some(false)
    }

    /// How many comparisons one look at a resource can take.
    pub fn terms(&self) -> usize {
        terms(&self.node)
    }

    /// Writes a filter over elements as it stands between brackets.
    pub(crate) fn write_within(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_node(f, &self.node, true)
    }

    /// If the filter is `value eq "x"` for an attribute's elements, or such terms joined by `or`: the
    /// values, in order and in the client's letter case.
    pub(crate) fn values_named(&self) -> Option<Vec<&str>> {
        let terms = match &self.node {
            Node::Or(terms) => terms.as_slice(),
            single => std::slice::from_ref(single),
        };
        terms.iter().map(value_named).collect()
    }

    /// The element a filter describes when it consists of `sub eq value` terms joined by `and`:
    /// what an operation creates if there is no such element yet.
    pub(crate) fn template(&self) -> Option<Map<String, Value>> {
        let terms = match &self.node {
            Node::And(terms) => terms.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut element = Map::new();
        for term in terms {
            let Node::Compare(comparison) = term else {
                return None;
            };
            let (Op::Eq, Some(sub)) = (comparison.op, &comparison.path.sub) else {
                return None;
            };
            let value = match &comparison.literal {
                Literal::Null => return None,
                Literal::Bool(flag) => Value::Bool(*flag),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::String(text) | Literal::Instant(_, text) => Value::String(text.clone()),
            };
            if element.insert(sub.clone(), value).is_some() {
                return None;
            }
        }
        Some(element)
    }
}

fn collect_equalities<'f>(node: &'f Node, found: &mut Vec<(&'f AttrPath, &'f str)>) {
    match node {
        Node::And(terms) => terms.iter().for_each(|term| collect_equalities(term, found)),
        Node::Elements(_, inner) => collect_equalities(inner, found),
        Node::Compare(Comparison { path, op: Op::Eq, literal: Literal::String(text) }) => found.push((path, text)),
        _ => {}
    }
}

fn collect_paths<'f>(node: &'f Node, found: &mut Vec<&'f AttrPath>) {
    match node {
        Node::And(terms) | Node::Or(terms) => terms.iter().for_each(|term| collect_paths(term, found)),
        Node::Not(inner) => collect_paths(inner, found),
        Node::Present(path) => found.push(path),
        Node::Compare(comparison) => found.push(&comparison.path),
        Node::Elements(path, inner) => {
            found.push(path);
            collect_paths(inner, found);
        }
        Node::Foreign(_) => {}
    }
}

fn mentions(node: &Node, name: &str) -> bool {
    let is_it = |path: &AttrPath| path.urn.is_none() && path.name.eq_ignore_ascii_case(name);
    match node {
        Node::And(terms) | Node::Or(terms) => terms.iter().any(|term| mentions(term, name)),
        Node::Not(inner) => mentions(inner, name),
        Node::Present(path) | Node::Elements(path, _) => is_it(path),
        Node::Compare(comparison) => is_it(&comparison.path),
        Node::Foreign(_) => false,
    }
}

fn terms(node: &Node) -> usize {
    match node {
        Node::And(list) | Node::Or(list) => list.iter().map(terms).sum(),
        Node::Not(inner) | Node::Elements(_, inner) => terms(inner),
        Node::Present(_) | Node::Compare(_) | Node::Foreign(_) => 1,
    }
}

fn value_named(node: &Node) -> Option<&str> {
    match node {
        Node::Compare(Comparison { path, op: Op::Eq, literal: Literal::String(text) }) if path.sub.as_deref() == Some("value") => {
            Some(text)
        }
        _ => None,
    }
}

impl fmt::Display for Filter {
    /// Writes a filter that reads as an equal one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A filter over elements stands between brackets that are not part of it, so its paths are
        // written without the attribute they belong to only inside `Node::Elements`.
        write_node(f, &self.node, false)
    }
}

fn write_node(f: &mut fmt::Formatter<'_>, node: &Node, in_element: bool) -> fmt::Result {
    match node {
        Node::And(terms) => write_terms(f, terms, " and ", in_element),
        Node::Or(terms) => write_terms(f, terms, " or ", in_element),
        Node::Not(inner) => {
            f.write_str("not (")?;
            write_node(f, inner, in_element)?;
            f.write_str(")")
        }
        Node::Present(path) => {
            write_path(f, path, in_element)?;
            f.write_str(" pr")
        }
        Node::Compare(comparison) => {
            write_path(f, &comparison.path, in_element)?;
            let op = OPS.iter().find(|(_, op)| *op == comparison.op);
            write!(f, " {} ", op.map_or("", |(word, _)| word))?;
            match &comparison.literal {
                Literal::Null => f.write_str("null"),
                Literal::Bool(flag) => write!(f, "{flag}"),
                Literal::Number(number) => write!(f, "{number}"),
                Literal::String(text) | Literal::Instant(_, text) => {
                    write!(f, "{}", Value::String(text.clone()))
                }
            }
        }
        Node::Foreign(term) => write_node(f, term, in_element),
        Node::Elements(path, inner) => {
            write!(f, "{path}[")?;
            write_node(f, inner, true)?;
            f.write_str("]")
        }
    }
}

fn write_terms(f: &mut fmt::Formatter<'_>, terms: &[Node], between: &str, in_element: bool) -> fmt::Result {
    for (position, term) in terms.iter().enumerate() {
        if position > 0 {
            f.write_str(between)?;
        }
        // `and` binds tighter than `or`; every other nesting is written out.
        let is_bare = match term {
            Node::Or(_) => false,
            Node::And(_) => between == " or ",
            _ => true,
        };
        if is_bare {
            write_node(f, term, in_element)?;
        } else {
            f.write_str("(")?;
            write_node(f, term, in_element)?;
            f.write_str(")")?;
        }
    }
    Ok(())
}

fn write_path(f: &mut fmt::Formatter<'_>, path: &AttrPath, in_element: bool) -> fmt::Result {
    match &path.sub {
        Some(sub) if in_element => f.write_str(sub),
        _ => write!(f, "{path}"),
    }
}
