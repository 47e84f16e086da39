//! Tokens, keys and sessions: made here, shown once, kept as a hash.
//!
//! `dl_scim_`, `dl_key_` or `dl_session_`, 40 random characters and 6 that check them, so that a mistyped one is known without a look-up and
//! a scanner can find one that leaked. Knows nothing of whose it is.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// One connection's SCIM endpoint.
    Scim,
    /// The admin API.
    Key,
    /// One browser's session on the dashboard.
    Session,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Scim, Self::Key, Self::Session];

    const fn head(self) -> &'static str {
        match self {
            Self::Scim => "dl_scim_",
            Self::Key => "dl_key_",
            Self::Session => "dl_session_",
        }
    }
}

/// A token or key in clear. Displays as itself, to be shown once; its debug form hides it.
#[derive(Clone)]
pub struct Secret(String);

/// Characters that carry randomness: 40 of 62 possible ones are 238 bits.
const RANDOM_CHARACTERS: usize = 40;
/// Characters that check the rest: a CRC-32 in base 62.
const CHECK_CHARACTERS: usize = 6;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn generate(purpose: Purpose) -> Result<Self> {
        let mut text = purpose.head().to_owned();
        let mut left = RANDOM_CHARACTERS;
        while left > 0 {
            let mut bytes = [0_u8; 64];
            getrandom::fill(&mut bytes).map_err(|cause| Error::internal(cause.to_string()))?;
            // Bytes beyond the greatest multiple of 62 are thrown away, so that each character is as likely as any other.
            for letter in bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % 62).filter(|_| *byte < 248)).take(left) {
                text.push(char::from(*letter));
                left -= 1;
            }
        }
        text.push_str(&check(&text));
        Ok(Self(text))
    }

    /// Reads one that somebody presented; `None` if it was never one of ours.
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let length = purpose.head().len() + RANDOM_CHARACTERS + CHECK_CHARACTERS;
        if text.len() != length || !text.starts_with(purpose.head()) {
            return None;
        }
        let (body, sum) = text.split_at_checked(length - CHECK_CHARACTERS)?;
        (check(body) == sum).then(|| Self(text.to_owned()))
    }

    /// What is stored of it: SHA-256. The secret has more entropy than the hash, so it needs no salt and no stretching.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// What lists show of it: its last four characters.
    pub fn hint(&self) -> String {
        let tail: String = self.0.chars().rev().take(4).collect();
        tail.chars().rev().collect()
    }
}

/// The secret itself.
impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// The text without what looks like a secret, or like the start of one.
pub fn hidden(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let found = |text: &str| Purpose::ALL.into_iter().filter_map(|purpose| text.find(purpose.head())).min();
    while let Some((before, secret)) = found(rest).and_then(|at| rest.split_at_checked(at)) {
        shown.push_str(before);
        shown.push_str("(not shown)");
        let end = secret.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(secret.len());
        rest = secret.get(end..).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

/// CRC-32 of `body` in base 62, padded to six characters (62^6 exceeds 2^32).
fn check(body: &str) -> String {
    let mut sum = crc32fast::hash(body.as_bytes());
    let mut letters = ['0'; CHECK_CHARACTERS];
    for place in letters.iter_mut().rev() {
        *place = ALPHABET.get((sum % 62) as usize).map_or('0', |letter| char::from(*letter));
        sum /= 62;
    }
    letters.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_generated_is_known_again_and_nothing_else_is() {
        for purpose in Purpose::ALL {
            let secret = Secret::generate(purpose).unwrap();
            let text = secret.to_string();
            assert_eq!(Secret::parse(purpose, &text).unwrap().hash(), secret.hash());
            assert!(text.ends_with(&secret.hint()));
            assert!(!format!("{secret:?}").contains(&text));
            let other = if purpose == Purpose::Scim { Purpose::Key } else { Purpose::Scim };
            assert!(Secret::parse(other, &text).is_none());
            for place in 0..text.len() {
                let mut broken = text.clone().into_bytes();
                broken[place] = if broken[place] == b'x' { b'y' } else { b'x' };
                assert!(Secret::parse(purpose, &String::from_utf8(broken).unwrap()).is_none(), "{place}");
            }
            assert!(Secret::parse(purpose, &text[..text.len() - 1]).is_none());
            assert!(Secret::parse(purpose, "dl_scim_é").is_none());
        }
    }

    #[test]
    fn a_text_can_be_shown_without_the_secrets_in_it() {
        let secret = Secret::generate(Purpose::Scim).unwrap().to_string();
        for (text, shown) in [
            (secret.clone(), "(not shown)"),
            (format!("There is no resource \"{secret}\"."), "There is no resource \"(not shown)\"."),
            (format!("a{secret} and dl_key_abc, é"), "a(not shown) and (not shown), é"),
            (secret[..20].to_owned(), "(not shown)"),
            ("dl_other_abc".to_owned(), "dl_other_abc"),
            (String::new(), ""),
        ] {
            assert_eq!(hidden(&text), shown);
        }
    }

    #[test]
    fn no_two_are_alike() {
        let made: std::collections::BTreeSet<String> = (0..1000).map(|_| Secret::generate(Purpose::Scim).unwrap().to_string()).collect();
        assert_eq!(made.len(), 1000);
    }
}
