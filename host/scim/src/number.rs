//! The order of JSON numbers.

use std::cmp::Ordering;

use serde_json::Number;

/// Orders two numbers by their exact values, whole or not: nothing is rounded, so that the order is one
/// also where a whole number has no equal among those with a fraction. JSON has no number that is none.
pub(crate) fn numeric_order(left: &Number, right: &Number) -> Ordering {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => whole_to_float(left, float(right)),
        (None, Some(right)) => whole_to_float(right, float(left)).reverse(),
        (None, None) => float(left).partial_cmp(&float(right)).unwrap_or(Ordering::Equal),
    }
}

/// A number that is not whole by its notation. Numbers of JSON are finite.
fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

fn whole_to_float(whole: i128, float: f64) -> Ordering {
    // Whole numbers of JSON have 64 bits here; a conversion that leaves 128 bits stops at their end, which is
    // beyond every one of them.
    whole.cmp(&(float.trunc() as i128)).then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}
