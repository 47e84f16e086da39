//! The goals, each as a ratio to a yardstick of the same run, and whether this run reached them.

use std::time::Duration;

use doorlist_tests::load::Sample;

use crate::crash::CrashFigures;
use crate::figures::{Figures, Phase, Series, exponent};
use crate::groups::GroupFigures;
use crate::lists::{self, ListFigures};
use crate::plans::{PlanFigures, PlanRow};
use crate::users::{MIXED, WRITERS};

/// A goal and what came of it.
#[derive(Debug)]
pub struct Goal {
    pub number: u8,
    pub what: &'static str,
    pub wanted: String,
    pub measured: String,
    pub reached: bool,
}

/// Rate of a sample as a multiple of one write after the other at its median (1/F).
fn floor_rate(sample: &Sample) -> f64 {
    1e6 / sample.p50_us().max(1e-3)
}

fn at_least(number: u8, what: &'static str, wanted: f64, unit: &str, measured: f64) -> Goal {
    let (wanted_text, measured_text) = (format!("≥ {wanted} {unit}"), format!("{measured:.2} {unit}"));
    Goal { number, what, wanted: wanted_text, measured: measured_text, reached: measured >= wanted }
}

fn at_most(number: u8, what: &'static str, wanted: f64, unit: &str, measured: f64) -> Goal {
    // Adding nothing makes -0 a 0, for the reader.
    let measured = (measured * 100.0).round() / 100.0 + 0.0;
    let (wanted_text, measured_text) = (format!("≤ {wanted} {unit}"), format!("{measured:.2} {unit}"));
    Goal { number, what, wanted: wanted_text, measured: measured_text, reached: measured <= wanted }
}

/// Goals about users: 1 to 5 and 15.
pub fn of_users(figures: &Figures) -> Vec<Goal> {
    let floor = figures.of(Phase::RawWrite, 1);
    let rtt = figures.of(Phase::StaticAnswer, 1);
    let rate = figures.of(Phase::StaticAnswer, 64);
    let write_rate = |clients: usize| {
        let ratio = |phase| figures.of(phase, clients).over(Sample::per_second, &floor, floor_rate);
        ratio(Phase::CreateUser).min(ratio(Phase::ChangeUser))
    };
    let many = |phase| figures.of(phase, 64);
    let tail = |series: Series| series.over(Sample::p99_us, &floor, Sample::p50_us);
    let lone = figures.of(Phase::ChangeUser, 1);
    let bound_us = 10.0 * floor.p50_us() + 2.0 * rtt.p50_us();
    let with_policies = WRITERS.map(|clients| {
        figures.of(Phase::ChangeUser, clients).over(Sample::per_second, &figures.of(Phase::ChangeUserBare, clients), Sample::per_second)
    });
    vec![
        Goal {
            number: 1,
            what: "PATCH user, 1 client, p50",
            wanted: format!("≤ 10 F + 2 RTT = {bound_us:.0} µs"),
            measured: format!("{:.0} µs = {:.1} F", lone.p50_us(), lone.p50_us() / floor.p50_us().max(1e-3)),
            reached: lone.p50_us() <= bound_us,
        },
        at_most(1, "the same, p99", 2.0, "p50", lone.over(Sample::p99_us, &lone, Sample::p50_us)),
        at_least(2, "writes a second, 8 clients", 0.4, "of 1/F", write_rate(8)),
        at_least(3, "writes a second, 64 clients", 1.2, "of 1/F", write_rate(64)),
        at_most(3, "the same, p99", 80.0, "F", tail(many(Phase::CreateUser)).max(tail(many(Phase::ChangeUser)))),
        at_least(4, "read by id, 64 clients", 0.35, "A", many(Phase::ReadUser).over(Sample::per_second, &rate, Sample::per_second)),
        at_least(4, "find by userName, 64 clients", 0.35, "A", many(Phase::FindUser).over(Sample::per_second, &rate, Sample::per_second)),
        at_most(5, "p99 of 8 readers beside 8 writers", 20.0, "RTT", beside_writers(figures).over(Sample::p99_us, &rtt, Sample::p50_us)),
        at_least(15, "writes with policies, against without", 0.7, "", with_policies.into_iter().fold(f64::INFINITY, f64::min)),
    ]
}

