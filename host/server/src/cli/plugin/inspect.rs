//! `doorlist plugin inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::size;
use crate::cli::say;
use crate::error::{Error, Result};
use crate::kit::load::{Loaded, NotLoaded};
use crate::policy::{Tier, is_first_party};

/// Options of `doorlist plugin inspect`.
#[derive(Args)]
#[command(
    after_long_help = "A file passes the stages size, parse, features, imports, exports, componentize, compile, describe, manifest and
settingsSchema. One that is refused is refused by a server at the same stage, in the same words; the exit code is 1 then."
)]
pub(super) struct Inspect {
    /// The plugin's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON. Of a file that is refused: the stage and the message.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(self) -> Result<ExitCode> {
        match super::load(&self.file) {
            Ok(loaded) => {
                say(&if self.json { to_json(&loaded).to_string() } else { shown(&loaded)? })?;
                Ok(ExitCode::SUCCESS)
            }
            Err(NotLoaded::Refused(refusal)) if self.json => {
                say(&json!({"stage": refusal.stage.as_str(), "message": refusal.message}).to_string())?;
                Ok(ExitCode::FAILURE)
            }
            Err(other) => Err(Error::from(other)),
        }
    }
}

fn to_json(loaded: &Loaded) -> Value {
    let (manifest, facts) = (loaded.plugin.manifest(), loaded.plugin.facts());
    json!({
        "name": manifest.name,
        "nameTaken": is_first_party(&manifest.name),
        "version": manifest.version,
        "description": manifest.description,
        "contract": facts.contract,
        "world": world(loaded),
        "form": form(loaded),
        "digest": loaded.plugin.digest(),
        "imports": facts.imports,
        "bytes": facts.bytes,
        "compiledBytes": facts.compiled_bytes,
        "tier": tier(loaded.tier),
        "reads": manifest.reads.words(),
        "writes": manifest.writes.words(),
        "settingsSchema": manifest.settings_schema,
    })
}

fn shown(loaded: &Loaded) -> Result<String> {
    let (manifest, facts) = (loaded.plugin.manifest(), loaded.plugin.facts());
    let list = |words: &[&str]| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let imports: Vec<&str> = facts.imports.iter().map(String::as_str).collect();
    let sizes = format!("{}, machine code {}", size(facts.bytes as u64), size(facts.compiled_bytes as u64));
    let tier = match loaded.tier {
        Tier::Small => "small",
        Tier::Large => "large, which a tenant must be allowed",
    };
    let taken = if is_first_party(&manifest.name) {
        ", which a plugin that comes with Doorlist has: a server takes no other of this name"
    } else {
        ""
    };
    let name = format!("{}{taken}", manifest.name);
    let mut lines = Vec::new();
    for (name, value) in [
        ("name", name),
        ("version", manifest.version.clone()),
        ("description", manifest.description.replace('\n', "\n             ")),
        ("contract", format!("doorlist:policy@{}, world {}", facts.contract, world(loaded))),
        ("form", form(loaded).to_owned()),
        ("digest", loaded.plugin.digest().to_owned()),
        ("imports", list(&imports)),
        ("size", sizes),
        ("tier", tier.to_owned()),
        ("reads", list(&manifest.reads.words())),
        ("writes", list(&manifest.writes.words())),
    ] {
        lines.push(format!("{name:<11}  {value}"));
    }
    lines.push("settings".to_owned());
    let schema = serde_json::to_string_pretty(&manifest.settings_schema).map_err(Error::internal)?;
    lines.extend(schema.lines().map(|line| format!("  {line}")));
    Ok(lines.join("\n"))
}

fn world(loaded: &Loaded) -> &'static str {
    if loaded.plugin.facts().is_json { "policy-json" } else { "policy" }
}

fn form(loaded: &Loaded) -> &'static str {
    if loaded.plugin.facts().is_component { "component" } else { "core module" }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Small => "small",
        Tier::Large => "large",
    }
}
