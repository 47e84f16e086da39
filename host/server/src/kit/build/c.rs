//! C: clang with its linker, or zig, which brings both.

use std::process::Command;

use super::{Project, command, is_there, missing, run};
use crate::error::Result;
use crate::kit::project::Language;

const ARGUMENTS: [&str; 10] = [
    "-std=c17",
    "-Os",
    "-ffreestanding",
    "-nostdlib",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wl,--no-entry",
    "-Wl,--strip-all",
    // A small stack makes a small instance: each one is made anew for a batch of users.
    "-Wl,-z,stack-size=65536",
];

pub(super) fn build(project: &Project) -> Result<()> {
    let mut compiler = compiler(project)?;
    compiler.args(ARGUMENTS).arg("-I").arg(&project.library).arg("-o").arg(&project.output).arg(&project.source);
    run(&mut compiler)
}

/// The first compiler that is there, with the target it is to build for.
fn compiler(project: &Project) -> Result<Command> {
    if is_there(project, "clang", &["--version"]) && is_there(project, "wasm-ld", &["--version"]) {
        let mut clang = command(project, "clang");
        clang.arg("--target=wasm32-unknown-unknown");
        return Ok(clang);
    }
    let zigs: [&[&str]; 3] = [&["zig"], &[".venv/bin/python", "-m", "ziglang"], &["python3", "-m", "ziglang"]];
    for words in zigs {
        let Some((program, first)) = words.split_first() else { continue };
        if is_there(project, program, &[first, &["version"]].concat()) {
            let mut zig = command(project, program);
            zig.args(first).args(["cc", "-target", "wasm32-freestanding"]);
            return Ok(zig);
        }
    }
    let how = "Run `apt-get install clang lld`, or without root `python3 -m venv .venv && .venv/bin/python -m pip install ziglang` in the project.";
    Err(missing(Language::C, "clang with wasm-ld, or zig", how))
}
