//! Names replaced: every text of a recording that may say who somebody is becomes another one, the same wherever it stands.
//!
//! A text is replaced word by word, so that what is put together of names still is: a name to show of first and last name, an address of both. What stands between words
//! and which letters are capitals stays. A word's other is a keyed digest of it whose key is forgotten, so nobody finds the way back by trying names. Knows nothing of files.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use doorlist_scim::schema::fold_case;
use doorlist_scim::{AttrPath, ResourceType};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::clock::Timestamp;
use crate::directory::{Group, Member, Recorded};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{RECORDED_PATHS_MAX, REPLACED_TIME_MS_MAX};

/// Attributes of users that are kept unless somebody says otherwise: what policies decide by, and what says of nobody who it is.
pub const KEPT_OF_USERS: [&str; 22] = [
    "schemas",
    "id",
    "meta",
    "active",
    "title",
    "userType",
    "locale",
    "preferredLanguage",
    "timezone",
    "roles",
    "entitlements",
    "emails.type",
    "phoneNumbers.type",
    "ims.type",
    "photos.type",
    "addresses.type",
    "x509Certificates.type",
    "addresses.country",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
];

/// The same of groups, beside their names.
pub const KEPT_OF_GROUPS: [&str; 3] = ["schemas", "id", "meta"];

/// The user's manager, who is named by a SCIM id.
const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value";

/// What is replaced, where somebody chose.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Whether names of groups are replaced.
    pub group_names: bool,
    /// Whether the domains of e-mail addresses are replaced.
    pub email_domains: bool,
    /// Attributes of users and groups that are kept, with everything below them.
    pub keep: Vec<String>,
    /// The same of those that are replaced.
    pub replace: Vec<String>,
}

/// Replaces names.
pub struct Replacer {
    key: [u8; 32],
    email_domains: bool,
    users: Kind,
    groups: Kind,
    /// Paths that somebody chose, that no schema knows, and that nothing has had so far.
    unknown: RefCell<BTreeSet<String>>,
}

/// How one resource type is replaced.
struct Kind {
    scim: ResourceType,
    /// Whether what stands at a path in lower case is kept, unless a longer path says otherwise.
    kept: BTreeMap<String, bool>,
}

/// What a word is made of, and so its other.
#[derive(Clone, Copy)]
enum Letters {
    Digits,
    Syllables,
    Mixed,
}

