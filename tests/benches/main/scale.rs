//! How much is measured: the whole, or a look that takes seconds.

use std::time::Duration;

/// Bounds of a run. Every count and time of the benchmark is here.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// What the report calls it.
    pub name: &'static str,
    /// Rounds; every phase is run once in each, and medians of the rounds are reported.
    pub rounds: usize,
    /// Time of one phase in one round.
    pub phase: Duration,
    /// Users of a tenant whose users are written and read.
    pub users: usize,
    /// Sizes of the groups whose members are changed and read.
    pub group_sizes: &'static [usize],
    /// One-member changes of each group, and comparisons of changes of 100 members with changes of one.
    pub member_changes: usize,
    /// Readings of each group.
    pub group_reads: usize,
    /// Users of tenants whose lists are walked through; the first tenant is also the small one of look-ups.
    pub list_sizes: &'static [usize],
    /// Users of tenants whose directory is planned anew.
    pub plan_sizes: &'static [usize],
    /// Times the server is killed.
    pub kills: usize,
    /// Users that a plugin is asked about in each way.
    pub policy_users: usize,
    /// Batches of each size, alone, a hundred, a thousand, that an example is asked about in one repetition.
    pub example_batches: [usize; 3],
}

impl Scale {
    /// What figures are quoted from.
    pub const FULL: Self = Self {
        name: "full",
        rounds: 5,
        phase: Duration::from_millis(1_000),
        users: 10_000,
        group_sizes: &[100, 1_000, 10_000, 50_000],
        member_changes: 100,
        group_reads: 20,
        list_sizes: &[100, 1_000, 10_000, 100_000],
        plan_sizes: &[10_000, 100_000],
        kills: 10,
        policy_users: 10_000,
        example_batches: [200, 20, 5],
    };

    /// Shows that everything runs; its figures are not worth quoting.
    pub const QUICK: Self = Self {
        name: "quick: a look, not a measurement",
        rounds: 1,
        phase: Duration::from_millis(250),
        users: 1_000,
        group_sizes: &[100, 1_000],
        member_changes: 10,
        group_reads: 3,
        list_sizes: &[100, 400, 2_000],
        plan_sizes: &[500, 2_000],
        kills: 1,
        policy_users: 1_000,
        example_batches: [20, 2, 1],
    };
}

/// Requests that are prepared for one phase: more than a server on one core answers in it.
pub const REQUESTS_MAX: usize = 60_000;

/// Members in one PATCH while groups are filled.
pub const MEMBERS_A_PATCH: usize = 1_000;

/// Clients that fill a tenant with users.
pub const FILL_CLIENTS: usize = 64;

/// Seconds after which a phase without a time of its own is given up.
pub const FILL_LIMIT: Duration = Duration::from_secs(300);

/// Seconds after which the whole run ends itself, and its servers with it.
pub const RUN_LIMIT: Duration = Duration::from_secs(1_800);
