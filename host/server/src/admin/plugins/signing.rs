//! Whose signatures of plugins count for a tenant.
//!
//! A signature is looked at when a plugin is uploaded, and who made it when a pipeline is put. What is in force stays in force when keys change. Knows nothing of
//! what is signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::name::{self, Problems};
use crate::error::{Error, Result};
use crate::limits::SIGNING_KEYS_MAX;
use crate::signature::{self, PublicKey};

/// A key whose signatures of plugins count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SigningKey {
    /// What operators call it.
    pub name: String,
    /// The Ed25519 public key: base64 of its 32 bytes.
    pub public_key: String,
}

/// A signature that counted when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The key that made it.
    pub public_key: String,
    /// The signature itself, base64.
    pub signature: String,
}

/// The part of an upload that refuses a signature, as [`crate::policy::LoadStage`] names the others.
const STAGE: &str = "signature";

/// The keys, each with its name tidied and its text in the one spelling. A problem for each that is no key, comes twice, or has the name of another.
pub(in crate::admin) fn checked(keys: &[SigningKey], pointer: &str, problems: &mut Problems) -> Vec<SigningKey> {
    if keys.len() > SIGNING_KEYS_MAX {
        problems.add(pointer, format!("There are more than {SIGNING_KEYS_MAX} keys."));
        return Vec::new();
    }
    let mut all: Vec<SigningKey> = Vec::with_capacity(keys.len());
    for (at, key) in keys.iter().enumerate() {
        let name = name::checked(&key.name, &format!("{pointer}/{at}/name"), problems);
        let place = format!("{pointer}/{at}/publicKey");
        let public_key = match PublicKey::parse(&key.public_key) {
            Ok(key) => key.to_string(),
            Err(error) => {
                problems.add(place, error.to_string());
                continue;
            }
        };
        if all.iter().any(|other| other.name == name) {
            problems.add(format!("{pointer}/{at}/name"), "Another key has this name.");
        }
        if all.iter().any(|other| other.public_key == public_key) {
            problems.add(place, "This key is there already.");
        }
        all.push(SigningKey { name, public_key });
    }
    all
}

/// The signature of the file with this digest, by one of `keys`; `None` if there is none and none is asked for.
///
/// # Errors
/// If it is required and missing, not readable, or of nobody listed.
pub(super) fn verify(keys: &[SigningKey], required: bool, digest: &[u8; 32], signature: Option<&str>) -> Result<Option<Signed>> {
    let refused = |detail: &str| Error::invalid(detail).at_stage(STAGE);
    let Some(signature) = signature.map(str::trim) else {
        if required {
            return Err(refused("This tenant takes only plugins that one of its keys has signed, and this came without a signature."));
        }
        return Ok(None);
    };
    if !signature::is_readable(signature) {
        return Err(refused("The signature is not readable: base64 of the 64 bytes of an Ed25519 signature is expected."));
    }
    if keys.is_empty() {
        return Err(refused("The plugin is signed, but this tenant lists no key whose signature would count."));
    }
    let signs = |key: &&SigningKey| PublicKey::parse(&key.public_key).is_ok_and(|key| key.verifies(digest, signature));
    let Some(key) = keys.iter().find(signs) else {
        return Err(refused("No key that this tenant lists made this signature of this file. Either the key is another one or the file."));
    };
    Ok(Some(Signed { public_key: key.public_key.clone(), signature: signature.to_owned() }))
}

/// The listed key that made a signature.
pub fn signer<'a>(keys: &'a [SigningKey], signed: &Signed) -> Option<&'a SigningKey> {
    keys.iter().find(|key| key.public_key == signed.public_key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SecretKey;

    fn listed(name: &str, key: &SecretKey) -> SigningKey {
        SigningKey { name: name.to_owned(), public_key: key.public().to_string() }
    }

    #[test]
    fn a_signature_counts_if_a_listed_key_made_it_for_this_file() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let (digest, signature) = ([1; 32], key.sign(&[1; 32]));
        let both = [listed("other", &other), listed("key", &key)];
        let signed = verify(&both, true, &digest, Some(&signature)).unwrap().unwrap();
        assert_eq!(signer(&both, &signed).map(|key| key.name.as_str()), Some("key"));
        assert_eq!(signer(&both[..1], &signed), None, "a key that is gone signs nothing any more");
        assert_eq!(verify(&both, false, &digest, None).unwrap(), None);
        let why = |keys: &[SigningKey], required, digest, signature| match verify(keys, required, &digest, signature) {
            Ok(signed) => panic!("{signed:?}"),
            Err(error) => error.to_string(),
        };
        for (refusal, word) in [
            (why(&both, true, digest, None), "without"),
            (why(&both, false, [2; 32], Some(&signature)), "No key"),
            (why(&both[..1], false, digest, Some(&signature)), "No key"),
            (why(&[], false, digest, Some(&signature)), "lists no key"),
            (why(&both, false, digest, Some("AAAA")), "not readable"),
            (why(&both, false, digest, Some("")), "not readable"),
        ] {
            assert!(refusal.contains(word), "{word}: {refusal}");
        }
    }

    #[test]
    fn keys_are_keys_and_each_is_there_once() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let refused = |keys: &[SigningKey]| {
            let mut problems = Problems::default();
            checked(keys, "/signingKeys", &mut problems);
            let problems = problems.finish().err().map(|error| error.problems().to_vec()).unwrap_or_default();
            problems.into_iter().map(|problem| problem.pointer).collect::<Vec<_>>()
        };
        let good = listed("key", &key);
        assert_eq!(refused(&[]), [""; 0]);
        assert_eq!(refused(&[good.clone(), listed("other", &other)]), [""; 0]);
        assert_eq!(refused(&[good.clone(), listed("other", &key)]), ["/signingKeys/1/publicKey"]);
        assert_eq!(refused(&[good.clone(), listed("key ", &other)]), ["/signingKeys/1/name"]);
        assert_eq!(
            refused(&[SigningKey { name: " ".into(), public_key: "x".into() }]),
            ["/signingKeys/0/name", "/signingKeys/0/publicKey"]
        );
        assert_eq!(refused(&vec![good; SIGNING_KEYS_MAX + 1]), ["/signingKeys"]);
    }
}
