//! Machine code on disk, so that a restart compiles nothing.
//!
//! A file is named by what it was made of: owner, component, engine and its settings. At its end is an HMAC under the server's secret over that name
//! and the code, so a file that is damaged, cut, somebody else's or of another name is as good as none, and is made again. Everything here can be deleted at any time.

use super::limits::{COMPILED_FILES_BYTES_MAX, LoadLimits, Tier};
use super::load::CacheSettings;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;

/// Ends the name of a file that is there.
const WHOLE: &str = "code";
/// Ends the name of one that is being written.
const PART: &str = "part";
/// Bytes of an HMAC.
const TAG_BYTES: usize = 32;
/// What the HMAC is for, so that the same secret cannot be made to say something else.
const PURPOSE: &[u8] = b"doorlist machine code 1\0";

/// Machine code that can be adopted.
pub(super) enum Kept {
    /// As it came from the compiler.
    Bytes(Vec<u8>),
    /// In a file that has shown where it comes from, and the bytes of the code in it.
    File(PathBuf, usize),
}

/// The directory.
pub(super) struct Cache {
    directory: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Makes the directory if it is not there, for its owner only, and removes what a crash left half-written.
    pub(super) fn open(settings: CacheSettings) -> io::Result<Cache> {
        let CacheSettings { directory, key } = settings;
        make(&directory)?;
        for file in fs::read_dir(&directory)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == PART) {
                fs::remove_file(path)?;
            }
        }
        Ok(Cache { directory, key })
    }

    /// The name of the machine code of a component.
    pub(super) fn name(&self, engine: &Engine, component: &[u8], owner: &str) -> String {
        let mut fingerprint = Fingerprint(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut fingerprint);
        // Each part has a fixed length, so that no two lists of parts look alike.
        let Fingerprint(engine) = fingerprint;
        let parts = [Sha256::digest(owner.as_bytes()), Sha256::digest(component), engine.finalize()];
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        digest.finalize().iter().fold(String::with_capacity(64), |mut name, byte| {
            // Writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
            name
        })
    }

    /// The machine code of this name, if it is there and ours.
    pub(super) fn get(&self, name: &str) -> Option<Kept> {
        let path = self.path(name, WHOLE);
        let file = File::open(&path).ok()?;
        let bytes = self.verified(name, file);
        if bytes.is_none() {
            tracing::warn!(file = %path.display(), "machine code of a plugin is damaged or not ours, and is made again");
            // One that cannot be removed is replaced.
            let _ = fs::remove_file(&path);
        }
        bytes.map(|bytes| Kept::File(path, bytes))
    }

    /// Bytes of the code in a file if its HMAC is right.
    fn verified(&self, name: &str, file: File) -> Option<usize> {
        // One byte more than there can be, so that a larger file is not taken for a cut one.
        let bytes_max = LoadLimits::of(Tier::Large).compiled_bytes + TAG_BYTES;
        let mut content = Vec::new();
        file.take(bytes_max as u64 + 1).read_to_end(&mut content).ok()?;
        if content.len() > bytes_max {
            return None;
        }
        let (code, tag) = content.split_last_chunk::<TAG_BYTES>()?;
        self.mac(name, code)?.verify_slice(tag).ok()?;
        Some(code.len())
    }

    /// Keeps machine code. `None` if the disk refuses, which costs another compilation some day and nothing else.
    pub(super) fn put(&self, name: &str, code: &[u8]) -> Option<Kept> {
        let (part, whole) = (self.path(name, PART), self.path(name, WHOLE));
        let tag = self.mac(name, code)?.finalize().into_bytes();
        // Somebody may have removed it with all that was in it.
        let made = make(&self.directory).and_then(|()| write(&part, code, &tag));
        let written = made.and_then(|()| fs::rename(&part, &whole)).and_then(|()| self.tidy(&whole));
        match written {
            Ok(()) => Some(Kept::File(whole, code.len())),
            Err(cause) => {
                tracing::warn!(%cause, file = %whole.display(), "machine code of a plugin is not kept");
                // What is half-written is removed at the next start if not now.
                let _ = fs::remove_file(part);
                None
            }
        }
    }

    fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.directory.join(name).with_extension(extension)
    }

    fn mac(&self, name: &str, code: &[u8]) -> Option<Hmac<Sha256>> {
        // A key may have any length, so this is always there.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        for part in [PURPOSE, name.as_bytes(), code] {
            mac.update(part);
        }
        Some(mac)
    }

    /// Removes the oldest files while all together have too many bytes; `new` stays.
    fn tidy(&self, new: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.directory)? {
            let (file, path) = file.and_then(|file| Ok((file.metadata()?, file.path())))?;
            files.push((file.modified()?, file.len(), path));
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, path) in files.iter().filter(|(_, _, path)| path != new) {
            if bytes <= COMPILED_FILES_BYTES_MAX {
                break;
            }
            fs::remove_file(path)?;
            bytes -= size;
        }
        Ok(())
    }
}

/// Makes the directory if it is not there, for its owner only.
fn make(directory: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Writes a file whole, readable for its owner only.
fn write(path: &Path, code: &[u8], tag: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(code)?;
    file.write_all(tag)
}

/// A hasher that loses nothing, for what the engine says of itself.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks: the digest itself is taken.
        0
    }
}
