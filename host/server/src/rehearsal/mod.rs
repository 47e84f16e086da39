//! Rehearsals: a pipeline tried offline on a recording of a tenant, as its server would run it.
//!
//! Reading order: [`recording`] (the file), [`replace`] (its names replaced), [`Rehearsal`] (a store in memory that is as the recorded one, and a pipeline put
//! there), [`expect`] (what should come of it). Everything is done by the functions that the server uses: the differences are those of a plan, and what comes of the pipeline
//! is what the projector makes of it. Knows nothing of where a recording came from, and no terminal.

pub mod expect;
mod rebuild;
pub mod recording;
pub mod replace;

use std::num::NonZero;
use std::sync::Arc;

use serde::Deserialize;

use crate::activity::Actor;
use crate::admin::pipeline::{self, NewPolicy, Policy};
use crate::admin::plugins::Plugins;
use crate::admin::plugins::upload::{Progress, Upload};
use crate::clock::{Clock, Timestamp};
use crate::directory::plan::{self, Difference, Proposal, Tally};
use crate::directory::{self, Projector};
use crate::error::{Error, Result};
use crate::limits::PLAN_THREADS_MAX;
use crate::policy::HostSettings;
use crate::store::{PartitionNumber, Store, Tenant};

use self::expect::Known;
use self::recording::Reader;

/// The partition of the one tenant of a rehearsal.
const TENANT: PartitionNumber = 1;

/// A pipeline as a document: what `doorlist pipeline get` prints.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// The policies, in the order in which they are asked.
    pub policies: Vec<NewPolicy>,
    /// The revision that it is made from, which means nothing here.
    #[serde(default)]
    pub revision: Option<u64>,
    /// Where editors find the JSON Schema of the file, which means nothing here.
    #[serde(default, rename = "$schema")]
    pub schema: Option<String>,
}

/// What a pipeline would make of the recorded directory.
#[derive(Debug)]
pub struct Plan {
    /// The policies, checked and completed.
    pub policies: Vec<Policy>,
    /// Every difference between the directory as recorded and as the pipeline would have it.
    pub differences: Vec<Difference>,
    /// The same, counted.
    pub tally: Tally,
}

/// A tenant in memory that is as it was recorded.
pub struct Rehearsal {
    store: Store,
    tenant: Tenant,
    plugins: Arc<Plugins>,
    now: Timestamp,
    settled: bool,
    /// Who is in the recorded directory.
    recorded: Known,
}

impl Rehearsal {
    /// Puts a recording into a store in memory. `settings` say how plugins are compiled.
    ///
    /// # Errors
    /// If the recording is broken, with the line; or if there is no memory for it.
    pub fn of(reader: Reader<impl std::io::BufRead>, settings: HostSettings, now: Timestamp) -> Result<Self> {
        let store = Store::in_memory()?;
        let tenant = store.tenant(TENANT);
        let settled = rebuild::rebuild(&store, &tenant, reader, now)?;
        let recorded = tenant.read(Known::read)?;
        Ok(Self { store, tenant, plugins: Arc::new(Plugins::new(settings)), now, settled, recorded })
    }

    /// Whether the tenant was at rest while it was recorded. If not, the pipeline that was in force may make differences.
    pub fn settled(&self) -> bool {
        self.settled
    }

    /// Uploads a plugin of the tenant's own, within the tenant's limits. No signature is asked for.
    ///
    /// # Errors
    /// With the stage that refuses it, as the server would.
    pub fn upload(&self, wasm: Vec<u8>) -> Result<()> {
        let upload = Upload { wasm, signature: None, progress: Progress::default() };
        self.plugins.upload(&self.tenant, &upload, (&Actor::System, self.now), |_, _| Ok(())).map(drop)
    }

    /// Says what a pipeline would make of the recorded directory, and touches nothing.
    ///
    /// # Errors
    /// With a JSON Pointer for each problem of the document, among them a connection that is not recorded; otherwise a fault of ours.
    pub fn plan(&self, document: Document) -> Result<Plan> {
        let policies = pipeline::check(&self.plugins, Some(&self.tenant), document.policies)?;
        self.tenant.read(|rows| pipeline::check_named(rows, &policies))?;
        let ready = self.plugins.ready(&self.tenant, &policies)?;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(PLAN_THREADS_MAX);
        let proposal = Proposal { tenant: TENANT, policies: policies.clone(), plugins: &ready, now: self.now, threads };
        let mut differences = Vec::new();
        let tally = self.tenant.read(|view| {
            plan::compute(view, proposal, &mut |difference| {
                differences.push(difference);
                Ok(())
            })
        })?;
        Ok(Plan { policies, differences, tally })
    }

    /// Puts the policies of a plan and projects everything by them, to the end.
    ///
    /// # Errors
    /// Only a fault of ours.
    pub fn project(&self, policies: &[Policy]) -> Result<()> {
        let (policies, now) = (policies.to_vec(), self.now);
        self.tenant.write(move |tx| {
            pipeline::put(tx, policies.clone(), None, &Actor::System, now)?;
            directory::reproject_all(tx)
        })?;
        let projector = Projector::new(self.store.clone(), Arc::clone(&self.plugins), Clock::new(move || now));
        while projector.turn(TENANT)? > 0 {}
        match self.tenant.read(directory::is_settled)? {
            true => Ok(()),
            false => Err(Error::internal("a rehearsal ended before everything was projected")),
        }
    }
}
