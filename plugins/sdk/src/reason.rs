//! Words for reasons, which people read.

/// Names a reason spells out before it says how many more there are: a reason is one short sentence.
const NAMES_MAX: usize = 5;

/// Names in quotation marks with commas between: `"NB-", "Sales"`, and `, … (3 more)` after the fifth.
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(NAMES_MAX).map(|name| format!("\"{name}\"")).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{}, … ({more} more)", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn long_lists_are_cut() {
        for (names, text) in [
            (vec![], ""),
            (vec!["a"], r#""a""#),
            (vec!["a", "b", "c", "d", "e"], r#""a", "b", "c", "d", "e""#),
            (vec!["a", "b", "c", "d", "e", "f", "g"], r#""a", "b", "c", "d", "e", … (2 more)"#),
        ] {
            assert_eq!(quoted(names), text);
        }
    }
}
