//! Rust: cargo, for the target that has no system.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Project, command, missing, says};
use crate::error::{Error, Result};
use crate::kit::limits::CARGO_SAYS_BYTES_MAX;
use crate::kit::project::Language;

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) fn build(project: &Project) -> Result<()> {
    let toolchain = Toolchain::find(project)?;
    let mut cargo = toolchain.cargo(project);
    cargo.args(["build", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    let module = built(&mut cargo, project)?;
    let copied = std::fs::copy(&module, project.built());
    copied.map(drop).map_err(|cause| Error::invalid(format!("{} cannot be written.", project.built().display())).with_cause(cause))
}

/// Runs cargo and gives the module that it made of the project itself: where that lies is the author's choice, and cargo's to say.
fn built(cargo: &mut Command, project: &Project) -> Result<PathBuf> {
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(|cause| Error::conflict("cargo does not start.").with_cause(cause))?;
    let manifest = project.directory.join("Cargo.toml").canonicalize().unwrap_or_default();
    let mut module = None;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output.take(CARGO_SAYS_BYTES_MAX)).lines() {
            let line = line.map_err(|cause| Error::conflict("What cargo says cannot be read.").with_cause(cause))?;
            module = module_of(&line, &manifest).or(module);
        }
    }
    let status = child.wait().map_err(|cause| Error::conflict("cargo cannot be waited for.").with_cause(cause))?;
    if !status.success() {
        return Err(Error::conflict("cargo failed; what it said is above."));
    }
    module.ok_or_else(|| Error::invalid(r#"The project makes no module: its Cargo.toml needs `crate-type = ["rlib", "cdylib"]` in [lib]."#))
}

/// The module that one of cargo's messages tells of, if it is of the package with this manifest.
fn module_of(message: &str, manifest: &Path) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let told = Path::new(message.get("manifest_path")?.as_str()?);
    if message.get("reason")?.as_str()? != "compiler-artifact" || told.canonicalize().ok()? != manifest {
        return None;
    }
    let files = message.get("filenames")?.as_array()?;
    files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

/// A compiler that can build for the target.
struct Toolchain {
    /// Paths of cargo and rustc, unless they are those that the author's shell finds.
    programs: Option<(&'static str, &'static str)>,
    /// Debian has no standard library for the target, but its source.
    std_from_source: bool,
}

impl Toolchain {
    /// The author's own, if it has the target or its source, or else Debian's.
    fn find(project: &Project) -> Result<Self> {
        let debian = Some(("/usr/bin/cargo", "/usr/bin/rustc"));
        let candidates = [(None, false), (debian, false), (None, true), (debian, true)];
        let mut found = candidates.into_iter().map(|(programs, std_from_source)| Self { programs, std_from_source });
        if let Some(toolchain) = found.find(|toolchain| toolchain.has_std(project)) {
            return Ok(toolchain);
        }
        if says(command(project, "cargo").arg("--version")).is_none() {
            return Err(missing(Language::Rust, "cargo", "Get it from https://rustup.rs."));
        }
        let how =
            format!("Run `rustup target add {TARGET}` (on Debian without rustup: `apt-get install cargo-web rustc-web rust-web-src lld`).");
        Err(missing(Language::Rust, &format!("the target {TARGET}"), &how))
    }

    fn rustc(&self) -> &'static str {
        self.programs.map_or("rustc", |(_, rustc)| rustc)
    }

    /// Whether the standard library for the target, or its source if it is to be built, is there.
    fn has_std(&self, project: &Project) -> bool {
        let print = |arguments: &[&str]| says(command(project, self.rustc()).args(arguments));
        if self.std_from_source {
            let source = "lib/rustlib/src/rust/library/std/Cargo.toml";
            print(&["--print", "sysroot"]).is_some_and(|sysroot| Path::new(&sysroot).join(source).exists())
        } else {
            print(&["--print", "target-libdir", "--target", TARGET]).is_some_and(|directory| Path::new(&directory).is_dir())
        }
    }

    fn cargo(&self, project: &Project) -> Command {
        let mut cargo = command(project, self.programs.map_or("cargo", |(cargo, _)| cargo));
        if self.programs.is_some() {
            cargo.env("RUSTC", self.rustc());
        }
        if self.std_from_source {
            cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_module_is_the_projects_own() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").canonicalize().unwrap();
        let other = own.with_file_name("build.rs");
        for (reason, manifest, files, expected) in [
            ("compiler-artifact", &own, json!(["/t/a.rlib", "/t/a.wasm"]), Some("/t/a.wasm")),
            ("compiler-artifact", &own, json!(["/t/a.rlib"]), None),
            ("compiler-artifact", &other, json!(["/t/b.wasm"]), None),
            ("build-script-executed", &own, json!(["/t/a.wasm"]), None),
            ("compiler-artifact", &own, json!(null), None),
        ] {
            let message = json!({"reason": reason, "manifest_path": manifest, "filenames": files}).to_string();
            assert_eq!(module_of(&message, &own), expected.map(PathBuf::from), "{message}");
        }
        assert_eq!(module_of("   Compiling x", &own), None);
    }
}
