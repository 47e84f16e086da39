//! Directories that go when the test that made them is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of one test's own. Removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

static MADE: AtomicU32 = AtomicU32::new(0);

impl Scratch {
    /// Makes one in the system's temporary directory.
    ///
    /// # Panics
    /// If the disk refuses.
    #[track_caller]
    pub fn new() -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("doorlist-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory for a test can be made");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of something in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Every file in it, at any depth, with its bytes.
    ///
    /// # Panics
    /// If one cannot be read.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut waiting = vec![self.0.clone()];
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(&directory).expect("the directory can be listed") {
                let path = entry.expect("the directory can be listed").path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let bytes = fs::read(&path).expect("the file can be read");
                    found.push((path, bytes));
                }
            }
        }
        found
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is in the system's temporary directory, which is cleaned anyway.
        let _ = fs::remove_dir_all(&self.0);
    }
}
