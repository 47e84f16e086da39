//! Lists: what a look-up costs in a large inventory against a small one, what a walk over everything costs, and how much memory lists take.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use doorlist_tests::http::encode;
use doorlist_tests::load::{Sample, Stream, median, run_one};

use crate::machine::Machine;
use crate::scale::{FILL_LIMIT, Scale};
use crate::server::{Doorlist, memory_mib};
use crate::tenant::Population;

/// Sizes below which fixed costs hide how a walk grows.
pub const GROWTH_FROM: usize = 400;

/// Memory by which the server may grow while it answers a list, for the first time or again: pages, and what the allocator keeps.
pub const MEMORY_MIB_MAX: f64 = 16.0;

/// Growth below which memory is as large as before: the system counts pages, and the server does other things beside.
const GROWTH_SEEN_MIB: f64 = 0.5;

/// Place, among the populations, of the one that growth of the largest is held against.
const FEW: usize = 1;

/// Walks over each population, of which the medians count.
const WALKS: usize = 3;

/// Between two looks at the server's memory.
const LOOK: Duration = Duration::from_millis(2);

/// Lists that look at every user: one that nobody matches, and one in the order of what is not indexed.
const LOOKING_AT_ALL: [(&str, &str); 3] = [
    ("filter that nobody matches", "/Users?filter=title%20eq%20%22Nobody%22"),
    ("sorted by name", "/Users?sortBy=name.familyName&count=200"),
    ("sorted, the last page by index", "/Users?sortBy=name.familyName&sortOrder=descending&count=200&startIndex=<last>"),
];

/// A look-up in two populations.
#[derive(Debug)]
pub struct Lookup {
    pub by: &'static str,
    pub goal: &'static str,
    pub small_us: f64,
    pub large_us: f64,
    /// Median of the ratios of the rounds.
    pub ratio: f64,
}

/// A walk over everybody by cursor.
#[derive(Debug)]
pub struct Walk {
    pub users: usize,
    /// Time of its requests.
    pub us: f64,
    pub first_us: f64,
    pub last_us: f64,
}

/// The server's memory around a list.
#[derive(Debug)]
pub struct Memory {
    pub what: String,
    pub before_mib: f64,
    pub while_mib: f64,
    pub after_mib: f64,
}

/// What was measured of lists.
#[derive(Debug)]
pub struct ListFigures {
    /// Users of the smallest and of the largest population.
    pub populations: [usize; 2],
    pub lookups: Vec<Lookup>,
    pub walks: Vec<Walk>,
    /// Each list of the largest population for the first time, then again.
    pub memory: Vec<Memory>,
    /// The same lists of a smaller population, and how many users that has.
    pub memory_of_few: (usize, Vec<Memory>),
}

impl ListFigures {
    /// The most that a list took, be it the first time or not.
    pub fn growth_mib(&self) -> f64 {
        most_growth(&self.memory)
    }

    /// What the lists of the largest population took, as a multiple of what they took of the smaller one.
    pub fn growth_ratio(&self) -> f64 {
        self.growth_mib() / most_growth(&self.memory_of_few.1).max(GROWTH_SEEN_MIB)
    }
}

impl Memory {
    /// By how much the server grew.
    pub fn growth_mib(&self) -> f64 {
        self.while_mib - self.before_mib
    }
}

fn most_growth(memory: &[Memory]) -> f64 {
    memory.iter().map(Memory::growth_mib).fold(0.0, f64::max)
}

/// Makes a tenant of each size on a server of their own and measures.
pub fn measure(machine: &Machine, scale: &Scale, directory: &Path) -> io::Result<ListFigures> {
    let data_dir = directory.join("lists");
    std::fs::create_dir(&data_dir)?;
    let server = Doorlist::start(machine, &data_dir)?;
    let mut populations = Vec::new();
    for size in scale.list_sizes {
        let mut population = Population::without_policies(&server, &format!("{size} users"));
        population.fill(*size)?;
        population.synced()?;
        populations.push(population);
    }
    let (Some(small), Some(large)) = (populations.first(), populations.last()) else {
        return Err(io::Error::other("there is nothing to list"));
    };
    let lookups = lookups(&server, scale, small, large)?;
    let few = populations.get(FEW).unwrap_or(small);
    let memory_of_few = (few.users.len(), memory(&server, few)?);
    let memory = memory(&server, large)?;
    let mut walks = Vec::new();
    for population in &populations {
        let mut rounds = (0..WALKS).map(|_| walk(&server, population)).collect::<io::Result<Vec<Walk>>>()?;
        rounds.sort_by(|one, other| one.us.total_cmp(&other.us));
        let first_us = median(rounds.iter().map(|walk| walk.first_us));
        let last_us = median(rounds.iter().map(|walk| walk.last_us));
        walks.push(Walk { first_us, last_us, ..rounds.swap_remove(WALKS / 2) });
    }
    Ok(ListFigures { populations: [small.users.len(), large.users.len()], lookups, walks, memory, memory_of_few })
}

