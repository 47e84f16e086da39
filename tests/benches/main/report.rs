//! The report, as plain text of less than a hundred columns.

use crate::crash::CrashFigures;
use crate::examples::Row;
use crate::figures::{Figures, Phase, Series};
use crate::goals::Goal;
use crate::groups::GroupFigures;
use crate::lists::ListFigures;
use crate::plans::PlanFigures;
use crate::sandbox::{BATCHES, Cost};

/// Rows of users and their yardsticks.
pub fn users(figures: &Figures) {
    println!("\n{:<34}{:>8}{:>10}{:>10}{:>10}{:>8}  beside its yardstick", "", "clients", "per s", "p50 µs", "p99 µs", "cpu µs");
    for (phase, clients, series) in figures.all() {
        let processor = series.processor_us().map_or(String::new(), |micros| format!("{micros:.0}"));
        println!(
            "{:<34}{clients:>8}{:>10.0}{:>10.0}{:>10.0}{processor:>8}  {}",
            phase.to_string(),
            series.per_second(),
            series.p50_us(),
            series.p99_us(),
            beside(figures, phase, clients, series)
        );
    }
    println!("cpu µs: the server's processor time for each answer, with the projection and everything else it does meanwhile");
    println!("threads in turns: with normal priority, so that neither the readers' nor the writer's thread keeps the other out");
    if let Some((users, took)) = figures.reprojection {
        println!("a change of the pipeline projected {users} users anew in {:.2} s", took.as_secs_f64());
    }
}

/// A series as a ratio to what bounds it.
fn beside(figures: &Figures, phase: Phase, clients: usize, series: &Series) -> String {
    let floor_us = figures.of(Phase::RawWrite, 1).p50_us().max(1e-3);
    let rtt_us = figures.of(Phase::StaticAnswer, 1).p50_us().max(1e-3);
    let rate = figures.of(Phase::StaticAnswer, 64).per_second().max(1e-3);
    match phase {
        Phase::RawWrite | Phase::StaticAnswer => {
            let (low, high) = series.spread();
            format!("{low:.0} to {high:.0}/s")
        }
        Phase::ReadWhileWriting | Phase::ReadInTurns => format!("p99 {:.1} RTT", series.p99_us() / rtt_us),
        Phase::ReadUser | Phase::FindUser if clients == 1 => format!("p50 {:.1} RTT", series.p50_us() / rtt_us),
        Phase::ReadUser | Phase::FindUser => format!("{:.2} A", series.per_second() / rate),
        _ if clients == 1 => format!("p50 {:.1} F", series.p50_us() / floor_us),
        _ => format!("{:.2} of 1/F, p99 {:.0} F", series.per_second() * floor_us / 1e6, series.p99_us() / floor_us),
    }
}

/// Rows of plans.
pub fn plans(figures: &PlanFigures) {
    println!(
        "\n{:<26}{:>13}{:>10}{:>12}{:>10}{:>12}{:>10}",
        "plan, three policies, users", "differences", "plan s", "µs a user", "MiB", "apply s", "MiB"
    );
    for row in &figures.rows {
        let (plan, apply) = (row.plan.as_secs_f64(), row.apply.as_secs_f64());
        let a_user = plan * 1e6 / row.users.max(1) as f64;
        let (plan_mib, apply_mib) = (row.plan_mib, row.apply_mib);
        println!("{:<27}{:>12}{plan:>10.2}{a_user:>12.1}{plan_mib:>10.0}{apply:>12.2}{apply_mib:>10.0}", row.users, row.differences);
    }
    println!("another tenant's write {:.0} µs alone, {:.0} µs while the largest plan is computed", figures.alone_us, figures.beside_us);
}

/// Rows of groups, in p50.
pub fn groups(figures: &GroupFigures) {
    println!("\n{:<34}{:>14}{:>14}{:>14}{:>20}", "group of, p50 µs, 1 client", "add one", "remove one", "GET", "GET without members");
    for of_size in &figures.sizes {
        let (add, remove) = (of_size.add_us, of_size.remove_us);
        println!("{:<34}{add:>14.0}{remove:>14.0}{:>14.0}{:>20.0}", of_size.size, of_size.read_us, of_size.read_without_members_us);
    }
    println!("one member added in a PATCH {:.0} µs, a hundred in one {:.0} µs", figures.add_one_us, figures.add_many_us);
    let (users, members) = figures.population;
    println!("peak memory {:.0} MiB at {users} users and one group of {members}, filled, projected and read once", figures.peak_mib);
}

