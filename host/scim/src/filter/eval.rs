//! Deciding whether a filter holds.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Comparison, Literal, Node, Op};
use crate::Resource;
use crate::datetime::Instant;
use crate::number::numeric_order;
use crate::path::AttrPath;
use crate::schema::{ResourceType, fold_case};

/// What a filter is asked about.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    Resource(&'a Resource),
    Element(&'a Value),
}

impl<'a> Scope<'a> {
    fn any(self, path: &AttrPath, test: &mut dyn FnMut(&'a Value) -> bool) -> bool {
        match self {
            Self::Resource(resource) => path.any(resource, test),
            Self::Element(element) => path.end_of(element).is_some_and(test),
        }
    }
}

/// The recursion is as deep as the filter was nested when it was read.
pub(super) fn holds(node: &Node, rt: &ResourceType, scope: Scope<'_>) -> bool {
    match node {
        Node::And(terms) => terms.iter().all(|term| holds(term, rt, scope)),
        Node::Or(terms) => terms.iter().any(|term| holds(term, rt, scope)),
        Node::Not(inner) => !holds(inner, rt, scope),
        Node::Present(path) => scope.any(path, &mut is_present),
        Node::Compare(comparison) => compare(comparison, rt, scope),
        Node::Elements(path, inner) => scope.any(path, &mut |element| holds(inner, rt, Scope::Element(element))),
        Node::Foreign(term) => holds_of_nothing(term),
    }
}

/// Whether a filter holds of a resource that has no value anywhere.
pub(super) fn holds_of_nothing(node: &Node) -> bool {
    match node {
        Node::And(terms) => terms.iter().all(holds_of_nothing),
        Node::Or(terms) => terms.iter().any(holds_of_nothing),
        Node::Not(inner) => !holds_of_nothing(inner),
        Node::Present(_) | Node::Elements(..) => false,
        Node::Compare(Comparison { op, literal: Literal::Null, .. }) => *op == Op::Eq,
        Node::Compare(comparison) => comparison.op == Op::Ne,
        Node::Foreign(term) => holds_of_nothing(term),
    }
}

/// What a filter says of every resource, where that follows from its terms about attributes of other
/// resource types. `None` if it depends on the resource.
pub(super) fn constant(node: &Node) -> Option<bool> {
    match node {
        Node::Foreign(term) => Some(holds_of_nothing(term)),
        Node::Not(inner) => constant(inner).map(|holds| !holds),
        Node::And(terms) => of_terms(terms, false),
        Node::Or(terms) => of_terms(terms, true),
        Node::Present(_) | Node::Compare(_) | Node::Elements(..) => None,
    }
}

/// The constant of joined terms, of which one that is `decisive` decides.
fn of_terms(terms: &[Node], decisive: bool) -> Option<bool> {
    if terms.iter().any(|term| constant(term) == Some(decisive)) {
        return Some(decisive);
    }
    terms.iter().all(|term| constant(term).is_some()).then_some(!decisive)
}

/// RFC 7644 asks `pr` for "a non-empty or non-null value".
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compare(comparison: &Comparison, rt: &ResourceType, scope: Scope<'_>) -> bool {
    let Comparison { path, op, literal } = comparison;
    if let Literal::Null = literal {
        let is_assigned = scope.any(path, &mut is_present);
        return is_assigned == (*op == Op::Ne);
    }
    let case_exact = rt.attribute(path).is_none_or(|attribute| attribute.case_exact);
    let mut is_assigned = false;
    let is_match = scope.any(path, &mut |value| {
        is_assigned = true;
        test(*op, value, literal, case_exact)
    });
    is_match || (*op == Op::Ne && !is_assigned)
}

fn test(op: Op, value: &Value, literal: &Literal, case_exact: bool) -> bool {
    let order = match (literal, value) {
        (Literal::String(expected), Value::String(actual)) => {
            return test_text(op, actual, expected, case_exact);
        }
        (Literal::Bool(expected), Value::Bool(actual)) => Some(actual.cmp(expected)),
        (Literal::Number(expected), Value::Number(actual)) => Some(numeric_order(actual, expected)),
        (Literal::Instant(expected, _), Value::String(actual)) => Instant::parse(actual).map(|actual| actual.cmp(expected)),
        _ => None,
    };
    test_order(op, order)
}

fn test_text(op: Op, actual: &str, expected: &str, case_exact: bool) -> bool {
    if case_exact {
        return test_exact(op, actual, expected);
    }
    if op == Op::Eq && actual.is_ascii() && expected.is_ascii() {
        return actual.eq_ignore_ascii_case(expected);
    }
    test_exact(op, &fold_case(actual), &fold_case(expected))
}

fn test_exact(op: Op, actual: &str, expected: &str) -> bool {
    match op {
        Op::Co => actual.contains(expected),
        Op::Sw => actual.starts_with(expected),
        Op::Ew => actual.ends_with(expected),
        _ => test_order(op, Some(actual.cmp(expected))),
    }
}

/// What an order says for an operator. Values that have no order are unequal and nothing else.
fn test_order(op: Op, order: Option<Ordering>) -> bool {
    match op {
        Op::Eq => order == Some(Ordering::Equal),
        Op::Ne => order != Some(Ordering::Equal),
        Op::Gt => order == Some(Ordering::Greater),
        Op::Lt => order == Some(Ordering::Less),
        Op::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Op::Co | Op::Sw | Op::Ew => false,
    }
}
