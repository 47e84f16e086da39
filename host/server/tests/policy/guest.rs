//! Guests made of tests/guests, so that no test needs another compiler.

/// A well-behaved plugin with places for other code.
const BASE: &str = include_str!("../../../../tests/guests/base.wat");
/// The same in world `policy-json`.
const BASE_JSON: &str = include_str!("../../../../tests/guests/base-json.wat");
/// A component that imports WASI, with a place for other code in `user`.
const BASE_WASI: &str = include_str!("../../../../tests/guests/wasi.wat");
/// Where that has room for an answer of a test.
const ANSWER_AT: u32 = 4096;
/// Where the bases expect the manifest.
const MANIFEST_AT: u32 = 1024;
/// Bytes of the manifest record: six pairs of address and length.
const RECORD_BYTES: u32 = 48;

/// What a guest says of itself.
pub struct Said<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub schema: &'a str,
    pub reads: &'a [&'a str],
    pub writes: &'a [&'a str],
}

/// A guest that may change whether an item is included, and takes any settings.
pub const SAID: Said<'static> = Said { name: "hostile", version: "1.0.0", schema: "{}", reads: &["id"], writes: &["included"] };

/// The base with a manifest and with code put at its places.
pub fn guest(said: &Said<'_>, code: &[(&str, &str)]) -> Vec<u8> {
    assemble(BASE.replace(";;! manifest", &manifest(said)), code)
}

/// The base of world `policy-json` with this manifest and with code put at its places.
pub fn json_guest(manifest: &str, code: &[(&str, &str)]) -> Vec<u8> {
    assemble(json_text(manifest, ""), code)
}

/// The component that imports WASI, with a manifest and with code put at its places.
pub fn wasi_guest(said: &Said<'_>, code: &[(&str, &str)]) -> Vec<u8> {
    let manifest = json_manifest(said);
    let data = format!("(data (i32.const {MANIFEST_AT}) {})", quoted(&manifest));
    assemble(BASE_WASI.replace("MANIFEST_BYTES", &manifest.len().to_string()).replace(";;! manifest", &data), code)
}

/// The base in a file of tests/guests with code put at its places, where `user` and `group` are the functions that are asked about them.
pub fn guest_on(base: &str, said: &Said<'_>, code: &[(&str, &str)]) -> Vec<u8> {
    let typed = |place| match place {
        "user" => "project-user",
        "group" => "project-group",
        other => other,
    };
    match base {
        "base.wat" => guest(said, &code.iter().map(|(place, code)| (typed(*place), *code)).collect::<Vec<_>>()),
        "base-json.wat" => json_guest(&json_manifest(said), code),
        "wasi.wat" => wasi_guest(said, code),
        other => panic!("there is no base {other}"),
    }
}

/// A guest of world `policy-json` that gives this answer at one place.
pub fn json_answering(place: &str, answer: &str) -> Vec<u8> {
    let code = format!("(return (call $answer (i32.const {ANSWER_AT}) (i32.const {})))", answer.len());
    assemble(json_text(&json_manifest(&SAID), answer), &[(place, &code)])
}

fn json_text(manifest: &str, answer: &str) -> String {
    let texts = format!("(data (i32.const {MANIFEST_AT}) {}) (data (i32.const {ANSWER_AT}) {})", quoted(manifest), quoted(answer));
    BASE_JSON.replace("MANIFEST_BYTES", &manifest.len().to_string()).replace(";;! texts", &texts)
}

/// What a guest says of itself as JSON.
pub fn json_manifest(said: &Said<'_>) -> String {
    let Said { name, version, schema, reads, writes } = said;
    let schema: serde_json::Value = serde_json::from_str(schema).expect("a JSON Schema");
    serde_json::json!({"name": name, "version": version, "settingsSchema": schema, "reads": reads, "writes": writes}).to_string()
}

fn quoted(text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!("\"{bytes}\"")
}

fn assemble(mut text: String, code: &[(&str, &str)]) -> Vec<u8> {
    for (place, code) in code {
        let marker = format!(";;! {place}\n");
        assert!(text.contains(&marker), "the base has a place {place}");
        text = text.replace(&marker, &format!("{code}\n"));
    }
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// The well-behaved guest with code at one place.
pub fn hostile(place: &str, code: &str) -> Vec<u8> {
    guest(&SAID, &[(place, code)])
}

/// The data of the manifest record, laid out by the canonical ABI.
fn manifest(said: &Said<'_>) -> String {
    let mut record = Vec::new();
    let mut rest = Vec::new();
    let end = |rest: &Vec<u8>| MANIFEST_AT + RECORD_BYTES + u32::try_from(rest.len()).unwrap();
    for text in [said.name, said.version, "A guest of the tests.", said.schema] {
        put(&mut record, end(&rest), text.len());
        rest.extend_from_slice(text.as_bytes());
    }
    for words in [said.reads, said.writes] {
        let mut list = Vec::new();
        for word in words {
            put(&mut list, end(&rest), word.len());
            rest.extend_from_slice(word.as_bytes());
        }
        rest.resize(rest.len().next_multiple_of(4), 0);
        put(&mut record, end(&rest), words.len());
        rest.extend_from_slice(&list);
    }
    record.extend_from_slice(&rest);
    let bytes: String = record.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(data (i32.const {MANIFEST_AT}) \"{bytes}\")")
}

fn put(record: &mut Vec<u8>, address: u32, length: usize) {
    record.extend_from_slice(&address.to_le_bytes());
    record.extend_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
}
