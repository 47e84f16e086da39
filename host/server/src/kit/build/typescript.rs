//! TypeScript and JavaScript: esbuild makes one script, componentize-qjs a component with an interpreter around it.

use super::{Project, command, is_there, missing, run};
use crate::error::Result;
use crate::kit::project::Language;

/// Where the script lies between the two tools.
const SCRIPT: &str = "build/policy.js";

pub(super) fn build(project: &Project) -> Result<()> {
    if !is_there(project, "node", &["--version"]) {
        let how = "Get version 20 or newer from https://nodejs.org, or by your system's package manager.";
        return Err(missing(Language::TypeScript, "Node.js", how));
    }
    if !project.directory.join("node_modules").exists() {
        if !is_there(project, "npm", &["--version"]) {
            return Err(missing(Language::TypeScript, "npm", "It comes with Node.js (on Debian: `apt-get install npm`)."));
        }
        run(command(project, "npm").args(["install", "--no-audit", "--no-fund"]))?;
    }
    let mut esbuild = command(project, "node_modules/.bin/esbuild");
    esbuild.arg(&project.source).args(["--bundle", "--format=esm", "--target=es2023", "--log-level=warning"]);
    run(esbuild.arg(format!("--outfile={SCRIPT}")))?;
    let mut componentize = command(project, "node_modules/.bin/componentize-qjs");
    componentize.arg("--wit").arg(project.contract.join("policy.wit")).args(["--world", "policy-json", "--js", SCRIPT, "--sync"]);
    run(componentize.arg("--output").arg(&project.output))
}
