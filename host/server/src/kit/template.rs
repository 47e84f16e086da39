//! What a new project begins as: the files of plugins/templates, which are in this executable, with the plugin's name in them.
//!
//! plugins/templates/README.md says which file comes from where; a test compares the two.

use std::fs;
use std::path::Path;

use super::project::Language;
use crate::error::{Error, Result};
use crate::policy::is_first_party;
use crate::policy::limits::NAME_BYTES_MAX;

/// A file of a project: where it goes, and what it says.
type File = (&'static str, &'static str);

macro_rules! from {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/", $path))
    };
}

/// The cases, which all languages share.
const CASES: [File; 3] = [
    ("cases/leaves.json", from!("templates/cases/leaves.json")),
    ("cases/refuses.json", from!("templates/cases/refuses.json")),
    ("cases/suspends.json", from!("templates/cases/suspends.json")),
];

const RUST: [File; 15] = [
    (".cargo/config.toml", from!("templates/rust/.cargo/config.toml")),
    (".gitignore", from!("templates/rust/.gitignore")),
    ("Cargo.toml", from!("templates/rust/Cargo.toml")),
    ("README.md", from!("templates/rust/README.md")),
    ("doorlist-plugin.json", from!("templates/rust/doorlist-plugin.json")),
    ("doorlist-sdk/Cargo.toml", from!("templates/rust/doorlist-sdk/Cargo.toml")),
    ("doorlist-sdk/src/bindings.rs", from!("sdk/src/bindings.rs")),
    ("doorlist-sdk/src/construct.rs", from!("sdk/src/construct.rs")),
    ("doorlist-sdk/src/lib.rs", from!("sdk/src/lib.rs")),
    ("doorlist-sdk/src/log.rs", from!("sdk/src/log.rs")),
    ("doorlist-sdk/src/pointer.rs", from!("sdk/src/pointer.rs")),
    ("doorlist-sdk/src/policy.rs", from!("sdk/src/policy.rs")),
    ("doorlist-sdk/src/reason.rs", from!("sdk/src/reason.rs")),
    ("src/lib.rs", from!("templates/rust/src/lib.rs")),
    ("wit/policy.wit", from!("wit/policy.wit")),
];

const TYPESCRIPT: [File; 9] = [
    (".gitignore", from!("templates/typescript/.gitignore")),
    ("README.md", from!("templates/typescript/README.md")),
    ("doorlist-plugin.json", from!("templates/typescript/doorlist-plugin.json")),
    ("lib/doorlist.ts", from!("typescript/doorlist.ts")),
    ("package.json", from!("templates/typescript/package.json")),
    ("src/policy.ts", from!("templates/typescript/src/policy.ts")),
    ("test/policy.test.ts", from!("templates/typescript/test/policy.test.ts")),
    ("tsconfig.json", from!("templates/typescript/tsconfig.json")),
    ("wit/policy.wit", from!("wit/policy.wit")),
];

const PYTHON: [File; 8] = [
    (".gitignore", from!("templates/python/.gitignore")),
    ("README.md", from!("templates/python/README.md")),
    ("doorlist-plugin.json", from!("templates/python/doorlist-plugin.json")),
    ("lib/doorlist.py", from!("python/doorlist.py")),
    ("requirements.txt", from!("templates/python/requirements.txt")),
    ("src/policy.py", from!("templates/python/src/policy.py")),
    ("test/test_policy.py", from!("templates/python/test/test_policy.py")),
    ("wit/policy.wit", from!("wit/policy.wit")),
];

const C: [File; 6] = [
    (".gitignore", from!("templates/c/.gitignore")),
    ("README.md", from!("templates/c/README.md")),
    ("doorlist-plugin.json", from!("templates/c/doorlist-plugin.json")),
    ("lib/doorlist.h", from!("c/doorlist.h")),
    ("src/policy.c", from!("templates/c/src/policy.c")),
    ("test/policy_test.c", from!("templates/c/test/policy_test.c")),
];

/// Names that a type of a template must not have, since the template has them already.
const TYPES_TAKEN: [&str; 16] = [
    "Attribute",
    "Deserialize",
    "Err",
    "JsonSchema",
    "None",
    "Ok",
    "Option",
    "Policy",
    "Problem",
    "Self",
    "Settings",
    "Some",
    "Titles",
    "User",
    "Value",
    "Vec",
];

/// What cargo takes for no package: words of the language, and what every project builds on.
const PACKAGES_TAKEN: [&str; 64] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "doorlist-sdk",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "schemars",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "wit-bindgen",
    "yield",
];

fn files(language: Language) -> impl Iterator<Item = File> {
    let own: &[File] = match language {
        Language::Rust => &RUST,
        Language::TypeScript => &TYPESCRIPT,
        Language::Python => &PYTHON,
        Language::C => &C,
    };
    own.iter().chain(&CASES).copied()
}

/// Writes a new project into `directory`, which must not be there yet. Nothing is left of a project that could not be written whole.
///
/// # Errors
/// If the name is none for a plugin, something is at `directory`, or the disk refuses.
pub fn write(directory: &Path, name: &str, language: Language) -> Result<()> {
    check_name(name, language)?;
    let failed = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => Error::conflict(format!("{} is there already, and is left as it is.", directory.display())),
        _ => Error::invalid(format!("{} cannot be written.", directory.display())).with_cause(cause),
    };
    fs::create_dir(directory).map_err(failed)?;
    let written = files(language).try_for_each(|(path, text)| {
        let path = directory.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, filled(text, name))
    });
    written.map_err(|cause| {
        // What made it incomplete is told; that it could not be removed either is not news.
        let _ = fs::remove_dir_all(directory);
        failed(cause)
    })
}

