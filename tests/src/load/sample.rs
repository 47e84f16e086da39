//! What a run measured.

use std::time::Duration;

/// The latencies of one stream in one run. Never empty unless nothing was measured.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Sorted.
    micros: Vec<f64>,
    wall: Duration,
}

impl Sample {
    /// Of latencies in microseconds, in any order, and the time from the first request to the last answer.
    pub fn new(mut micros: Vec<f64>, wall: Duration) -> Self {
        micros.sort_by(f64::total_cmp);
        Self { micros, wall }
    }

    /// Answers.
    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// Answers a second.
    pub fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    /// The latency in microseconds that `percent` of the answers stay within (nearest rank); 0 if there is none.
    pub fn percentile_us(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.micros.len() as f64).ceil() as usize;
        self.micros.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    }

    /// The median latency in microseconds.
    pub fn p50_us(&self) -> f64 {
        self.percentile_us(50.0)
    }

    /// The latency in microseconds that 99 % stay within.
    pub fn p99_us(&self) -> f64 {
        self.percentile_us(99.0)
    }
}

/// The middle value, or the mean of the two in the middle; 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
    f64::midpoint(lower, upper)
}

#[cfg(test)]
mod tests {
    use super::{Sample, median};
    use std::time::Duration;

    #[test]
    fn percentiles_and_rate() {
        let sample = Sample::new((1..=100).rev().map(f64::from).collect(), Duration::from_millis(500));
        let read = (sample.p50_us(), sample.p99_us(), sample.percentile_us(100.0), sample.per_second());
        assert_eq!(read, (50.0, 99.0, 100.0, 200.0));
        assert_eq!(Sample::new(Vec::new(), Duration::ZERO).p99_us(), 0.0);
    }

    #[test]
    fn medians() {
        let cases: [(&[f64], f64); 4] = [(&[], 0.0), (&[3.0], 3.0), (&[9.0, 1.0, 5.0], 5.0), (&[4.0, 1.0, 2.0, 8.0], 3.0)];
        for (values, expected) in cases {
            assert_eq!(median(values.iter().copied()), expected, "{values:?}");
        }
    }
}
