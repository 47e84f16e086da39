//! Plans: what it costs to say what a pipeline would do to everybody, to do it, and what another tenant's writes notice of it.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use doorlist_tests::load::{Sample, Stream, median, run_one};
use serde_json::Value;

use crate::lists::watched;
use crate::machine::Machine;
use crate::scale::Scale;
use crate::server::Doorlist;
use crate::tenant::{Population, STAFF};

/// A group of most of the users: whoever is not in it would go.
const MOST: &str = "NB-Most";

/// Of so many users one would go.
const ONE_OF: usize = 100;

/// Plans of each tenant, of which the median counts.
const PLANS: usize = 3;

/// Users of the tenant that writes meanwhile.
const NEIGHBOURS: usize = 100;

/// What was measured with one number of users.
#[derive(Debug)]
pub struct PlanRow {
    pub users: usize,
    pub differences: u64,
    pub plan: Duration,
    pub apply: Duration,
    /// Memory by which the server grew while it planned.
    pub plan_mib: f64,
    /// The same while it applied.
    pub apply_mib: f64,
}

/// What was measured of plans.
#[derive(Debug)]
pub struct PlanFigures {
    pub rows: Vec<PlanRow>,
    /// A write of another tenant, alone and while the largest plan is computed; p50 in µs.
    pub alone_us: f64,
    pub beside_us: f64,
}

/// Makes a tenant of each size on a server of its own and measures.
pub fn measure(machine: &Machine, scale: &Scale, directory: &Path) -> io::Result<PlanFigures> {
    let mut figures = PlanFigures { rows: Vec::new(), alone_us: 0.0, beside_us: 0.0 };
    for size in scale.plan_sizes {
        let data_dir = directory.join(format!("plans-{size}"));
        std::fs::create_dir(&data_dir)?;
        let server = Doorlist::start_plain(machine, &data_dir)?;
        let mut population = Population::with_policies(&server, "Planned");
        population.fill(*size)?;
        population.group(STAFF, *size)?;
        population.group(MOST, size - size / ONE_OF)?;
        population.synced()?;
        let mut plans = Vec::new();
        let planning = watched(&server, "plan", || {
            for _ in 0..PLANS {
                plans.push(population.plan(MOST)?);
            }
            Ok(())
        })?;
        if Some(size) == scale.plan_sizes.last() {
            (figures.alone_us, figures.beside_us) = neighbour(&server, scale, &population)?;
        }
        let (plan, _) = population.plan(MOST)?;
        let mut apply = Duration::ZERO;
        let applying = watched(&server, "apply", || {
            apply = population.apply(&plan)?;
            Ok(())
        })?;
        figures.rows.push(PlanRow {
            users: *size,
            differences: plan["differences"].as_u64().unwrap_or_default(),
            plan: Duration::from_secs_f64(median(plans.iter().map(|(_, took): &(Value, Duration)| took.as_secs_f64()))),
            apply,
            plan_mib: planning.growth_mib(),
            apply_mib: applying.growth_mib(),
        });
    }
    Ok(figures)
}

/// Writes of another tenant: alone, and while a plan is computed. In turns, so that both see the same machine.
fn neighbour(server: &Doorlist, scale: &Scale, population: &Population) -> io::Result<(f64, f64)> {
    let mut other = Population::with_policies(server, "Neighbour");
    other.fill(NEIGHBOURS)?;
    other.synced()?;
    let (_, took) = population.plan(MOST)?;
    // Less than the plan takes, so that no write comes behind its end.
    let limit = took.mul_f64(0.8).min(scale.phase * 2);
    let writes = |round: usize, what: &str| {
        let change = |(number, user): (usize, &String)| other.change_title(user, &format!("{what} {round} {number}"));
        let requests = other.users.iter().cycle().take(crate::scale::REQUESTS_MAX / 10).enumerate().map(change).collect();
        run_one(server.address, limit, Stream { may_break: false, ..Stream::once(1, &[200], requests) })
    };
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 0..scale.rounds.min(PLANS) {
        alone.push(Sample::p50_us(&writes(round, "alone")?.sample));
        let outcome = thread::scope(|scope| {
            let planning = scope.spawn(|| population.plan(MOST).map(drop));
            let outcome = writes(round, "beside");
            planning.join().map_err(|_| io::Error::other("nobody planned"))??;
            outcome
        })?;
        beside.push(Sample::p50_us(&outcome.sample));
    }
    Ok((median(alone), median(beside)))
}
