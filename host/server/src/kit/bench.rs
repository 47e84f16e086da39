//! What a plugin costs: time and memory by the size of a batch.
//!
//! Time is the processor's, of the thread that runs the plugin, so that a busy machine shows the same as an idle one.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::cases::{Case, Item};
use super::limits::{BENCH_BATCHES, BENCH_MS_MAX, BENCH_ROUNDS_MAX, BENCH_ROUNDS_MIN};
use super::mask;
use crate::clock::thread_time;
use crate::error::{Error, Result};
use crate::policy::{CallLimits, Fault, Plugin, SettingsError, User, json as contract, printed};

/// What batches of one size cost: a fresh instance, its settings and its users.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Users in a batch.
    pub users: usize,
    /// Batches that were measured.
    pub rounds: usize,
    /// Microseconds of a batch; half of the batches took less.
    pub batch_micros_p50: f64,
    /// The same for each of its users.
    pub user_micros_p50: f64,
    /// Bytes of memory that an instance had at the most.
    pub memory_bytes_peak: u64,
}

/// Measures a plugin with the users of those cases that have the settings of the first case with a user; without one, with a user that has nothing but a name.
///
/// # Errors
/// If the settings are refused, or the plugin fails.
pub fn measure(plugin: &Plugin, cases: &[Case]) -> Result<Vec<Figure>> {
    let user_of = |case: &Case| match &case.item {
        Item::User(user) => Some(mask::user(user, &plugin.manifest().reads)),
        _ => None,
    };
    let settings = cases.iter().find(|case| matches!(case.item, Item::User(_))).map_or_else(|| json!({}), |case| case.settings.clone());
    let mut users: Vec<User> = cases.iter().filter(|case| case.settings == settings).filter_map(user_of).collect();
    if users.is_empty() {
        let named = contract::user(&json!({"userName": "ada@example.com"})).map_err(Error::internal)?;
        users.push(mask::user(&named, &plugin.manifest().reads));
    }
    let settings = plugin.complete(settings);
    let checked = plugin.check_settings(&settings, &CallLimits::default());
    checked.outcome.map_err(|error| refused(error, &checked.log))?;
    BENCH_BATCHES.into_iter().map(|size| figure(plugin, &settings, &users, size)).collect()
}

fn figure(plugin: &Plugin, settings: &Value, users: &[User], size: usize) -> Result<Figure> {
    let settings = settings.to_string();
    let failed = |fault: Fault| Error::conflict(format!("The policy fails in a batch of {size}: {fault}"));
    let (begun, mut times, mut peak) = (thread_time(), Vec::new(), 0);
    while times.len() < BENCH_ROUNDS_MIN
        || (times.len() < BENCH_ROUNDS_MAX && thread_time().saturating_sub(begun).as_millis() < BENCH_MS_MAX)
    {
        let before = thread_time();
        let mut batch = plugin.batch(&settings, &CallLimits::default()).map_err(|start| failed(start.into()))?;
        for user in users.iter().cycle().take(size) {
            batch.project_user(user).map_err(failed)?;
        }
        peak = peak.max(batch.usage().memory_bytes_peak);
        drop(batch);
        times.push(thread_time().saturating_sub(before));
    }
    let batch = micros(middle(&mut times));
    Ok(Figure {
        users: size,
        rounds: times.len(),
        batch_micros_p50: batch,
        // A batch has at most a thousand users, which any float holds.
        user_micros_p50: batch / size as f64,
        memory_bytes_peak: peak,
    })
}

fn middle(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn refused(error: SettingsError, log: &[String]) -> Error {
    match error {
        SettingsError::Fault(fault) => Error::conflict(format!("The policy fails when it is given its settings. {fault}{}", printed(log))),
        SettingsError::Problems(problems) => {
            let told: Vec<String> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.message)).collect();
            Error::invalid(format!("The settings of the first case with a user are refused: {}", told.join(" ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_a_time_that_was_taken() {
        for (times, expected) in [(&[5, 1, 9][..], 5), (&[1, 9][..], 9), (&[7], 7), (&[], 0)] {
            let mut times: Vec<Duration> = times.iter().map(|&micros| Duration::from_micros(micros)).collect();
            assert_eq!(middle(&mut times), Duration::from_micros(expected));
        }
    }
}
