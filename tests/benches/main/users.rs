//! Rounds over users: the yardsticks, durable writes, reads, both at once, and writes with and without policies.

use std::io;
use std::path::Path;
use std::time::Duration;

use doorlist_tests::load::{Caller, Sample, Stream, run, run_one};

use crate::answer::StaticAnswer;
use crate::figures::{Figures, Phase};
use crate::floor;
use crate::machine::Machine;
use crate::scale::{REQUESTS_MAX, Scale};
use crate::server::Doorlist;
use crate::tenant::{Population, STAFF};

/// Numbers of clients that write.
pub const WRITERS: [usize; 3] = [1, 8, 64];

/// Numbers of clients that read.
pub const READERS: [usize; 2] = [1, 64];

/// Clients on each side when reads and writes meet.
pub const MIXED: usize = 8;

/// What the rounds work with.
struct Bench<'b> {
    machine: &'b Machine,
    scale: &'b Scale,
    directory: &'b Path,
    server: Doorlist,
    answer: StaticAnswer,
    figures: Figures,
}

/// Runs all rounds with a server on a new data directory below `directory`.
pub fn measure(machine: &Machine, scale: &Scale, directory: &Path) -> io::Result<Figures> {
    let data_dir = directory.join("users");
    std::fs::create_dir(&data_dir)?;
    let server = Doorlist::start(machine, &data_dir)?;
    let mut filtered = Population::with_policies(&server, "With policies");
    let mut bare = Population::without_policies(&server, "Without policies");
    for population in [&mut filtered, &mut bare] {
        population.fill(scale.users)?;
        population.group(STAFF, scale.users)?;
        population.synced()?;
    }
    let answer = StaticAnswer::start(machine)?;
    let mut bench = Bench { machine, scale, directory, server, answer, figures: Figures::default() };
    for round in 0..scale.rounds {
        eprintln!("round {} of {}", round + 1, scale.rounds);
        bench.yardsticks()?;
        bench.creates(&filtered, round)?;
        bench.changes(&filtered, &bare, round)?;
        bench.reads(&filtered)?;
        bench.reads_while_writing(&filtered, round)?;
    }
    bench.figures.reprojection = Some(bare.reproject()?);
    Ok(bench.figures)
}

impl Bench<'_> {
    fn yardsticks(&mut self) -> io::Result<()> {
        let raw = floor::measure(self.machine, self.directory, self.scale.phase)?;
        self.figures.add(Phase::RawWrite, 1, raw, None);
        let nobody = Caller { address: self.answer.address, token: String::new() };
        for clients in READERS {
            let stream = Stream::cycle(clients, &[200], vec![nobody.request("GET", "/", "", "")]);
            let outcome = run_one(self.answer.address, self.scale.phase, stream)?;
            self.figures.add(Phase::StaticAnswer, clients, outcome.sample, None);
        }
        Ok(())
    }

    fn creates(&mut self, population: &Population, round: usize) -> io::Result<()> {
        for clients in WRITERS {
            let series = format!("round{round}.{clients}");
            let requests = (0..self.requests(clients)).map(|number| population.create_user(&series, number)).collect();
            self.phase(Phase::CreateUser, Stream::once(clients, &[201], requests))?;
            population.synced()?;
        }
        Ok(())
    }

    /// The same changes of like users of both tenants, one after the other, the first first in every other round.
    fn changes(&mut self, filtered: &Population, bare: &Population, round: usize) -> io::Result<()> {
        for clients in WRITERS {
            let mut order = [(Phase::ChangeUser, filtered), (Phase::ChangeUserBare, bare)];
            if round % 2 == 1 {
                order.reverse();
            }
            for (phase, population) in order {
                let stream = Stream::once(clients, &[200], self.title_changes(population, clients, &format!("{phase:?} {round}")));
                self.phase(phase, stream)?;
                population.synced()?;
            }
        }
        Ok(())
    }

    fn reads(&mut self, population: &Population) -> io::Result<()> {
        for clients in READERS {
            self.phase(Phase::ReadUser, Stream::cycle(clients, &[200], population.reads_by_id()))?;
            self.phase(Phase::FindUser, Stream::cycle(clients, &[200], population.lookups()))?;
        }
        Ok(())
    }

    fn reads_while_writing(&mut self, population: &Population, round: usize) -> io::Result<()> {
        let streams = |series: &str| {
            let changes = self.title_changes(population, MIXED, &format!("{series} {round}"));
            vec![Stream::cycle(MIXED, &[200], population.reads_by_id()), Stream::once(MIXED, &[200], changes)]
        };
        let (address, limit) = (self.server.address, self.scale.phase);
        let outcomes = run(address, limit, streams("while reading"))?;
        population.synced()?;
        let in_turns = streams("in turns");
        let outcomes_in_turns = self.machine.take_turns(self.server.id(), || run(address, limit, in_turns))?;
        population.synced()?;
        let phases = [Phase::ReadWhileWriting, Phase::WriteWhileReading, Phase::ReadInTurns, Phase::WriteInTurns];
        for (phase, outcome) in phases.into_iter().zip(outcomes.into_iter().chain(outcomes_in_turns)) {
            self.figures.add(phase, MIXED, outcome.sample, None);
        }
        Ok(())
    }

    /// Requests to prepare for one phase of so many clients: one alone sends a tenth of what many do.
    fn requests(&self, clients: usize) -> usize {
        let share = if clients == 1 { REQUESTS_MAX / 10 } else { REQUESTS_MAX };
        (share as f64 * self.scale.phase.as_secs_f64().max(0.1)) as usize
    }

    fn title_changes(&self, population: &Population, clients: usize, series: &str) -> Vec<Vec<u8>> {
        let users = population.users.iter().cycle();
        let numbered = users.take(self.requests(clients)).enumerate();
        numbered.map(|(number, user)| population.change_title(user, &format!("{series} {clients} {number}"))).collect()
    }

    fn phase(&mut self, phase: Phase, stream: Stream) -> io::Result<()> {
        let clients = stream.clients;
        let (sample, processor_us) = timed(&self.server, self.scale.phase, stream)?;
        self.figures.add(phase, clients, sample, Some(processor_us));
        Ok(())
    }
}

/// One phase with the processor time that the server used meanwhile.
fn timed(server: &Doorlist, limit: Duration, stream: Stream) -> io::Result<(Sample, f64)> {
    let before = server.processor_us();
    let outcome = run_one(server.address, limit, stream)?;
    Ok((outcome.sample, server.processor_us() - before))
}
