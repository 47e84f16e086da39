//! A plugin's file, loaded as the server loads an upload.

use std::path::{Path, PathBuf};

use super::file;
use super::limits::PLUGIN_BYTES_MAX;
use crate::error::{Error, Result};
use crate::policy::{Host, HostSettings, LoadError, LoadLimits, LoadStage, Plugin, Tier};

/// Whose the plugins of the kit are, in the sandbox's eyes: one person's.
const OWNER: &str = "author";

/// A plugin that runs, and how large a plugin it is.
#[derive(Debug)]
pub struct Loaded {
    /// The plugin.
    pub plugin: Plugin,
    /// The tier that takes it.
    pub tier: Tier,
}

/// Why there is none.
#[derive(Debug)]
pub enum NotLoaded {
    /// A server would refuse the file.
    Refused(LoadError),
    /// It did not come to that.
    Failed(Error),
}

impl From<Error> for NotLoaded {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The same as one error.
impl From<NotLoaded> for Error {
    fn from(reason: NotLoaded) -> Self {
        match reason {
            NotLoaded::Refused(refusal) => {
                Error::invalid(format!("The plugin is refused at the stage {}. {}", refusal.stage.as_str(), refusal.message))
            }
            NotLoaded::Failed(error) => error,
        }
    }
}

/// Loads a file within the bounds of the small tier, or else of the large one. `program` is this executable, which compiles in a process of its own.
///
/// # Errors
/// If the file cannot be read, plugins cannot run on this machine, or a server would refuse it.
pub fn load(path: &Path, program: Option<PathBuf>) -> Result<Loaded, NotLoaded> {
    let wasm = file::read(path, PLUGIN_BYTES_MAX)?;
    let unable = |cause| Error::conflict("Plugins cannot run on this machine.").with_cause(Box::new(cause));
    let host = Host::new(HostSettings { program, cache: None }).map_err(unable)?.patient();
    match host.load(&wasm, &LoadLimits::of(Tier::Small), OWNER) {
        Ok(plugin) => Ok(Loaded { plugin, tier: Tier::Small }),
        Err(refusal) if may_fit_another_tier(refusal.stage) => match host.load(&wasm, &LoadLimits::of(Tier::Large), OWNER) {
            Ok(plugin) => Ok(Loaded { plugin, tier: Tier::Large }),
            Err(refusal) => Err(NotLoaded::Refused(refusal)),
        },
        Err(refusal) => Err(NotLoaded::Refused(refusal)),
    }
}

/// Whether a stage has bounds that differ between tiers.
fn may_fit_another_tier(stage: LoadStage) -> bool {
    matches!(stage, LoadStage::Size | LoadStage::Parse | LoadStage::Features | LoadStage::Compile)
}