/// What an identity provider looks users up by.
type By = (&'static str, &'static str, fn(usize) -> String);

/// Look-ups by one client, in the small and the large population by turns.
fn lookups(server: &Doorlist, scale: &Scale, small: &Population, large: &Population) -> io::Result<Vec<Lookup>> {
    let kinds: [By; 3] = [
        ("by userName", "find by userName, many against few users", |number| format!("userName eq \"user.{number}@example.com\"")),
        ("by externalId", "find by externalId, the same", |number| format!("externalId eq \"user-{number:024x}\"")),
        ("by emails.value", "find by emails.value, the same", |number| format!("emails.value eq \"user.{number}@example.com\"")),
    ];
    let mut lookups = Vec::new();
    for (by, goal, filter) in kinds {
        let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
        // Twice as many rounds as elsewhere: the question is whether there is any difference.
        for _ in 0..2 * scale.rounds {
            for (population, figures) in [(small, &mut of_small), (large, &mut of_large)] {
                let stream = Stream::cycle(1, &[200], population.lookups_by(filter));
                figures.push(Sample::p50_us(&run_one(server.address, scale.phase / 4, stream)?.sample));
            }
        }
        let ratio = median(of_small.iter().zip(&of_large).map(|(small, large)| large / small.max(1e-3)));
        lookups.push(Lookup { by, goal, small_us: median(of_small), large_us: median(of_large), ratio });
    }
    Ok(lookups)
}

/// One request, and the time and the body of its answer.
fn ask(server: &Doorlist, population: &Population, path: &str) -> io::Result<(f64, Vec<u8>)> {
    let outcome = run_one(server.address, FILL_LIMIT, Stream::once(1, &[200], vec![population.read(path)]).keeping_bodies())?;
    let micros = outcome.by_place.first().map(|(_, micros)| *micros);
    let body = outcome.bodies.into_iter().next().map(|(_, body)| body);
    micros.zip(body).ok_or_else(|| io::Error::other("a list was not answered"))
}

/// Every page, one after the other. The time is that of the requests; reading the cursor is the client's own.
fn walk(server: &Doorlist, population: &Population) -> io::Result<Walk> {
    let (mut cursor, mut times, mut seen) = (String::new(), Vec::new(), 0);
    loop {
        let (micros, body) = ask(server, population, &format!("/Users?cursor={}", encode(&cursor)))?;
        times.push(micros);
        let page: serde_json::Value = serde_json::from_slice(&body)?;
        seen += page["Resources"].as_array().map_or(0, Vec::len);
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    if seen != population.users.len() {
        return Err(io::Error::other(format!("a walk over {} users saw {seen}", population.users.len())));
    }
    // The page before the last, since the last one may be a short one.
    let last = times.iter().rev().nth(1).or(times.first()).copied();
    Ok(Walk {
        users: seen,
        us: times.iter().sum(),
        first_us: times.first().copied().unwrap_or_default(),
        last_us: last.unwrap_or_default(),
    })
}

/// The server's memory while it answers each list, twice.
fn memory(server: &Doorlist, population: &Population) -> io::Result<Vec<Memory>> {
    let mut figures = Vec::new();
    for again in ["", ", again"] {
        figures.push(watched(server, &format!("walk by cursor{again}"), || walk(server, population).map(drop))?);
        for (what, path) in LOOKING_AT_ALL {
            let path = path.replace("<last>", &population.users.len().saturating_sub(200).max(1).to_string());
            figures.push(watched(server, &format!("{what}{again}"), || ask(server, population, &path).map(drop))?);
        }
    }
    Ok(figures)
}

/// Looks at the server's memory all the time while `act` runs.
pub fn watched(server: &Doorlist, what: &str, act: impl FnOnce() -> io::Result<()>) -> io::Result<Memory> {
    let (process, before_mib) = (server.id(), server.memory_mib());
    let done = AtomicBool::new(false);
    let while_mib = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = before_mib;
            while !done.load(Ordering::Acquire) {
                most = most.max(memory_mib(process, "VmRSS"));
                thread::sleep(LOOK);
            }
            most
        });
        let outcome = act();
        done.store(true, Ordering::Release);
        let most = watcher.join().map_err(|_| io::Error::other("nobody looked at the memory"))?;
        outcome.map(|()| most)
    })?;
    Ok(Memory { what: what.to_owned(), before_mib, while_mib, after_mib: server.memory_mib() })
}
