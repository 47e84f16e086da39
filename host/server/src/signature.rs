//! Signatures of plugins: Ed25519 (RFC 8032) over the 32 bytes of the SHA-256 digest of the file.
//!
//! Public keys and signatures are base64 (RFC 4648 section 4), secret keys PKCS#8 PEM, as other tools write and read them.
//! Knows no plugin, tenant or file: who may sign is decided elsewhere.

use data_encoding::BASE64;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use std::fmt;

use crate::error::{Error, Result};

/// What tells whether a signature is its owner's. Displays as base64.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// What signs. Its debug form hides it.
pub struct SecretKey(SigningKey);

impl PublicKey {
    /// Reads base64 of the 32 bytes of a key.
    ///
    /// # Errors
    /// If it is not that, or one of the few weak keys for which signatures prove nothing.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = || Error::invalid("This is no public key: base64 of the 32 bytes of an Ed25519 key is expected.");
        let bytes = BASE64.decode(text.trim().as_bytes()).map_err(|_| refused())?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| refused())?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| refused())?;
        if key.is_weak() { Err(refused()) } else { Ok(Self(key)) }
    }

    /// Whether the owner of this key signed the file with this SHA-256 digest. A signature that is not readable is nobody's.
    pub fn verifies(&self, digest: &[u8; 32], signature: &str) -> bool {
        let bytes = BASE64.decode(signature.trim().as_bytes()).unwrap_or_default();
        let Ok(signature) = Signature::from_slice(&bytes) else { return false };
        self.0.verify_strict(digest, &signature).is_ok()
    }
}

/// Whether a text is a signature, of whomever and of whatever.
pub fn is_readable(signature: &str) -> bool {
    BASE64.decode(signature.trim().as_bytes()).is_ok_and(|bytes| Signature::from_slice(&bytes).is_ok())
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

impl SecretKey {
    /// A new one.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn generate() -> Result<Self> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed).map_err(|cause| Error::internal(cause.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads PKCS#8 PEM (RFC 8410).
    ///
    /// # Errors
    /// If it is none, or the key of another algorithm.
    pub fn read_pem(text: &str) -> Result<Self> {
        let refused = || Error::invalid("This is no secret key: an Ed25519 key in PKCS#8 PEM is expected.");
        SigningKey::from_pkcs8_pem(text.trim()).map(Self).map_err(|_| refused())
    }

    /// The key as PKCS#8 PEM of version 1, which every tool reads. To be kept secret.
    ///
    /// # Errors
    /// If it cannot be written, which does not happen to a key that was made or read here.
    pub fn to_pem(&self) -> Result<String> {
        let bytes = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let pem = bytes.to_pkcs8_pem(LineEnding::LF).map_err(|cause| Error::internal(cause.to_string()))?;
        Ok(pem.as_str().to_owned())
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of the file with this SHA-256 digest.
    pub fn sign(&self, digest: &[u8; 32]) -> String {
        use ed25519_dalek::Signer;
        BASE64.encode(&self.0.sign(digest).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{SECRET_KEY_FILE_BYTES_MAX, SIGNATURE_BYTES_MAX};

    #[test]
    fn only_the_owner_of_the_key_signs_and_only_that_file() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let (digest, another) = ([1; 32], [2; 32]);
        let signature = key.sign(&digest);
        assert!(signature.len() <= SIGNATURE_BYTES_MAX);
        let public = PublicKey::parse(&key.public().to_string()).unwrap();
        assert!(public.verifies(&digest, &signature));
        assert!(public.verifies(&digest, &format!("{signature}\n")), "a file ends with a line break");
        assert!(!public.verifies(&another, &signature));
        assert!(is_readable(&signature) && !is_readable("") && !is_readable("AAAA") && !is_readable(&signature[1..]));
        assert!(!other.public().verifies(&digest, &signature));
        for place in 0..signature.len() {
            let mut broken = signature.clone().into_bytes();
            broken[place] = if broken[place] == b'A' { b'B' } else { b'A' };
            assert!(!public.verifies(&digest, &String::from_utf8(broken).unwrap()), "{place}");
        }
        for nothing in ["", "=", "AAAA", "é"] {
            assert!(!public.verifies(&digest, nothing), "{nothing:?}");
        }
    }

    #[test]
    fn keys_survive_their_files() {
        let key = SecretKey::generate().unwrap();
        let pem = key.to_pem().unwrap();
        assert!(pem.len() <= SECRET_KEY_FILE_BYTES_MAX && pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{pem}");
        assert_eq!(SecretKey::read_pem(&pem).unwrap().public(), key.public());
        assert!(!pem.contains(&format!("{key:?}{}", key.public())));
        for broken in ["", "-----BEGIN PRIVATE KEY-----", &pem[..pem.len() / 2], &pem.replace("PRIVATE", "PUBLIC")] {
            assert!(SecretKey::read_pem(broken).is_err(), "{broken}");
        }
    }

    /// The example of RFC 8410 section 10.3, made by somebody else.
    #[test]
    fn keys_of_other_tools_are_read() {
        let pem =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let public = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
        assert_eq!(SecretKey::read_pem(pem).unwrap().public().to_string(), public);
    }

    #[test]
    fn public_keys_are_thirty_two_bytes_and_not_weak() {
        let weak = BASE64.encode(&[0; 32]);
        for broken in ["", "AAAA", "not base64", weak.as_str()] {
            assert!(PublicKey::parse(broken).is_err(), "{broken}");
        }
    }
}
