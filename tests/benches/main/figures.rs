//! What has been measured: for each phase and number of clients, one sample a round.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use doorlist_tests::load::{Sample, median};

/// What a sample is of, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    RawWrite,
    StaticAnswer,
    CreateUser,
    ChangeUser,
    ReadUser,
    FindUser,
    ReadWhileWriting,
    WriteWhileReading,
    ReadInTurns,
    WriteInTurns,
    ChangeUserBare,
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::RawWrite => "4 KiB overwritten and synced (F)",
            Self::StaticAnswer => "static answer of 1 KB (RTT, A)",
            Self::CreateUser => "create a user",
            Self::ChangeUser => "PATCH a user",
            Self::ReadUser => "read a user by id",
            Self::FindUser => "find a user by userName",
            Self::ReadWhileWriting => "read by id while 8 others PATCH",
            Self::WriteWhileReading => "PATCH while 8 others read",
            Self::ReadInTurns => "the same reads, threads in turns",
            Self::WriteInTurns => "the same PATCHes, threads in turns",
            Self::ChangeUserBare => "PATCH a user, empty pipeline",
        })
    }
}

/// The samples of one phase at one number of clients.
#[derive(Clone, Debug, Default)]
pub struct Series {
    samples: Vec<Sample>,
    processor_us: Vec<f64>,
}

impl Series {
    /// Requests a second.
    pub fn per_second(&self) -> f64 {
        self.median_of(Sample::per_second)
    }

    /// Median latency in microseconds.
    pub fn p50_us(&self) -> f64 {
        self.median_of(Sample::p50_us)
    }

    /// Latency in microseconds that 99 % stay within.
    pub fn p99_us(&self) -> f64 {
        self.median_of(Sample::p99_us)
    }

    /// Microseconds of the server's processor for each answer, with everything it does meanwhile; `None` if nobody looked.
    pub fn processor_us(&self) -> Option<f64> {
        (!self.processor_us.is_empty()).then(|| median(self.processor_us.iter().copied()))
    }

    /// The smallest and the largest rate of the rounds.
    pub fn spread(&self) -> (f64, f64) {
        let rates = self.samples.iter().map(Sample::per_second);
        rates.fold((f64::INFINITY, 0.0), |(low, high), rate| (low.min(rate), high.max(rate)))
    }

    /// Its figure over another's figure of the same round: the median of these ratios.
    pub fn over(&self, figure: fn(&Sample) -> f64, other: &Self, other_figure: fn(&Sample) -> f64) -> f64 {
        let pairs = self.samples.iter().zip(&other.samples);
        median(pairs.map(|(own, other)| figure(own) / other_figure(other).max(1e-9)))
    }

    fn median_of(&self, figure: fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(figure))
    }
}

/// Everything that came of rounds.
#[derive(Debug, Default)]
pub struct Figures {
    series: BTreeMap<(Phase, usize), Series>,
    /// Users that a change of the pipeline projected anew, and how long that took.
    pub reprojection: Option<(u64, Duration)>,
}

impl Figures {
    /// Adds a round's sample, with the microseconds of processor that the server used for it if somebody looked.
    pub fn add(&mut self, phase: Phase, clients: usize, sample: Sample, processor_us: Option<f64>) {
        let series = self.series.entry((phase, clients)).or_default();
        series.processor_us.extend(processor_us.map(|micros| micros / sample.count().max(1) as f64));
        series.samples.push(sample);
    }

    /// The series of a phase; empty if it was not measured.
    pub fn of(&self, phase: Phase, clients: usize) -> Series {
        self.series.get(&(phase, clients)).cloned().unwrap_or_default()
    }

    /// All of them, in the order of the report.
    pub fn all(&self) -> impl Iterator<Item = (Phase, usize, &Series)> {
        self.series.iter().map(|((phase, clients), series)| (*phase, *clients, series))
    }
}

/// The power of the size that a cost grows with, by least squares: 0 is flat, 1 is linear. `None` for fewer than two sizes.
pub fn exponent(costs: impl IntoIterator<Item = (usize, f64)>) -> Option<f64> {
    let points: Vec<(f64, f64)> = costs.into_iter().map(|(size, cost)| ((size as f64).ln(), cost.max(1e-3).ln())).collect();
    let count = points.len() as f64;
    if points.len() < 2 {
        return None;
    }
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Some(covariance / variance)
}
