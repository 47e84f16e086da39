//! Cutting text.

/// The first bytes of a text, at most so many and whole characters.
pub(crate) fn start_of(text: &str, bytes_max: usize) -> &str {
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default()
}
