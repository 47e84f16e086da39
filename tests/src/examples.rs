//! The policies in examples/, as tests and benchmark build them: copies below the target directory, beside a link to plugins/, so that
//! nothing is left in the source.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::run;
use crate::server::command;
use crate::tools::{self, Absent, Environment, Language};

/// Building one for the first time compiles what it builds on; the sandbox compiles a whole Python.
pub const COMMAND_MAX: Duration = Duration::from_secs(600);

/// Every example. A directory that is not here is one that nothing tests.
pub const ALL: [(&str, Language); 6] = [
    ("contractors-group", Language::Python),
    ("department-to-group", Language::Rust),
    ("email-domain-allow-list", Language::TypeScript),
    ("name-normalisation", Language::Rust),
    ("nested-teams", Language::TypeScript),
    ("role-by-group", Language::C),
];

/// The root of the project.
///
/// # Panics
/// If this crate is in no workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace")
}

/// A built example.
#[derive(Debug)]
pub struct Built {
    /// The copy.
    pub project: PathBuf,
    /// What commands that run in it need.
    pub environment: Environment,
    /// The plugin.
    pub wasm: PathBuf,
}

/// Copies and builds an example as an author would.
///
/// # Errors
/// What this machine lacks for it.
///
/// # Panics
/// If it does not build.
#[track_caller]
pub fn build(name: &str) -> Result<Built, Absent> {
    let project = copy(name);
    let environment = tools::prepare(&project)?;
    let mut command = command();
    command.args(["plugin", "build"]);
    succeed(&mut command, &project, &environment);
    let wasm = project.join("build").join(name).with_extension("wasm");
    assert!(wasm.is_file(), "{name} builds another file than {}", wasm.display());
    Ok(Built { project, environment, wasm })
}

/// Runs a command in a project to its good end.
///
/// # Panics
/// If it ends badly or not at all.
#[track_caller]
pub fn succeed(command: &mut Command, project: &Path, environment: &Environment) {
    command.current_dir(project).envs(environment.iter().map(|(name, value)| (name, value)));
    let ended = run(command, COMMAND_MAX).unwrap_or_else(|reason| panic!("{command:?}: {reason}"));
    assert!(ended.success(), "{command:?} in {}:\n{}\n{}", project.display(), ended.stdout, ended.stderr);
}

/// A copy of an example with everything around it that it refers to.
fn copy(name: &str) -> PathBuf {
    let workspace = tools::directory().with_file_name("examples");
    let project = workspace.join("examples").join(name);
    if project.exists() {
        fs::remove_dir_all(&project).expect("the copy before can be removed");
    }
    copy_directory(&root().join("examples").join(name), &project);
    // The SDK takes its dependencies' versions from the workspace.
    fs::copy(root().join("Cargo.toml"), workspace.join("Cargo.toml")).expect("a file can be copied");
    let plugins = workspace.join("plugins");
    // Several tests may come here at once; one of them makes the link.
    let _ = std::os::unix::fs::symlink(root().join("plugins"), &plugins);
    assert_eq!(fs::read_link(&plugins).expect("the link is made"), root().join("plugins"));
    project
}

/// Copies what belongs to the source, and nothing that tools put there.
fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("an example can be listed") {
        let path = entry.expect("an example can be listed").path();
        let name = path.file_name().expect("a file has a name");
        if ["build", "target", "node_modules", ".venv", "__pycache__"].map(OsStr::new).contains(&name) {
            continue;
        }
        if path.is_dir() {
            copy_directory(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a file can be copied");
        }
    }
}
