//! Bytes as text (RFC 4648). Only whether a text is that; nothing here decodes.

/// Whether a text is base64, in the standard alphabet or the one for URLs, but not in a mixture. Padding
/// may be missing, and white space of ASCII may stand anywhere: certificates are copied together with
/// their line breaks.
pub(super) fn is_base64(text: &str) -> bool {
    let mut digits = 0_usize;
    let mut paddings = 0_usize;
    let (mut is_standard, mut is_for_urls) = (false, false);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        match byte {
            b'=' => paddings += 1,
            _ if paddings > 0 => return false,
            b'+' | b'/' => is_standard = true,
            b'-' | b'_' => is_for_urls = true,
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        digits += usize::from(byte != b'=');
    }
    let is_whole = match digits % 4 {
        0 => paddings == 0,
        2 => paddings == 0 || paddings == 2,
        3 => paddings <= 1,
        _ => false,
    };
    is_whole && !(is_standard && is_for_urls)
}
