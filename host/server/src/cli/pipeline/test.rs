//! `doorlist pipeline test`.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::show::{Shown, gravest_first, line};
use super::{DIFFERENT, counted};
use crate::cli::{program, say};
use crate::clock::Clock;
use crate::error::{Error, Problem, Result};
use crate::kit::file;
use crate::kit::limits::PLUGIN_BYTES_MAX;
use crate::limits::{BODY_BYTES_MAX, EXPECTATIONS_BYTES_MAX};
use crate::policy::HostSettings;
use crate::rehearsal::expect::Expectations;
use crate::rehearsal::recording::Reader;
use crate::rehearsal::{Document, Plan, Rehearsal};

/// Options of `doorlist pipeline test`.
#[derive(Args)]
#[command(
    after_long_help = "The recorded tenant is put into memory, the pipeline is put there, and everything is projected as the server would do it.
It takes no server, no network and no data directory. Plugins of the tenant's own are named by --plugin, signed or not.

There is no guard: whom it held while the tenant was recorded goes here.

Without expectations the differences to the recorded directory are shown, as plan does. One has no reason if it is what the
pipeline that was in force did and this one does not: a recording has no pipeline.
Expectations are a JSON document, which schemas/expectations.schema.json describes; what it leaves out may be as it likes:
  {\"counts\": {\"members\": 120, \"removedMax\": 5, \"stuck\": 0},
   \"users\": [{\"userName\": \"ada@example.com\", \"status\": \"active\", \"role\": \"admin\", \"groupsContain\": [\"Staff\"]},
             {\"userName\": \"guest@example.com\", \"included\": false, \"reasonContains\": \"staff only: \"}],
   \"groups\": [{\"displayName\": \"Staff\", \"included\": true, \"members\": 80}]}

Exit codes: 0 if everything is as expected, or without expectations nothing is different; 1 if something is not as
expected, or it failed; 3 if without expectations something is different; 2 for a command line that is not readable."
)]
pub(super) struct Test {
    /// The pipeline's file, as `get` prints it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The recording, as `record` writes it.
    #[arg(long, value_name = "FILE")]
    recording: PathBuf,
    /// A plugin of the tenant's own that the pipeline names. May come several times.
    #[arg(long, value_name = "FILE")]
    plugin: Vec<PathBuf>,
    /// What should come of it.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Write what comes of it as expectations to begin from. A file that is there is replaced.
    #[arg(long, value_name = "FILE", conflicts_with = "expect")]
    write_expect: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
}

impl Test {
    pub(super) fn run(self) -> Result<ExitCode> {
        // What is not readable needs no rehearsal to say so.
        let document: Document = read(&self.file, BODY_BYTES_MAX as u64)?;
        let expected: Option<Expectations> = self.expect.as_deref().map(|path| read(path, EXPECTATIONS_BYTES_MAX)).transpose()?;
        if let Some(path) = self.expect.as_ref().filter(|_| expected.as_ref().is_some_and(Expectations::is_empty)) {
            return Err(Error::invalid(format!("{} expects nothing.", path.display())));
        }
        let plugins = self.plugin.iter().map(|path| file::read(path, PLUGIN_BYTES_MAX)).collect::<Result<Vec<_>>>()?;
        let rehearsal = self.rehearsal().map_err(|error| about(&self.recording, error))?;
        for (path, wasm) in self.plugin.iter().zip(plugins) {
            rehearsal.upload(wasm).map_err(|error| about(path, error))?;
        }
        let plan = rehearsal.plan(document).map_err(|error| about(&self.file, error))?;
        let code = match (&expected, &self.write_expect) {
            (None, None) => show(&plan, &self.shown)?,
            (Some(expected), _) => {
                rehearsal.project(&plan.policies).map_err(|error| about(&self.file, error))?;
                tell(expected, &rehearsal.unexpected(expected, &plan.tally)?, self.shown.json)?
            }
            (None, Some(path)) => {
                rehearsal.project(&plan.policies).map_err(|error| about(&self.file, error))?;
                let outcome = rehearsal.outcome(&plan.tally)?;
                write(path, &outcome)?;
                say(&format!("{} written to {}.", counted(outcome.len() as u64, "expectation", "expectations"), path.display()))?;
                ExitCode::SUCCESS
            }
        };
        if !rehearsal.settled() && code != ExitCode::SUCCESS {
            let note = "The tenant was not at rest while it was recorded, or members were held, so the pipeline that was in force may make differences.";
            // On the other stream, so that JSON stays JSON. Nothing is lost if nobody reads it.
            let _ = writeln!(std::io::stderr(), "{note}");
        }
        Ok(code)
    }

