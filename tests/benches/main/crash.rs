//! The server is killed while it writes: how soon it answers again, and whether everything acknowledged is there.
//!
//! Unlike elsewhere the server has all cores and a normal priority: on one core and with a real-time priority its first answer would wait until
//! the projection, which has work at once, has compiled the policies.

use std::io;
use std::path::Path;
use std::time::Duration;

use doorlist_tests::load::{Stream, run_one};

use crate::machine::Machine;
use crate::scale::{FILL_LIMIT, REQUESTS_MAX, Scale};
use crate::server::Doorlist;
use crate::tenant::{Population, id_of};

/// Clients that write when the server is killed.
const CLIENTS: usize = 32;

/// What came of the kills.
#[derive(Debug, Default)]
pub struct CrashFigures {
    /// From the start of the process to the first answer on `/healthz`, for each kill.
    pub health: Vec<Duration>,
    /// The same to the first answer on SCIM, sent after that.
    pub scim: Vec<Duration>,
    /// Writes that were acknowledged in the seconds before a kill.
    pub acknowledged: usize,
    /// Those of them that were not there afterwards.
    pub lost: usize,
    /// Size of the data directory at the end.
    pub data_mib: f64,
}

/// Kills `server` again and again; `population` is what it serves from `data_dir`.
pub fn measure(
    machine: &Machine,
    scale: &Scale,
    mut server: Doorlist,
    population: &mut Population,
    data_dir: &Path,
) -> io::Result<CrashFigures> {
    let mut figures = CrashFigures::default();
    for kill in 0..scale.kills {
        let created = killed_while_writing(&mut server, population, scale, kill)?;
        drop(server);
        server = Doorlist::start_plain(machine, data_dir)?;
        figures.health.push(server.first_answer);
        population.moved_to(&server);
        let first = population.users.first().ok_or_else(|| io::Error::other("nobody to read"))?;
        run_one(server.address, FILL_LIMIT, Stream::once(1, &[200], vec![population.read(&format!("/Users/{first}"))]))?;
        figures.scim.push(server.since_start());
        figures.acknowledged += created.len();
        figures.lost += missing(&server, population, &created)?;
        population.synced()?;
    }
    for entry in std::fs::read_dir(data_dir)? {
        figures.data_mib += entry?.metadata()?.len() as f64 / f64::from(1 << 20);
    }
    Ok(figures)
}

/// Creates users until the server is killed under it; gives the ids of those that were acknowledged.
fn killed_while_writing(server: &mut Doorlist, population: &Population, scale: &Scale, kill: usize) -> io::Result<Vec<String>> {
    let requests = (0..REQUESTS_MAX).map(|number| population.create_user(&format!("kill{kill}"), number)).collect();
    let stream = Stream::once(CLIENTS, &[201], requests).keeping_bodies().breaking();
    let address = server.address;
    // Each kill hits another moment of a commit.
    let moment = scale.phase / 2 + Duration::from_micros(137 * kill as u64);
    let outcome = std::thread::scope(|threads| {
        let killer = threads.spawn(|| {
            std::thread::sleep(moment);
            server.process().kill()
        });
        let outcome = run_one(address, scale.phase * 2, stream);
        killer.join().map_err(|_| io::Error::other("the killing thread panicked"))??;
        outcome
    })?;
    outcome.bodies.iter().map(|(_, body)| id_of(body)).collect()
}

/// How many of these users are not there.
fn missing(server: &Doorlist, population: &Population, users: &[String]) -> io::Result<usize> {
    let reads = users.iter().map(|id| population.read(&format!("/Users/{id}"))).collect();
    let outcome = run_one(server.address, FILL_LIMIT, Stream::once(CLIENTS, &[200, 404], reads).keeping_bodies())?;
    let found = outcome.bodies.iter().filter(|(place, body)| id_of(body).ok().as_ref() == users.get(*place)).count();
    Ok(users.len() - found)
}
