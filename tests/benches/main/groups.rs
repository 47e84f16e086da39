//! Groups of growing size: what one more member costs, what reading costs, and how much memory it takes.

use std::io;

use doorlist_tests::load::{Outcome, Stream, median, run_one};

use crate::figures::exponent;
use crate::scale::{FILL_LIMIT, Scale};
use crate::server::Doorlist;
use crate::tenant::Population;

/// Sizes below which fixed costs hide how a cost grows.
const GROWTH_FROM: usize = 1_000;

/// Members that a large change has.
const MANY: usize = 100;

/// Medians for groups of one size, in microseconds.
#[derive(Debug)]
pub struct OfSize {
    pub size: usize,
    pub add_us: f64,
    pub remove_us: f64,
    pub read_us: f64,
    pub read_without_members_us: f64,
}

/// What was measured of groups.
#[derive(Debug)]
pub struct GroupFigures {
    pub sizes: Vec<OfSize>,
    /// Adding [`MANY`] members in one PATCH, in microseconds.
    pub add_many_us: f64,
    /// Adding one member to the same group in turn with that.
    pub add_one_us: f64,
    /// The most memory the server had had when the largest group had been filled and read once.
    pub peak_mib: f64,
    /// Users and members of the largest group at that time.
    pub population: (usize, usize),
}

/// Measures with the users and groups that it makes in `population`.
pub fn measure(server: &Doorlist, population: &mut Population, scale: &Scale) -> io::Result<GroupFigures> {
    let largest = scale.group_sizes.iter().copied().max().unwrap_or_default();
    // Those beyond the largest group come and go.
    population.fill(largest + scale.member_changes.max(MANY + 1))?;
    let mut groups = Vec::new();
    let mut peak_mib = 0.0;
    // The largest first, so that memory is looked at before there are others.
    for size in scale.group_sizes.iter().rev().copied() {
        let id = population.group(&format!("NB-{size}"), size)?;
        if size == largest {
            population.synced()?;
            run_one(server.address, FILL_LIMIT, Stream::once(1, &[200], vec![population.read(&format!("/Groups/{id}"))]))?;
            peak_mib = server.peak_mib();
        }
        groups.insert(0, (size, id));
    }
    population.synced()?;
    let sizes = one_member(server, population, scale, &groups)?;
    let (add_one_us, add_many_us) = many_members(server, population, scale, &groups)?;
    Ok(GroupFigures { sizes, add_many_us, add_one_us, peak_mib, population: (population.users.len(), largest) })
}

/// Each kind of request over all sizes in turn, by one client.
fn one_member(server: &Doorlist, population: &Population, scale: &Scale, groups: &[(usize, String)]) -> io::Result<Vec<OfSize>> {
    let largest = groups.iter().map(|(size, _)| *size).max().unwrap_or_default();
    let strangers = &population.users[largest..];
    let change = |op: &'static str| {
        let turns = strangers.iter().take(scale.member_changes);
        turns.flat_map(move |user| groups.iter().map(move |(_, id)| population.change_members(id, op, std::slice::from_ref(user))))
    };
    let read = |query: &'static str| {
        let turns = 0..scale.group_reads;
        turns.flat_map(move |_| groups.iter().map(move |(_, id)| population.read(&format!("/Groups/{id}{query}"))))
    };
    let alone = |requests: Vec<Vec<u8>>| run_one(server.address, FILL_LIMIT, Stream::once(1, &[200, 204], requests));
    let added = alone(change("add").collect())?;
    population.synced()?;
    let removed = alone(change("remove").collect())?;
    population.synced()?;
    let without_members = alone(read("?excludedAttributes=members").collect())?;
    let whole = alone(read("").collect())?;
    let median_of = |outcome: &Outcome, at: usize| median_at(outcome, at, groups.len());
    let figures = groups.iter().enumerate().map(|(at, (size, _))| OfSize {
        size: *size,
        add_us: median_of(&added, at),
        remove_us: median_of(&removed, at),
        read_us: median_of(&whole, at),
        read_without_members_us: median_of(&without_members, at),
    });
    Ok(figures.collect())
}

/// One member and [`MANY`] come and go in turn. Gives the medians of adding one and of adding many.
fn many_members(server: &Doorlist, population: &Population, scale: &Scale, groups: &[(usize, String)]) -> io::Result<(f64, f64)> {
    let largest = groups.iter().map(|(size, _)| *size).max().unwrap_or_default();
    let group = groups.iter().find(|(size, _)| *size >= GROWTH_FROM);
    let (_, id) = group.ok_or_else(|| io::Error::other("no group is large enough"))?;
    let (one, many) = (&population.users[largest..=largest], &population.users[largest + 1..=largest + MANY]);
    let turn = [("add", one), ("add", many), ("remove", one), ("remove", many)];
    let requests = (0..scale.member_changes).flat_map(|_| turn.map(|(op, members)| population.change_members(id, op, members)));
    let outcome = run_one(server.address, FILL_LIMIT, Stream::once(1, &[200, 204], requests.collect()))?;
    population.synced()?;
    Ok((median_at(&outcome, 0, turn.len()), median_at(&outcome, 1, turn.len())))
}

/// The median of every `step`th request from `at` on.
fn median_at(outcome: &Outcome, at: usize, step: usize) -> f64 {
    median(outcome.by_place.iter().filter(|(place, _)| place % step == at).map(|(_, micros)| *micros))
}

impl GroupFigures {
    /// The power of the size that a cost grows with, over the sizes from [`GROWTH_FROM`] on: 0 is flat, 1 is linear. `None` for fewer than two.
    pub fn exponent(&self, cost: fn(&OfSize) -> f64) -> Option<f64> {
        let large = self.sizes.iter().filter(|of_size| of_size.size >= GROWTH_FROM);
        exponent(large.map(|of_size| (of_size.size, cost(of_size))))
    }

    /// Reading the largest group, in microseconds a member.
    pub fn read_us_a_member(&self) -> f64 {
        self.sizes.last().map_or(0.0, |of_size| of_size.read_us / of_size.size as f64)
    }
}
