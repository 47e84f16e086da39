//! The file: JSON lines. First what the tenant is, then what [`directory::Recorded`](crate::directory::Recorded) has, in its order, and a last line by which a file that was cut is
//! told from a whole one.
//!
//! Written and read line by line, so a large tenant takes no more memory than a small one. Knows nothing of what is done with the lines.

use std::io::{BufRead, Read, Write};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::admin::connections::Provider;
use crate::admin::plugins::limits::PluginLimits;
use crate::admin::schemas::Extended;
use crate::clock::Timestamp;
use crate::directory::Recorded;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{RECORDING_BYTES_MAX, RECORDING_LINE_BYTES_MAX, RECORDING_LINES_MAX};

/// The version of the file's form. One with another is refused rather than misread.
pub const VERSION: u64 = 1;

/// What the tenant is: the first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// That it is this line.
    #[serde(rename = "type")]
    pub kind: HeaderKind,
    /// Version of the file's form: 1.
    pub version: u64,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Whether names were replaced.
    pub names: Names,
    /// The tenant.
    pub tenant: RecordedTenant,
    /// The tenant's own schemas, in the order in which they were added.
    pub schemas: Vec<RecordedSchema>,
    /// The connections, in the order in which they were made.
    pub connections: Vec<RecordedConnection>,
}

/// The type of the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HeaderKind {
    /// What the tenant is.
    #[default]
    Recording,
}

/// What became of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Names {
    /// They are other ones, each the same wherever it stands.
    Replaced,
    /// They are as they were.
    Kept,
}

/// What of a tenant matters to a projection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedTenant {
    /// Its id, from which the ids of groups are made that policies name.
    pub id: Id,
    /// The roles that its members can have.
    pub roles: Vec<String>,
    /// The role that new members get.
    pub default_role: String,
    /// What its plugins may cost.
    #[serde(default)]
    pub plugin_limits: PluginLimits,
}

/// A schema of the tenant's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedSchema {
    /// The resource types that it extends.
    pub extends: Vec<Extended>,
    /// Whether a resource must have it.
    pub required: bool,
    /// The schema (RFC 7643 section 7).
    pub schema: Map<String, Value>,
}

/// What policies know of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedConnection {
    /// Its id.
    pub id: Id,
    /// Whose client it is.
    pub provider: Provider,
    /// What operators call it.
    pub name: String,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct End {
    /// That it is this line.
    #[serde(rename = "type")]
    pub kind: EndKind,
    /// Lines between the first one and this.
    pub lines: u64,
    /// Whether the directory followed inventory and pipeline, and nothing moved while it was recorded. If not, the same pipeline may make differences.
    pub settled: bool,
}

/// The type of the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EndKind {
    /// That there is no more.
    #[default]
    End,
}

/// A line, for those who want to read a file by its JSON Schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(title = "A line of a recording")]
#[allow(dead_code, reason = "only its JSON Schema is wanted")]
enum Line {
    /// The first one.
    First(Header),
    /// Those between.
    Between(Recorded),
    /// The last one.
    Last(End),
}

/// Writes a recording.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Writer<W> {
    /// One that has written the first line.
    ///
    /// # Errors
    /// If `out` refuses.
    pub fn begin(out: W, header: &Header) -> Result<Self> {
        let mut writer = Self { out, lines: 0 };
        writer.put(header)?;
        Ok(writer)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// If `out` refuses, or there would be more lines than a rehearsal takes.
    pub fn write(&mut self, recorded: &Recorded) -> Result<()> {
        self.lines += 1;
        if self.lines > RECORDING_LINES_MAX {
            return Err(too_many());
        }
        self.put(recorded)
    }

    /// Writes the last line, and gives what it was written to. `settled` says whether the tenant was at rest.
    ///
    /// # Errors
    /// If `out` refuses.
    pub fn finish(mut self, settled: bool) -> Result<W> {
        let end = End { kind: EndKind::End, lines: self.lines, settled };
        self.put(&end)?;
        self.out.flush().map_err(unwritable)?;
        Ok(self.out)
    }

    fn put(&mut self, line: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(Error::internal)?;
        bytes.push(b'\n');
        self.out.write_all(&bytes).map_err(unwritable)
    }
}

fn unwritable(cause: std::io::Error) -> Error {
    Error::invalid("The recording cannot be written.").with_cause(cause)
}

fn too_many() -> Error {
    Error::invalid(format!("A recording has at most {RECORDING_LINES_MAX} lines."))
}

