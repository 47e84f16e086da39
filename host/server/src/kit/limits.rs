//! Bounds of the kit, each with its unit and its reason. Those of plugins are the sandbox's.

/// Bytes of a plugin's file that are read: more than any tier admits, so that the sandbox says what is too large.
pub const PLUGIN_BYTES_MAX: u64 = 128 << 20;

/// Bytes from which a plugin's author is told that compiling takes its time: a compiled policy has a third of it, one with an interpreter more.
pub const PLUGIN_BYTES_SLOW: u64 = 1 << 20;

/// Bytes of `doorlist-plugin.json`, which has five short members.
pub const PROJECT_BYTES_MAX: u64 = 64 << 10;

/// Bytes of a file with cases. A person writes them.
pub const CASES_BYTES_MAX: u64 = 4 << 20;

/// Files with cases in a directory.
pub const CASE_FILES_MAX: usize = 1_000;

/// Cases of a plugin. Each starts an instance.
pub const CASES_MAX: usize = 10_000;

/// Bytes that cargo may say of a build, a line for each crate and each warning.
pub const CARGO_SAYS_BYTES_MAX: u64 = 64 << 20;

/// Sizes of batches that are measured.
pub const BENCH_BATCHES: [usize; 3] = [1, 100, 1_000];

/// Milliseconds of processor time that each size is measured for.
pub const BENCH_MS_MAX: u128 = 1_000;

/// Batches of a size that are measured at the least, so that there is a middle one.
pub const BENCH_ROUNDS_MIN: usize = 5;

/// Batches of a size that are measured at the most.
pub const BENCH_ROUNDS_MAX: usize = 2_000;
