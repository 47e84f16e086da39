//! The benchmark: `cargo bench -p doorlist-tests`, after `cargo build --release -p doorlist`.
//!
//! Measures the executable over HTTP on this machine's loopback, beside what bounds it: a raw synced write (F), the round trip
//! of a static answer (RTT) and its rate (A), all in one run. Only ratios to these carry over to other machines, so the
//! [`goals`] are ratios. Everything is measured in interleaved rounds, of which medians count.
//!
//! `plans` or `policies` behind `--` measures that alone, and judges it alone.
//! `DOORLIST_BENCH_QUICK=1`, or `--quick` behind `--`, makes it a look of some seconds.
//! `DOORLIST_BENCH_PRIORITY=normal` forgoes real-time priority.
//!
//! Reading order: [`users`], [`groups`], [`lists`], [`plans`], [`crash`], [`sandbox`] and [`examples`] measure; [`goals`] judges; [`report`] prints. The load tool is
//! `doorlist_tests::load`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic here is a failed measurement"
)]
#![allow(missing_docs, reason = "nothing here is public; names and comments say what things are")]

mod answer;
mod crash;
mod examples;
mod figures;
mod floor;
mod goals;
mod groups;
mod lists;
mod machine;
mod native;
mod plans;
mod report;
mod sandbox;
mod scale;
mod server;
mod tenant;
mod users;

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::machine::Machine;
use crate::scale::{RUN_LIMIT, Scale};
use crate::tenant::Population;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(floor::ARGUMENT) => return Ok(floor::run(&arguments[1..])?),
        Some(answer::ARGUMENT) => return Ok(answer::run()?),
        _ => {}
    }
    // `cargo test --all-targets` runs this executable too, without the argument that `cargo bench` gives.
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("The benchmark runs with `cargo bench -p doorlist-tests`.");
        return Ok(());
    }
    let quick =
        arguments.iter().any(|argument| argument == "--quick") || std::env::var_os("DOORLIST_BENCH_QUICK").is_some_and(|text| text == "1");
    // Says so at once if the executable is missing.
    let _ = doorlist_tests::server::command();
    std::thread::spawn(|| {
        std::thread::sleep(RUN_LIMIT);
        eprintln!("The benchmark did not end within {} s.", RUN_LIMIT.as_secs());
        std::process::exit(1);
    });
    let directory = Directory::new()?;
    let scale = if quick { &Scale::QUICK } else { &Scale::FULL };
    let asked = |part: &str| arguments.iter().any(|argument| argument == part);
    if !asked(PLANS) && !asked(POLICIES) {
        return run(scale, &directory.0);
    }
    let made = if asked(POLICIES) { make_examples() } else { Vec::new() };
    let machine = begin(scale, &directory.0);
    if asked(PLANS) {
        report::goals(&of_plans(&machine, scale, &directory.0)?, false);
    }
    if asked(POLICIES) {
        of_policies(made, scale)?;
    }
    end();
    Ok(())
}

/// What can be asked for alone.
const PLANS: &str = "plans";
const POLICIES: &str = "policies";

/// Says what is measured, and where.
fn begin(scale: &Scale, directory: &Path) -> Machine {
    let machine = Machine::prepare();
    println!("Doorlist, {}; {} rounds of {} ms a phase, medians", scale.name, scale.rounds, scale.phase.as_millis());
    println!("{}", machine.describe(directory));
    machine
}

fn end() {
    println!("load average after {}: two of it are the benchmark's own, and what is beyond was in its way", machine::load_average());
}

fn of_plans(machine: &Machine, scale: &Scale, directory: &Path) -> Result<Vec<goals::Goal>, Box<dyn Error>> {
    eprintln!("{PLANS}");
    let plans = plans::measure(machine, scale, directory)?;
    report::plans(&plans);
    Ok(goals::of_plans(&plans))
}

/// Before this process has a place and a priority, which what it starts would inherit.
fn make_examples() -> Vec<examples::Made> {
    eprintln!("building the examples");
    examples::make()
}

fn of_policies(made: Vec<examples::Made>, scale: &Scale) -> Result<(), Box<dyn Error>> {
    eprintln!("{POLICIES}");
    report::policies(&sandbox::measure(scale)?);
    report::examples(&examples::measure(made, scale)?);
    Ok(())
}

/// Measures and prints everything, with files below `directory`.
fn run(scale: &Scale, directory: &Path) -> Result<(), Box<dyn Error>> {
    let made = make_examples();
    let machine = begin(scale, directory);
    let users = users::measure(&machine, scale, directory)?;
    report::users(&users);
    let mut goals = goals::of_users(&users);

    eprintln!("groups");
    let data_dir = directory.join("groups");
    std::fs::create_dir(&data_dir)?;
    let server = server::Doorlist::start(&machine, &data_dir)?;
    let mut population = Population::with_policies(&server, "Groups");
    let groups = groups::measure(&server, &mut population, scale)?;
    report::groups(&groups);
    goals.extend(goals::of_groups(&groups));

    eprintln!("lists");
    let lists = lists::measure(&machine, scale, directory)?;
    report::lists(&lists);
    goals.extend(goals::of_lists(&lists));

    goals.extend(of_plans(&machine, scale, directory)?);
    of_policies(made, scale)?;

    eprintln!("kills");
    let crash = crash::measure(&machine, scale, server, &mut population, &data_dir)?;
    report::crash(&crash);
    goals.extend(goals::of_crash(&crash));

    let floor = users.of(figures::Phase::RawWrite, 1);
    report::goals(&goals, floor::is_the_tick(floor.p50_us()));
    end();
    Ok(())
}

/// A directory beside the build's other output, on the same disk as a data directory would be. Dropped, it is gone.
struct Directory(PathBuf);

impl Directory {
    fn new() -> std::io::Result<Self> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Left behind, it is only disk space.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
