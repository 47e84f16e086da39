//! Builds the first-party policies for WebAssembly, so that the server carries them.
//!
//! They are built from plugins/ with the toolchain that builds the server, into a target directory of their own, and
//! end as core modules in `OUT_DIR`, one `<plugin>.wasm` each. No compiled policy is ever committed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, exit};

/// The plugins, by directory below plugins/. `policy::first_party` names the same files.
const PLUGINS: [&str; 4] = ["group-prefix", "user-group-filter", "role-protection", "rules"];

/// What they are made of beside their own directories, from the root of the project.
const SHARED: [&str; 5] = ["plugins/sdk", "plugins/wit", "host/scim/src", "host/scim/Cargo.toml", "schemas/scim"];

const TARGET: &str = "wasm32-unknown-unknown";

/// Bytes of stack inside a guest's memory. The linker's default of 1 MiB would be sixteen times the memory to
/// zero for each instance on kernels that cannot find its dirty pages.
const STACK_BYTES: u32 = 64 << 10;

fn main() {
    if let Err(message) = build() {
        println!("cargo::error={message}");
        exit(1);
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    adapter(&manifest, &out)?;
    let workspace = manifest.join("../..").canonicalize().map_err(|error| format!("no workspace: {error}"))?;
    watch(&workspace);

    let toolchain = Toolchain::find(Toolchain { cargo: variable("CARGO")?, rustc: variable("RUSTC")?, std_from_source: false })?;
    let target_dir = out.join("guests");
    let mut cargo = toolchain.cargo(&workspace)?;
    cargo.args(["build", "--profile", "guest", "--target", TARGET, "--target-dir"]).arg(&target_dir);
    for plugin in PLUGINS {
        cargo.args(["--package", &package(plugin)]);
    }
    if workspace.join("Cargo.lock").exists() {
        cargo.arg("--locked");
    }
    // Standard output is how this script talks to cargo.
    let status = cargo.stdout(Stdio::null()).status().map_err(|error| format!("cargo does not start: {error}"))?;
    if !status.success() {
        return Err("the first-party policies do not build; what their compiler said is above".into());
    }
    for plugin in PLUGINS {
        let built = target_dir.join(TARGET).join("guest").join(package(plugin).replace('-', "_")).with_extension("wasm");
        std::fs::copy(&built, out.join(plugin).with_extension("wasm")).map_err(|error| format!("no policy {plugin}: {error}"))?;
    }
    Ok(())
}

/// The stand-in for WASI, from its text.
fn adapter(manifest: &Path, out: &Path) -> Result<(), String> {
    let text = manifest.join("src/policy/wasi/adapter.wat");
    println!("cargo::rerun-if-changed={}", text.display());
    let wasm = wat::parse_file(&text).map_err(|error| format!("the stand-in for WASI: {error}"))?;
    std::fs::write(out.join("wasi-adapter.wasm"), wasm).map_err(|error| format!("no stand-in for WASI: {error}"))
}

fn package(plugin: &str) -> String {
    format!("doorlist-policy-{plugin}")
}

fn variable(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("cargo does not say {name}"))
}

/// What the policies are made of; nothing else makes this script run again.
fn watch(workspace: &Path) {
    // Not their tests.
    let parts = |plugin: &str| ["src", "schemas", "Cargo.toml"].map(|part| workspace.join("plugins").join(plugin).join(part));
    let sources = PLUGINS.into_iter().flat_map(parts);
    let settings = SHARED.into_iter().chain(["Cargo.toml", "Cargo.lock"]).map(|part| workspace.join(part));
    // Cargo takes a path that does not exist for one that changed.
    for path in sources.chain(settings).filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// A compiler that can build for the target.
struct Toolchain {
    cargo: OsString,
    rustc: OsString,
    /// Debian has no standard library for the target, but its source.
    std_from_source: bool,
}

impl Toolchain {
    /// The toolchain that builds the server if it has the target or can get it, else Debian's.
    fn find(own: Toolchain) -> Result<Toolchain, String> {
        if own.has_target() || (own.add_target() && own.has_target()) {
            return Ok(own);
        }
        let debian = Toolchain { cargo: "/usr/bin/cargo".into(), rustc: "/usr/bin/rustc".into(), std_from_source: true };
        [Toolchain { std_from_source: true, ..own }, debian].into_iter().find(Toolchain::has_source).ok_or_else(|| {
            format!(
                "the policies need the target {TARGET}: run `rustup target add {TARGET}` \
                     (on Debian without rustup: `apt-get install cargo-web rustc-web rust-web-src lld`)"
            )
        })
    }

    /// Whether the target's standard library is installed.
    fn has_target(&self) -> bool {
        self.print(&["--print", "target-libdir", "--target", TARGET]).is_some_and(|path| path.is_dir())
    }

    /// Whether the standard library's source is installed.
    fn has_source(&self) -> bool {
        self.print(&["--print", "sysroot"]).is_some_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").exists())
    }

    /// Whether rustup says that it installed the target.
    fn add_target(&self) -> bool {
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", TARGET]).stdout(Stdio::null());
        rustup.status().is_ok_and(|status| status.success())
    }

    /// The path that the compiler prints.
    fn print(&self, arguments: &[&str]) -> Option<PathBuf> {
        let output = Command::new(&self.rustc).args(arguments).stderr(Stdio::null()).output().ok()?;
        let path = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| PathBuf::from(path.trim()))
    }

    /// Cargo, in the workspace, with nothing of the server's own build around it.
    fn cargo(&self, workspace: &Path) -> Result<Command, String> {
        let mut cargo = Command::new(&self.cargo);
        for (name, _) in env::vars_os().filter(|(name, _)| leaks(&name.to_string_lossy())) {
            cargo.env_remove(name);
        }
        // The same sources give the same policy wherever they lie.
        let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}"), format!("--remap-path-prefix={}=.", workspace.display())];
        if let Some(home) = env::var_os("CARGO_HOME") {
            flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
        }
        cargo.current_dir(workspace).env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        if self.std_from_source {
            cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        Ok(cargo)
    }
}

/// Whether a variable of this build would change what a build inside it does. What stays says where cargo keeps and
/// fetches packages, and how many jobs may run.
fn leaks(name: &str) -> bool {
    const KEPT: [&str; 8] =
        ["CARGO_HOME", "CARGO_HTTP_", "CARGO_MAKEFLAGS", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_", "RUSTUP_"];
    let cargos = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC", "LLVM_PROFILE_FILE", "OUT_DIR", "TARGET", "HOST", "PROFILE"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    cargos && !KEPT.iter().any(|kept| name.starts_with(kept))
}
