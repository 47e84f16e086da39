//! Hostile guests as text: each file of tests/guests/hostile, with what it says of itself.
//! What a file consists of is said in tests/guests/README.md.

use super::guest::{SAID, Said, guest_on};
use doorlist::policy::Tier;
use std::fs;
use std::path::Path;

/// One hostile guest.
pub struct Hostile {
    /// The plugin's name: that of its file, and of the world if there is one for each.
    pub name: String,
    /// The tier that it is uploaded to.
    pub tier: Tier,
    /// How far it comes.
    pub stopped_at: String,
    /// What stops it.
    pub stopped_by: String,
    /// What a person reads.
    pub says: String,
    /// The upload.
    pub wasm: Vec<u8>,
}

/// Every hostile guest of the directory, in the order of files.
pub fn all(directory: &Path) -> Vec<Hostile> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the directory can be read").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Hostile> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    assert!(path.extension().is_some_and(|end| end == "wat"), "{} is no text of a guest", path.display());
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut rest = text.as_str();
    let mut line = || {
        let (line, behind) = rest.strip_prefix(";; ")?.split_once('\n')?;
        rest = behind;
        Some(line)
    };
    assert!(line().is_some_and(|line| line.ends_with('.')), "{stem} begins with a sentence about what it does");
    let (mut bases, mut writes, mut tier, mut at, mut by, mut says) = (vec![], vec!["included"], Tier::Small, None, None, None);
    while let Some((word, value)) = line().map(|line| line.split_once(": ").unwrap_or((line, ""))) {
        match word {
            "base" => bases = value.split(", ").collect(),
            "writes" => writes = value.split(", ").collect(),
            "tier" => tier = if value == "large" { Tier::Large } else { panic!("{stem} wants a tier {value}, which nobody knows") },
            "stopped-at" => at = Some(value),
            "stopped-by" => by = Some(value),
            "says" => says = Some(value),
            other => panic!("{stem} says {other}, which nobody knows"),
        }
    }
    let (Some(at), Some(by), Some(says)) = (at, by, says) else {
        panic!("{stem} does not say where, by what and with which words it is stopped")
    };
    let text = repeated(rest);
    let made = |name: String, wasm| Hostile { name, tier, stopped_at: at.into(), stopped_by: by.into(), says: says.into(), wasm };
    if bases.is_empty() {
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{stem}: {error}"));
        return vec![made(stem.to_owned(), wasm)];
    }
    let code = places(&text);
    let name = |base: &str| {
        if bases.len() > 1 && base != "base.wat" { format!("{stem}-{}", base.trim_end_matches(".wat")) } else { stem.to_owned() }
    };
    let on = |base: &&str| made(name(base), guest_on(base, &Said { name: &name(base), writes: &writes, ..SAID }, &code));
    bases.iter().map(on).collect()
}

/// The text with what is to be repeated.
fn repeated(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        let Some((times, what)) = line.trim_start().strip_prefix(";;! repeat ").and_then(|repeat| repeat.split_once(' ')) else {
            whole.push_str(line);
            whole.push('\n');
            continue;
        };
        for n in 1..=times.parse::<u32>().unwrap_or_else(|error| panic!("{line}: {error}")) {
            whole.push_str(&what.replace("{n}", &n.to_string()).replace("{before}", &(n - 1).to_string()));
            whole.push('\n');
        }
    }
    whole
}

/// The code behind each place.
fn places(text: &str) -> Vec<(&str, &str)> {
    let mut parts = text.split(";;! ");
    assert_eq!(parts.next(), Some(""), "code stands behind a place");
    parts.map(|part| part.split_once('\n').unwrap_or((part, ""))).collect()
}
