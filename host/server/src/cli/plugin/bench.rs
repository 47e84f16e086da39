//! `doorlist plugin bench`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::size;
use crate::cli::say;
use crate::clock::Clock;
use crate::error::Result;
use crate::kit::load::Loaded;
use crate::kit::{bench, cases};

/// Options of `doorlist plugin bench`.
#[derive(Args)]
#[command(
    after_long_help = "Each batch has a fresh instance, as in the server: it starts, takes its settings and is asked about its users one after the
other. Times are of the processor; half of the batches took less (p50)."
)]
pub(super) struct Bench {
    /// The plugin's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A file with cases, or a directory of such, whose users and settings are taken: those of the first case with a user, and of others with the same settings.
    /// Without it: the directory cases if it is there, or else a user with nothing but a name.
    #[arg(long, value_name = "PATH")]
    cases: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(super) fn run(self) -> Result<ExitCode> {
        let beside = || Some(PathBuf::from("cases")).filter(|path: &PathBuf| Path::is_dir(path));
        let cases = self.cases.or_else(beside).map_or_else(|| Ok(Vec::new()), |path| cases::read(&path))?;
        let clock = Clock::system();
        let begun = clock.now().as_millis();
        let Loaded { plugin, .. } = super::load(&self.file)?;
        let load_ms = clock.now().as_millis().saturating_sub(begun);
        let figures = bench::measure(&plugin, &cases)?;
        let facts = plugin.facts();
        if self.json {
            let all = json!({"bytes": facts.bytes, "compiledBytes": facts.compiled_bytes, "loadMillis": load_ms, "batches": figures});
            say(&all.to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
        let sizes = format!("{}, machine code {}", size(facts.bytes as u64), size(facts.compiled_bytes as u64));
        say(&format!("{} {}: {sizes}, loaded in {load_ms} ms", plugin.manifest().name, plugin.manifest().version))?;
        say("users   batch p50   user p50   memory at most   batches")?;
        for figure in figures {
            let (batch, user) = (time(figure.batch_micros_p50), time(figure.user_micros_p50));
            let memory = size(figure.memory_bytes_peak);
            say(&format!("{:>5} {batch:>11} {user:>10} {memory:>16} {:>9}", figure.users, figure.rounds))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Microseconds for people.
fn time(micros: f64) -> String {
    if micros < 1_000.0 { format!("{micros:.1} µs") } else { format!("{:.2} ms", micros / 1_000.0) }
}
