//! Files of an author: read within a bound, refused in words.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result};

/// The bytes of a file of at most `bytes_max`.
///
/// # Errors
/// If it is not there, cannot be read, or is larger.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => Error::invalid(format!("There is no file {}.", path.display())),
        _ => Error::invalid(format!("{} cannot be read.", path.display())).with_cause(cause),
    };
    let mut bytes = Vec::new();
    // One more than fits tells that there is more.
    File::open(path).and_then(|file| file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > bytes_max {
        let most = if bytes_max < 1 << 10 { format!("{bytes_max} bytes") } else { format!("{} KiB", bytes_max >> 10) };
        return Err(Error::invalid(format!("{} has more than {most}.", path.display())));
    }
    Ok(bytes)
}

/// The same of a file that is text, without the byte order mark that some editors put before it.
///
/// # Errors
/// As [`read`], or if it is not UTF-8.
pub(crate) fn read_text(path: &Path, bytes_max: u64) -> Result<String> {
    let text = String::from_utf8(read(path, bytes_max)?).map_err(|_| Error::invalid(format!("{} is not UTF-8.", path.display())))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