/// The reads of goal 5. Those with a real-time priority say nothing if they kept the writers out; then those in turns count.
fn beside_writers(figures: &Figures) -> Series {
    /// Share of 1/F below which the writers were kept out.
    const KEPT_OUT: f64 = 0.1;
    let writers = figures.of(Phase::WriteWhileReading, MIXED);
    let share = writers.over(Sample::per_second, &figures.of(Phase::RawWrite, 1), floor_rate);
    figures.of(if share < KEPT_OUT { Phase::ReadInTurns } else { Phase::ReadWhileWriting }, MIXED)
}

/// Goals about groups: 6 to 9.
pub fn of_groups(figures: &GroupFigures) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut exponent = |number, what, wanted, exponent: Option<f64>| {
        goals.extend(exponent.map(|exponent| at_most(number, what, wanted, "exponent", exponent)));
    };
    exponent(6, "add one member", 0.10, figures.exponent(|of_size| of_size.add_us));
    exponent(6, "remove one member", 0.10, figures.exponent(|of_size| of_size.remove_us));
    exponent(7, "GET group without members", 0.10, figures.exponent(|of_size| of_size.read_without_members_us));
    exponent(8, "GET group with members", 1.05, figures.exponent(|of_size| of_size.read_us));
    goals.push(at_most(8, "the same, the largest", 0.3, "µs a member", figures.read_us_a_member()));
    goals.push(at_most(9, "PATCH with 100 members against one", 4.0, "times", figures.add_many_us / figures.add_one_us.max(1e-3)));
    goals
}

/// Goals about lists: 10, and 16 to 18.
pub fn of_lists(figures: &ListFigures) -> Vec<Goal> {
    let mut goals: Vec<Goal> = figures.lookups.iter().map(|lookup| at_most(16, lookup.goal, 1.3, "times", lookup.ratio)).collect();
    let walks = figures.walks.iter().filter(|walk| walk.users >= lists::GROWTH_FROM);
    goals
        .extend(exponent(walks.map(|walk| (walk.users, walk.us))).map(|exponent| at_most(17, "walk by cursor", 1.1, "exponent", exponent)));
    if let Some(walk) = figures.walks.last() {
        goals.push(at_most(10, "last cursor page against first", 1.2, "times", walk.last_us / walk.first_us.max(1e-3)));
    }
    goals.push(at_most(18, "memory that a list takes", lists::MEMORY_MIB_MAX, "MiB", figures.growth_mib()));
    goals
}

/// Goals about plans: 19 to 21.
pub fn of_plans(figures: &PlanFigures) -> Vec<Goal> {
    /// Users for which the time of a plan is a goal.
    const LARGE: usize = 100_000;
    let mut goals = Vec::new();
    if let Some(row) = figures.rows.iter().find(|row| row.users == LARGE) {
        goals.push(at_most(19, "plan over 100,000 users", 3.0, "s", row.plan.as_secs_f64()));
    }
    let growth = |time: fn(&PlanRow) -> Duration| exponent(figures.rows.iter().map(|row| (row.users, time(row).as_secs_f64())));
    goals.extend(growth(|row| row.plan).map(|exponent| at_most(20, "a plan's time", 1.1, "exponent", exponent)));
    goals.extend(growth(|row| row.apply).map(|exponent| at_most(20, "the time of applying it", 1.1, "exponent", exponent)));
    let beside = figures.beside_us / figures.alone_us.max(1e-3);
    goals.push(at_most(21, "another tenant's write beside a plan, p50", 2.0, "times", beside));
    goals
}

/// Goal 11.
pub fn of_crash(figures: &CrashFigures) -> Vec<Goal> {
    let slowest = figures.scim.iter().max().map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let lost = format!("{} of {}", figures.lost, figures.acknowledged);
    let kills = figures.scim.len();
    vec![
        at_most(11, "first SCIM answer after kill -9, slowest", 100.0, "ms", slowest),
        Goal {
            number: 11,
            what: "acknowledged writes lost",
            wanted: format!("0 in {kills} kills"),
            measured: lost,
            reached: figures.lost == 0,
        },
    ]
}
