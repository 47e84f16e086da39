//! Writes the guests of tests/guests, and the policies that come with Doorlist, as the corpus that the fuzz target `inspect` begins with.

use std::fs;
use std::io;
use std::path::Path;

#[allow(dead_code, reason = "tests of the sandbox use all of it")]
#[path = "../tests/policy/guest.rs"]
mod guest;
#[allow(dead_code, reason = "what stops them is for tests")]
#[path = "../tests/policy/hostile_file.rs"]
mod hostile_file;

/// Bytes of the largest seed. What is larger is slow to mutate, and has nothing that the smaller ones have not.
const SEED_BYTES_MAX: usize = 64 << 10;

fn main() -> io::Result<()> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = own.join("corpus/inspect");
    fs::create_dir_all(&corpus)?;
    let good = ["base.wat", "base-json.wat", "wasi.wat"].map(|base| (base.to_owned(), guest::guest_on(base, &guest::SAID, &[])));
    let hostile = hostile_file::all(&own.join("../../../tests/guests/hostile"));
    let hostile = hostile.into_iter().map(|hostile| (hostile.name, hostile.wasm));
    let ours = doorlist::policy::first_party().map(|(name, wasm)| (name.to_owned(), wasm.to_vec()));
    let mut written = 0;
    for (name, wasm) in good.into_iter().chain(hostile).chain(ours).filter(|(_, wasm)| wasm.len() <= SEED_BYTES_MAX) {
        fs::write(corpus.join(format!("{name}.wasm")), wasm)?;
        written += 1;
    }
    println!("{written} seeds are in {}", corpus.display());
    Ok(())
}