/// Rows of lists.
pub fn lists(figures: &ListFigures) {
    let [small, large] = figures.populations;
    let (of_small, of_large) = (format!("of {small}"), format!("of {large}"));
    println!("\n{:<34}{of_small:>14}{of_large:>14}{:>10}", "find a user, p50 µs, 1 client", "ratio");
    for lookup in &figures.lookups {
        println!("{:<34}{:>14.0}{:>14.0}{:>10.2}", lookup.by, lookup.small_us, lookup.large_us, lookup.ratio);
    }
    println!("\n{:<34}{:>14}{:>14}{:>14}{:>14}", "walk by cursor, users", "ms", "µs a user", "first page µs", "last page µs");
    for walk in &figures.walks {
        let each = walk.us / walk.users as f64;
        println!("{:<34}{:>14.1}{each:>14.1}{:>14.0}{:>14.0}", walk.users, walk.us / 1e3, walk.first_us, walk.last_us);
    }
    let (few, of_few) = &figures.memory_of_few;
    let columns = ["before", "while", "after", "growth"].map(|column| format!("{column:>10}")).concat();
    println!("\n{:<38}{columns}{:>16}", format!("memory, MiB, {large} users"), format!("of {few} users"));
    for (memory, of_few) in figures.memory.iter().zip(of_few) {
        let values =
            [memory.before_mib, memory.while_mib, memory.after_mib, memory.growth_mib()].map(|value| format!("{value:>10.1}")).concat();
        println!("{:<38}{values}{:>16.1}", memory.what, of_few.growth_mib());
    }
    println!("the most that a list of {large} users took is {:.1} times what one of {few} took", figures.growth_ratio());
}

/// Rows of policies.
pub fn policies(costs: &[Cost]) {
    let [alone, hundred, thousand] = BATCHES.map(|batch| if batch == 1 { "alone".to_owned() } else { format!("batch of {batch}") });
    println!("\n{:<34}{alone:>14}{hundred:>14}{thousand:>16}", "policy, µs a user");
    for (name, [alone, hundred, thousand]) in costs {
        println!("{name:<34}{alone:>14.1}{hundred:>14.1}{thousand:>16.1}");
    }
    let [alone, hundred, thousand] = [0, 1, 2].map(|at| costs.iter().map(|(_, cost)| cost[at]).sum::<f64>());
    println!("{:<34}{alone:>14.1}{hundred:>14.1}{thousand:>16.1}", "the pipeline of them");
}

/// Rows of examples.
pub fn examples(rows: &[Row]) {
    let [alone, hundred, thousand] = BATCHES.map(|batch| if batch == 1 { "alone".to_owned() } else { format!("of {batch}") });
    println!(
        "\n{:<24}{:<11}{:>7}{:>8}{:>8}{alone:>8}{hundred:>8}{thousand:>8}{:>8}{:>8}",
        "example", "language", "KB", "load ms", "first", "native", "ratio"
    );
    for row in rows {
        match row {
            Ok(cost) => {
                let [alone, hundred, thousand] = cost.users_us;
                println!(
                    "{:<24}{:<11}{:>7.0}{:>8.0}{:>8.0}{alone:>8.1}{hundred:>8.1}{thousand:>8.1}{:>8.2}{:>8.0}",
                    cost.name,
                    cost.language.to_string(),
                    cost.bytes as f64 / 1e3,
                    cost.load_ms,
                    cost.first_us,
                    cost.native_us,
                    thousand / cost.native_us.max(1e-3)
                );
            }
            Err((name, absent)) => println!("{name:<24}not measured. {absent}"),
        }
    }
    println!("load: admitted, compiled in a process of its own, described; first: from there to its first answer, µs; then µs a user in");
    println!(
        "batches with a fresh instance each; native: the same work as a Rust function, µs a user; ratio: that of the largest batch to it"
    );
}

/// What the kills did.
pub fn crash(figures: &CrashFigures) {
    let list = |times: &[std::time::Duration]| {
        let mut millis: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        millis.sort_by(f64::total_cmp);
        let at = |place: usize| millis.get(place).copied().unwrap_or(0.0);
        format!("{:.1} / {:.1} / {:.1} ms", at(0), at(millis.len() / 2), at(millis.len().saturating_sub(1)))
    };
    println!(
        "\nkilled {} times while 32 clients created users; data directory {:.0} MiB, page cache warm, normal priority",
        figures.scim.len(),
        figures.data_mib
    );
    println!("from start of the process to the first answer on /healthz (least / median / most)  {}", list(&figures.health));
    println!("to the first answer on SCIM after that                                             {}", list(&figures.scim));
    println!("acknowledged writes checked {}, lost {}", figures.acknowledged, figures.lost);
}

/// The goals. `without_floor` says that durable figures of this run show the scheduler and not the disk.
pub fn goals(goals: &[Goal], without_floor: bool) {
    println!("\n{:<4}{:<43}{:<28}{:<20}", "goal", "", "wanted", "measured");
    let mut sorted: Vec<&Goal> = goals.iter().collect();
    sorted.sort_by_key(|goal| goal.number);
    for goal in sorted {
        let verdict = match goal.reached {
            _ if without_floor && goal.number <= 3 => "not judged",
            true => "reached",
            false => "MISSED",
        };
        println!("{:<4}{:<43}{:<28}{:<20}{verdict}", goal.number, goal.what, goal.wanted, goal.measured);
    }
    if without_floor {
        println!("The raw writes waited for the scheduler's 4 ms tick, so this run says nothing about durable writes.");
    }
}