    fn rehearsal(&self) -> Result<Rehearsal> {
        let failed = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::NotFound => Error::invalid("There is no such file."),
            _ => Error::invalid("It cannot be read.").with_cause(cause),
        };
        let reader = Reader::begin(BufReader::new(File::open(&self.recording).map_err(failed)?))?;
        let settings = HostSettings { program: Some(program()?), cache: None };
        Rehearsal::of(reader, settings, Clock::system().now())
    }
}

/// The same error with the file that it is about, and every problem with its place.
fn about(path: &Path, error: Error) -> Error {
    let mut told = format!("{}: {error}", path.display());
    if let Some(stage) = error.stage() {
        told = format!("{}: The plugin is refused at the stage {stage}. {error}", path.display());
    }
    for Problem { pointer, message } in error.problems() {
        told.push_str(&format!("\n  {} {message}", if pointer.is_empty() { "(all)" } else { pointer }));
    }
    let shown = Error::of(error.kind(), told);
    match error.cause() {
        Some(cause) => shown.with_cause(cause.to_string()),
        None => shown,
    }
}

/// A JSON document of a file.
fn read<T: DeserializeOwned>(path: &Path, bytes_max: u64) -> Result<T> {
    let text = file::read_text(path, bytes_max)?;
    let odd = |cause: String| Error::invalid(format!("{} is not what it should be: {cause}.", path.display()));
    // A struct would be taken from an array as well.
    if matches!(serde_json::from_str(&text), Ok(Value::Array(_))) {
        return Err(odd("a JSON object is wanted, and not an array".to_owned()));
    }
    serde_json::from_str(&text).map_err(|cause| odd(cause.to_string()))
}

fn write(path: &Path, outcome: &Expectations) -> Result<()> {
    let failed = |cause: std::io::Error| Error::invalid(format!("{} cannot be written.", path.display())).with_cause(cause);
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    serde_json::to_writer_pretty(&mut out, outcome).map_err(|cause| failed(cause.into()))?;
    writeln!(out).and_then(|()| out.flush()).map_err(failed)
}

/// What makes a difference for which no policy of the pipeline gives a reason. The recording does not have the pipeline by which its directory was made, and nobody knows
/// what of that falls away.
const NOBODY: &str = "No policy of this pipeline, and what the recorded one did is not in the recording";

/// Shows the differences to the recorded directory.
fn show(plan: &Plan, shown: &Shown) -> Result<ExitCode> {
    let (total, tally, summary) = (plan.differences.len() as u64, &plan.tally, plan.tally.summary_with(NOBODY));
    let mut listed = plan.differences.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>().map_err(Error::internal)?;
    if shown.json {
        let plan = json!({"subjects": tally.subjects, "differences": total, "counts": tally.counts, "byPolicy": tally.by_policy(), "summary": summary});
        say(&serde_json::to_string_pretty(&json!({"plan": plan, "differences": listed})).map_err(Error::internal)?)?;
    } else {
        summary.iter().try_for_each(|line| say(line))?;
        if !listed.is_empty() {
            say("")?;
        }
        gravest_first(&mut listed);
        listed.truncate(shown.most());
        listed.iter().try_for_each(|difference| say(&line(difference)))?;
        let left = total.saturating_sub(listed.len() as u64);
        if left > 0 {
            say(&format!("  … and {left} more: --all shows them"))?;
        }
    }
    Ok(if total == 0 { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

/// Tells what is otherwise than expected.
fn tell(expected: &Expectations, unexpected: &[Problem], json: bool) -> Result<ExitCode> {
    let all = counted(expected.len() as u64, "expectation", "expectations");
    if json {
        let document = json!({"expectations": expected.len(), "unexpected": unexpected});
        say(&serde_json::to_string_pretty(&document).map_err(Error::internal)?)?;
    } else {
        for Problem { pointer, message } in unexpected {
            say(&format!("{pointer}  {message}"))?;
        }
        say(&match unexpected.len() {
            0 => format!("As expected: {all}."),
            1 => format!("1 thing is not as expected, of {all}."),
            many => format!("{many} things are not as expected, of {all}."),
        })?;
    }
    Ok(if unexpected.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