fn check_name(name: &str, language: Language) -> Result<()> {
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase());
    let spelled = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !starts || !spelled || name.len() > NAME_BYTES_MAX {
        let message =
            format!("The name {name:?} is not of up to {NAME_BYTES_MAX} lower-case letters, digits and hyphens, with a letter first.");
        return Err(Error::invalid(message));
    }
    if is_first_party(name) {
        return Err(Error::invalid(format!("Doorlist comes with a plugin {name}. Yours needs another name.")));
    }
    if language == Language::Rust && PACKAGES_TAKEN.contains(&name) {
        return Err(Error::invalid(format!("A Rust package cannot have the name {name:?}; choose another.")));
    }
    Ok(())
}

/// A text with the name in place of what stands for it.
fn filled(text: &str, name: &str) -> String {
    text.replace("{{name}}", name).replace("{{type}}", &type_name(name))
}

/// The name's words, each with a capital, in one.
fn type_name(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    let made: String = name.split('-').map(capital).collect();
    if TYPES_TAKEN.contains(&made.as_str()) { format!("{made}Policy") } else { made }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const LANGUAGES: [Language; 4] = [Language::Rust, Language::TypeScript, Language::Python, Language::C];

    #[test]
    fn names_become_types() {
        for (name, expected) in [
            ("late-shift", "LateShift"),
            ("x", "X"),
            ("a9-b", "A9B"),
            ("a--b-", "AB"),
            ("policy", "PolicyPolicy"),
            ("self", "SelfPolicy"),
            ("user", "UserPolicy"),
        ] {
            assert_eq!(type_name(name), expected, "{name}");
        }
    }

    #[test]
    fn names_are_those_of_plugins() {
        let long = "n".repeat(65);
        for (name, rust, c) in [
            ("late-shift", true, true),
            ("serde", false, true),
            ("struct", false, true),
            ("rules", false, false),
            ("", false, false),
            ("Late", false, false),
            ("9a", false, false),
            ("a b", false, false),
            ("../a", false, false),
            ("a/b", false, false),
            ("ä", false, false),
            (&long, false, false),
        ] {
            assert_eq!(check_name(name, Language::Rust).is_ok(), rust, "{name}");
            assert_eq!(check_name(name, Language::C).is_ok(), c, "{name}");
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for language in LANGUAGES {
            let mut named = 0;
            for (path, text) in files(language) {
                let filled = filled(text, "late-shift");
                assert!(!["{{name", "{{type", "{{crate"].iter().any(|mark| filled.contains(mark)), "{path}");
                assert!(filled.is_ascii() || !path.ends_with(".json"), "{path}");
                named += usize::from(filled != text);
            }
            assert!(named >= 3, "{language}: {named}");
            assert!(
                files(language).any(|(path, text)| path == "README.md" && text.lines().count() <= 32),
                "{language}: a README of one screen"
            );
        }
    }

    /// Every file of the templates, and of the SDK, is in some project under the path that it has there.
    #[test]
    fn every_file_of_the_templates_is_written() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let directories =
            [("rust", Language::Rust), ("typescript", Language::TypeScript), ("python", Language::Python), ("c", Language::C)];
        for (directory, language) in directories {
            let mut there: BTreeSet<String> = under(&plugins.join("templates").join(directory), "");
            there.extend(under(&plugins.join("templates/cases"), "cases/"));
            let (library, prefix) = match language {
                Language::Rust => ("sdk/src", "doorlist-sdk/src/"),
                Language::TypeScript => ("typescript", "lib/"),
                Language::Python => ("python", "lib/"),
                Language::C => ("c", "lib/"),
            };
            there.extend(under(&plugins.join(library), prefix).into_iter().filter(|path| is_library(path)));
            if language != Language::C {
                there.insert("wit/policy.wit".to_owned());
            }
            let written: BTreeSet<String> = files(language).map(|(path, _)| path.to_owned()).collect();
            assert_eq!(written, there, "{language}: kit/template.rs lists what plugins/templates has");
        }
    }

    /// Whether a file beside a library belongs to it, and not to its tests.
    fn is_library(path: &str) -> bool {
        path.starts_with("doorlist-sdk/") || ["lib/doorlist.ts", "lib/doorlist.py", "lib/doorlist.h"].contains(&path)
    }

    fn under(directory: &Path, prefix: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                found.extend(under(&entry.path(), &format!("{name}/")));
            } else {
                found.insert(name);
            }
        }
        found
    }

    /// A project's SDK builds on what the repository's builds on.
    #[test]
    fn the_sdk_has_one_list_of_dependencies() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let sdk = fs::read_to_string(root.join("plugins/sdk/Cargo.toml")).unwrap();
        let copy = from!("templates/rust/doorlist-sdk/Cargo.toml");
        let (_, listed) = copy.split_once("[dependencies]\n").unwrap();
        let names: Vec<&str> = listed.lines().filter_map(|line| line.split_once(" = ").map(|(name, _)| name)).collect();
        let (_, own) = sdk.split_once("[dependencies]\n").unwrap();
        let own: Vec<&str> = own.lines().filter_map(|line| line.split_once(".workspace").map(|(name, _)| name)).collect();
        assert_eq!(names, own);
        let version = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap().to_owned();
            line.split('"').nth(1).unwrap().to_owned()
        };
        for name in names {
            assert_eq!(version(listed, name), version(&workspace, name), "{name}");
        }
    }
}