/// Reads a recording.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    header: Header,
    /// The number of the line that was read last; the first is 1.
    line: u64,
    bytes: u64,
    settled: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// If it is not that of a recording, or one of another version.
    pub fn begin(mut input: R) -> Result<Self> {
        let bytes = read_line(&mut input, 1)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| Error::invalid("This is no recording."))?;
        if value.get("type").and_then(Value::as_str) != Some("recording") {
            return Err(Error::invalid("This is no recording."));
        }
        match value.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => {
                return Err(Error::invalid(format!(
                    "The recording has version {other}; this version of Doorlist reads version {VERSION}."
                )));
            }
            None => return Err(Error::invalid("The recording says no version.")),
        }
        Ok(Self { header: read(value, 1)?, input, line: 1, bytes: bytes.len() as u64, settled: false })
    }

    /// What the tenant is.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the tenant was at rest while it was recorded. Known behind the last line.
    pub fn settled(&self) -> bool {
        self.settled
    }

    /// The next line with its number; `None` behind the last one.
    ///
    /// # Errors
    /// If it is none of a recording, or the file ends without its last line or has more behind it.
    pub fn next_line(&mut self) -> Result<Option<(u64, Recorded)>> {
        self.line += 1;
        let number = self.line;
        let bytes = read_line(&mut self.input, number)?;
        self.bytes += bytes.len() as u64;
        if bytes.is_empty() {
            return Err(Error::invalid(format!("The recording ends behind line {} without saying so: it was cut.", number - 1)));
        }
        if number > RECORDING_LINES_MAX + 2 {
            return Err(too_many());
        }
        if self.bytes > RECORDING_BYTES_MAX {
            return Err(Error::invalid(format!("A recording has at most {} MiB.", RECORDING_BYTES_MAX >> 20)));
        }
        let value: Value = serde_json::from_slice(&bytes).map_err(|cause| at_line(number, &format!("It is not JSON: {cause}.")))?;
        if value.get("type").and_then(Value::as_str) != Some("end") {
            return Ok(Some((number, read(value, number)?)));
        }
        let end: End = read(value, number)?;
        if end.lines != number - 2 {
            return Err(at_line(
                number,
                &format!("There should be {} lines before the last one, and there are {}.", end.lines, number - 2),
            ));
        }
        if !read_line(&mut self.input, number + 1)?.is_empty() {
            return Err(at_line(number + 1, "There is something behind the end."));
        }
        self.settled = end.settled;
        Ok(None)
    }
}

/// What is wrong with a line.
pub(super) fn at_line(line: u64, what: &str) -> Error {
    Error::invalid(format!("Line {line} of the recording: {what}"))
}

fn read<T: DeserializeOwned>(value: Value, line: u64) -> Result<T> {
    serde_json::from_value(value).map_err(|cause| at_line(line, &format!("It is not what it should be: {cause}.")))
}

/// A line with its end; empty behind the last one.
fn read_line(input: &mut impl BufRead, number: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let failed = |cause| Error::invalid("The recording cannot be read.").with_cause(Box::new(cause));
    input.take(RECORDING_LINE_BYTES_MAX + 1).read_until(b'\n', &mut bytes).map_err(failed)?;
    if bytes.len() as u64 > RECORDING_LINE_BYTES_MAX {
        return Err(at_line(number, &format!("It has more than {} MiB.", RECORDING_LINE_BYTES_MAX >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;
    use serde_json::json;

    use super::*;

    /// The copy for whoever makes or reads recordings, beside the sources.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/recording.schema.json");

    #[test]
    fn the_recordings_schema_has_a_copy_that_says_the_same() {
        let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Line>();
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(COPY, &text).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap_or_default();
        assert!(copy == text, "schemas/recording.schema.json is out of date: run the tests once with UPDATE=1");
    }

    fn header() -> Value {
        json!({"type": "recording", "version": 1, "recorded": "2026-01-02T03:04:05.000Z", "names": "kept", "schemas": [],
            "tenant": {"id": "01890a5d-ac96-774b-bcce-b302099a8057", "roles": ["user"], "defaultRole": "user"}, "connections": []})
    }

    fn lines(lines: &[Value]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Reads to the end; the number of lines between the first and the last.
    fn read_all(text: &str) -> Result<u64> {
        let mut reader = Reader::begin(text.as_bytes())?;
        let mut count = 0;
        while reader.next_line()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn what_is_written_is_read() {
        let header: Header = serde_json::from_value(header()).unwrap();
        let line = Recorded::Memberships { group: header.tenant.id, members: vec![header.tenant.id] };
        let mut writer = Writer::begin(Vec::new(), &header).unwrap();
        writer.write(&line).unwrap();
        let bytes = writer.finish(true).unwrap();
        let mut reader = Reader::begin(bytes.as_slice()).unwrap();
        assert_eq!(*reader.header(), header);
        assert_eq!(reader.next_line().unwrap(), Some((2, line)));
        assert_eq!((reader.next_line().unwrap(), reader.settled()), (None, true));
    }

    #[test]
    fn a_broken_file_is_refused_with_the_line() {
        let group = json!({"type": "memberships", "group": "01890a5d-ac96-774b-bcce-b302099a8057", "members": []});
        let end = |lines: u64| json!({"type": "end", "lines": lines, "settled": true});
        assert_eq!(read_all(&lines(&[header(), group.clone(), end(1)])).unwrap(), 1);
        let mut other = header();
        other["version"] = json!(2);
        let mut odd = header();
        odd["nonsense"] = json!(1);
        for (text, expected) in [
            (String::new(), "This is no recording."),
            ("{}\n".to_owned(), "This is no recording."),
            (lines(&[other]), "has version 2"),
            (lines(&[odd]), "Line 1 of the recording"),
            (lines(&[header()]), "ends behind line 1"),
            (lines(&[header(), group.clone()]), "ends behind line 2"),
            (lines(&[header(), end(1)]), "There should be 1 lines"),
            (lines(&[header(), group.clone(), end(1), group.clone()]), "Line 4 of the recording: There is something behind"),
            (lines(&[header(), json!({"type": "nonsense"}), end(1)]), "Line 2 of the recording"),
            (lines(&[header(), json!({"type": "memberships", "group": "x", "members": []}), end(1)]), "Line 2 of the recording"),
            (format!("{}{{\n", lines(&[header()])), "Line 2 of the recording: It is not JSON"),
            (format!("{}{}", lines(&[header()]), "x".repeat(5 << 20)), "Line 2 of the recording: It has more than 4 MiB."),
        ] {
            let refused = read_all(&text).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused} and not {expected}");
        }
    }
}
