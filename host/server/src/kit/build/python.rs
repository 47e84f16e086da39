//! Python: componentize-py, in an environment of the project's own.

use std::path::Path;

use super::{Project, command, is_there, missing, run};
use crate::error::{Error, Result};
use crate::kit::project::Language;

pub(super) fn build(project: &Project) -> Result<()> {
    if !project.directory.join(".venv").exists() {
        let how = "Get version 3.10 or newer from https://python.org, or by your system's package manager (on Debian: `apt-get install python3-venv`).";
        if !is_there(project, "python3", &["-c", "import venv, ensurepip"]) {
            return Err(missing(Language::Python, "python3 with venv", how));
        }
        prepare(project).inspect_err(|_| {
            // Half an environment would be taken for a whole one by the next build.
            let _ = std::fs::remove_dir_all(project.directory.join(".venv"));
        })?;
    }
    let unnamed = || Error::invalid(format!("{} is no Python module: a file like src/policy.py is expected.", project.source.display()));
    let module = project.source.file_stem().filter(|_| project.source.extension().is_some_and(|end| end == "py")).ok_or_else(unnamed)?;
    let directory = project.source.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut componentize = command(project, ".venv/bin/componentize-py");
    componentize.arg("-q").arg("-d").arg(&project.contract).args(["-w", "policy-json", "componentize", "-p"]).arg(directory);
    run(componentize.arg("-p").arg(&project.library).arg(module).arg("-o").arg(&project.output))
}

fn prepare(project: &Project) -> Result<()> {
    run(command(project, "python3").args(["-m", "venv", ".venv"]))?;
    let mut pip = command(project, ".venv/bin/python");
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]))
}