impl Replacer {
    /// One with a key of its own. `users` and `groups` have the tenant's schemas.
    ///
    /// # Errors
    /// If there are more than [`RECORDED_PATHS_MAX`] choices, or one of them is blank; if the system gives no random numbers.
    pub fn new(users: ResourceType, groups: ResourceType, choices: &Choices) -> Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|cause| Error::internal(cause.to_string()))?;
        Self::with_key(key, users, groups, choices)
    }

    fn with_key(key: [u8; 32], users: ResourceType, groups: ResourceType, choices: &Choices) -> Result<Self> {
        let chosen = choices.keep.iter().map(|path| (path, true)).chain(choices.replace.iter().map(|path| (path, false)));
        let chosen: Vec<(String, bool)> = chosen.map(|(path, keep)| (path.trim().to_ascii_lowercase(), keep)).collect();
        if chosen.len() > RECORDED_PATHS_MAX || chosen.iter().any(|(path, _)| path.is_empty()) {
            return Err(Error::invalid(format!(
                "Up to {RECORDED_PATHS_MAX} attributes can be named to be kept or replaced, and none by a blank."
            )));
        }
        let kind = |scim, kept: &[&str]| {
            let kept = kept.iter().map(|path| (path.to_ascii_lowercase(), true));
            Kind { scim, kept: kept.chain(chosen.iter().cloned()).collect() }
        };
        let mut groups = kind(groups, &KEPT_OF_GROUPS);
        groups.kept.insert("displayname".to_owned(), !choices.group_names);
        let users = kind(users, &KEPT_OF_USERS);
        let is_known = |path: &String| [&users, &groups].into_iter().any(|kind| AttrPath::parse(path, &kind.scim).is_ok());
        let unknown = chosen.iter().map(|(path, _)| path.clone()).filter(|path| !is_known(path)).collect();
        Ok(Self { key, email_domains: choices.email_domains, users, groups, unknown: RefCell::new(unknown) })
    }

    /// The paths that somebody chose and that mean nothing: no schema knows them, and nothing that was replaced so far has them.
    pub fn unknown(&self) -> Vec<String> {
        self.unknown.borrow().iter().cloned().collect()
    }

    /// Replaces the names of one item.
    pub fn replace(&self, recorded: &mut Recorded) {
        match recorded {
            Recorded::User { resource, .. } => self.resource(&self.users, resource),
            Recorded::Group { resource, .. } => self.resource(&self.groups, resource),
            Recorded::Member { user_name, display_name, member, .. } => {
                self.at(&self.users, "username", user_name);
                self.at(&self.users, "displayname", display_name);
                self.member(member);
            }
            Recorded::DirectoryGroup { group } => {
                let Group { external_id, display_name, .. } = group;
                self.at(&self.groups, "displayname", display_name);
                external_id.iter_mut().for_each(|id| self.at(&self.groups, "externalid", id));
            }
            Recorded::Members { .. } | Recorded::Memberships { .. } => {}
        }
    }

    fn member(&self, member: &mut Member) {
        let Member { external_id, user_name, display_name, email, attributes, .. } = member;
        self.at(&self.users, "username", user_name);
        self.at(&self.users, "displayname", display_name);
        external_id.iter_mut().for_each(|id| self.at(&self.users, "externalid", id));
        email.iter_mut().for_each(|email| self.at(&self.users, "emails.value", email));
        self.resource(&self.users, attributes);
    }

    fn at(&self, kind: &Kind, path: &str, text: &mut String) {
        if !kind.keeps(path, text) {
            *text = self.text(text);
        }
    }

    fn resource(&self, kind: &Kind, resource: &mut Map<String, Value>) {
        self.object(kind, "", None, resource);
    }

    /// `separator` stands between the path of the object and a name in it: none at the top, a colon within an extension, elsewhere a dot.
    fn object(&self, kind: &Kind, path: &str, separator: Option<char>, object: &mut Map<String, Value>) {
        for (name, mut value) in std::mem::take(object) {
            // Never stored, and never written.
            if name.eq_ignore_ascii_case("password") {
                continue;
            }
            let lower = name.to_ascii_lowercase();
            let (below, next) = match separator {
                None if lower.contains(':') => (lower, ':'),
                None => (lower, '.'),
                Some(separator) => (format!("{path}{separator}{lower}"), '.'),
            };
            self.value(kind, &below, next, &mut value);
            // Borrowed for this statement alone.
            self.unknown.borrow_mut().remove(&below);
            // A key that is no attribute's name is text like any other.
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$-_.:".contains(&byte));
            object.insert(if is_name || kind.chosen(&below) == Some(true) { name } else { self.text(&name) }, value);
        }
    }

    fn value(&self, kind: &Kind, path: &str, separator: char, value: &mut Value) {
        match value {
            Value::Object(object) => self.object(kind, path, Some(separator), object),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(kind, path, separator, item)),
            Value::String(text) => self.at(kind, path, text),
            Value::Number(number) if kind.chosen(path) != Some(true) => {
                let (digest, is_decimal) = (self.digest(b'#', &number.to_string()), number.is_f64());
                let half = || f64::from(u32::try_from(digest >> 32).unwrap_or_default()) + 0.5;
                *value = if is_decimal { Value::from(half()) } else { Value::from(digest % NUMBERS) };
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    /// The other of a text.
    fn text(&self, text: &str) -> String {
        if Timestamp::parse(text).is_some() {
            // Within a century, so that it is one still.
            let millis = i64::try_from(self.digest(b'@', text) % REPLACED_TIME_MS_MAX).unwrap_or_default();
            return Timestamp::from_millis(millis).to_string();
        }
        if let Some((local, domain)) = text.split_once('@').filter(|(_, domain)| is_domain(domain) && !self.email_domains) {
            return format!("{}@{domain}", self.words(local));
        }
        self.words(text)
    }

    fn words(&self, text: &str) -> String {
        let (mut replaced, mut word) = (String::with_capacity(2 * text.len()), String::new());
        for letter in text.chars() {
            // Beyond ASCII nobody knows what only joins words.
            if letter.is_ascii_alphanumeric() || (!letter.is_ascii() && !letter.is_whitespace()) {
                word.push(letter);
                continue;
            }
            self.word(&mut word, &mut replaced);
            replaced.push(letter);
        }
        self.word(&mut word, &mut replaced);
        replaced
    }

    /// Appends the other of a word, with capitals where the word has them.
    fn word(&self, word: &mut String, out: &mut String) {
        if word.is_empty() {
            return;
        }
        let letters = match (word.chars().any(|letter| letter.is_ascii_digit()), word.chars().all(|letter| letter.is_ascii_digit())) {
            (_, true) => Letters::Digits,
            (true, false) => Letters::Mixed,
            (false, false) => Letters::Syllables,
        };
        let other = spell(self.digest(letters as u8, &fold_case(word)), letters);
        let mut shape = word.chars();
        let mut capital = false;
        for letter in other.chars() {
            // The last one goes on.
            capital = shape.next().map_or(capital, char::is_uppercase);
            out.push(if capital { letter.to_ascii_uppercase() } else { letter });
        }
        word.clear();
    }

    fn digest(&self, purpose: u8, text: &str) -> u64 {
        // A key of any length is one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return 0 };
        mac.update(&[purpose]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().first_chunk().copied().map_or(0, u64::from_be_bytes)
    }
}

impl Kind {
    /// What somebody chose for a path: the longest that it begins with.
    fn chosen(&self, path: &str) -> Option<bool> {
        let ends = path.match_indices(['.', ':']).map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| self.kept.get(path.get(..end)?)).last().copied()
    }

    /// Whether a text at a path is kept.
    fn keeps(&self, path: &str, text: &str) -> bool {
        if let Some(chosen) = self.chosen(path) {
            return chosen;
        }
        if path == MANAGER {
            return text.parse::<Id>().is_ok();
        }
        let known = AttrPath::parse(path, &self.scim).ok();
        let attribute = known.as_ref().and_then(|path| self.scim.attribute(path));
        attribute.is_some_and(|attribute| attribute.canonical_values.iter().any(|value| value.eq_ignore_ascii_case(text)))
    }
}

/// Whole numbers that others become: those that a double holds.
const NUMBERS: u64 = 1_000_000_000_000_000;

/// Whether text looks like a domain.
fn is_domain(text: &str) -> bool {
    text.contains('.') && !text.starts_with('.') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
}

/// A number in letters: long enough that no two words of a large tenant become the same.
fn spell(mut digest: u64, letters: Letters) -> String {
    const CONSONANTS: &[u8] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8] = b"aeiou";
    let (alphabets, length): (&[&[u8]], usize) = match letters {
        Letters::Digits => (&[b"0123456789"], 15),
        Letters::Syllables => (&[CONSONANTS, VOWELS], 16),
        Letters::Mixed => (&[b"abcdefghijkmnpqrstuvwxyz23456789"], 12),
    };
    let mut text = String::with_capacity(length);
    for alphabet in alphabets.iter().cycle().take(length) {
        let size = alphabet.len() as u64;
        text.extend(usize::try_from(digest % size).ok().and_then(|at| alphabet.get(at)).map(|letter| char::from(*letter)));
        digest /= size;
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn replacer(choices: &Choices) -> Replacer {
        let types = [ResourceType::user(), ResourceType::group()].map(|kind| ResourceType::clone(kind));
        let [users, groups] = types;
        Replacer::with_key([7; 32], users, groups, choices).unwrap()
    }

    fn replaced(choices: &Choices, resource: Value) -> Value {
        let connection = Id::from_bytes([1; 16]);
        let mut user = Recorded::User { connection, resource: resource.as_object().unwrap().clone() };
        replacer(choices).replace(&mut user);
        match user {
            Recorded::User { resource, .. } => Value::Object(resource),
            _ => unreachable!("it stays what it is"),
        }
    }

    fn paths(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn what_is_put_together_of_names_still_is() {
        let replacer = replacer(&Choices::default());
        let other = |text: &str| replacer.text(text);
        assert_eq!(other("Ada Lovelace"), format!("{} {}", other("Ada"), other("Lovelace")));
        assert_eq!(other("ada.lovelace@Example.com"), format!("{}.{}@Example.com", other("ada"), other("lovelace")));
        assert_eq!(other("Ada").to_lowercase(), other("ada"));
        assert_eq!(other("ADA").to_lowercase(), other("ada"));
        assert_eq!(other("+49 170"), format!("+{} {}", other("49"), other("170")));
        assert_eq!((other(""), other("  ")), (String::new(), "  ".to_owned()));
        assert_ne!(other("ada"), other("adb"));
        assert_ne!(other("ada@lovelace"), format!("{}@lovelace", other("ada")), "no domain");
        assert!(other("Zoë").chars().next().unwrap().is_uppercase() && other("Zoë").is_ascii());
        assert!(Timestamp::parse(&other("2011-05-13T04:42:34Z")).is_some());
        let domains = super::Replacer { email_domains: true, ..self::replacer(&Choices::default()) };
        assert!(!domains.text("ada@example.com").contains("example"));
    }

    #[test]
    fn another_recording_has_other_names() {
        let types = || [ResourceType::user(), ResourceType::group()].map(|kind| ResourceType::clone(kind));
        let [one, other] = [(); 2].map(|()| {
            let [users, groups] = types();
            Replacer::new(users, groups, &Choices::default()).unwrap().text("Ada Lovelace")
        });
        assert_ne!(one, other);
    }

    #[test]
    fn what_policies_decide_by_is_kept_and_all_else_replaced() {
        let resource = json!({
            "schemas": ["urn:x"], "id": "01890a5d-ac96-774b-bcce-b302099a8057", "userName": "ada@example.com", "active": true, "title": "Boss",
            "userType": "Employee", "password": "secret", "nickName": "Countess", "name": {"familyName": "Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "display": "Ada", "primary": true}],
            "addresses": [{"country": "GB", "locality": "London", "type": "odd"}], "roles": [{"value": "engineer"}],
            ENTERPRISE: {"department": "Engines", "employeeNumber": "42", "manager": {"value": "01890a5d-ac96-774b-bcce-b302099a8058", "displayName": "Charles"}},
            "urn:example:unknown": {"number": 7, "half": 0.25, "secret": {"deep": "Byron"}, "ada@example.com": true, "password": "secret"},
            "unknown": ["Ada"],
        });
        let found = replaced(&Choices::default(), resource.clone());
        for kept in [
            "/schemas",
            "/id",
            "/active",
            "/title",
            "/userType",
            "/emails/0/type",
            "/emails/0/primary",
            "/addresses/0/country",
            "/addresses/0/type",
            "/roles",
        ] {
            assert_eq!(found.pointer(kept), resource.pointer(kept), "{kept}");
        }
        assert_eq!(found[ENTERPRISE]["department"], "Engines");
        assert_eq!(found[ENTERPRISE]["manager"]["value"], resource[ENTERPRISE]["manager"]["value"]);
        let text = found.to_string();
        for gone in
            ["ada@", "\"Ada\"", "Countess", "Lovelace", "London", "Charles", "Byron", "\"42\"", ":7,", "0.25", "secret\":\"", "password"]
        {
            assert!(!text.contains(gone), "{gone} is in {text}");
        }
        assert_eq!(found["userName"], found["emails"][0]["value"]);
        let choices = Choices {
            keep: paths(&["nickname", "urn:example:unknown", "name.familyName"]),
            replace: paths(&["title", "URN:example:unknown:secret.deep"]),
            ..Choices::default()
        };
        let found = replaced(&choices, resource);
        assert_eq!((&found["nickName"], &found["name"]["familyName"]), (&json!("Countess"), &json!("Lovelace")));
        assert_eq!((&found["urn:example:unknown"]["number"], &found["urn:example:unknown"]["ada@example.com"]), (&json!(7), &json!(true)));
        assert_ne!(found["title"], "Boss");
        assert_ne!(found["urn:example:unknown"]["secret"]["deep"], "Byron");
    }

    #[test]
    fn what_nothing_has_is_told() {
        let choices = Choices {
            keep: paths(&["nosuch[[", "URN:example:unknown:Number", "nickName", "displayName"]),
            replace: paths(&["titel", "emails.type", "urn:example:other"]),
            ..Choices::default()
        };
        let replacer = replacer(&choices);
        assert_eq!(replacer.unknown(), ["nosuch[[", "titel", "urn:example:other", "urn:example:unknown:number"]);
        let mut user = Recorded::User {
            connection: Id::from_bytes([1; 16]),
            resource: json!({"title": "Boss", "urn:example:unknown": {"number": 7}}).as_object().unwrap().clone(),
        };
        replacer.replace(&mut user);
        assert_eq!(replacer.unknown(), ["nosuch[[", "titel", "urn:example:other"]);
    }

    #[test]
    fn choices_are_bounded() {
        let types = || [ResourceType::user(), ResourceType::group()].map(|kind| ResourceType::clone(kind));
        for keep in [vec![String::new()], vec!["a".to_owned(); RECORDED_PATHS_MAX + 1]] {
            let [users, groups] = types();
            assert!(Replacer::new(users, groups, &Choices { keep, ..Choices::default() }).is_err());
        }
    }
}
