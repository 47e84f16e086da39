//! What a projection costs. Not a test: run it in release with `--ignored --nocapture` to see figures.

use crate::item::user;
use crate::{limits, plugin};
use std::time::Instant;

#[test]
#[ignore = "prints figures, asserts nothing about time"]
fn microseconds_per_user() {
    let groups: Vec<String> = (0..10).map(|at| format!("NB-Group {at}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let user = user(&groups);
    let policy = plugin("user-group-filter");
    let settings = r#"{"groups":["NB-Group 9","NB-Other"]}"#;
    for (users, rounds) in [(1_u32, 2_000_u32), (100, 100), (1_000, 20)] {
        let mut costs: Vec<f64> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                let mut batch = policy.batch(settings, &limits()).expect("a slot is free");
                for _ in 0..users {
                    assert_eq!(batch.project_user(&user), Ok(Vec::new()));
                }
                drop(batch);
                start.elapsed().as_secs_f64() * 1e6 / f64::from(users)
            })
            .collect();
        costs.sort_by(f64::total_cmp);
        println!("{users} users in an instance: {:.1} µs a user (median of {rounds})", costs[costs.len() / 2]);
    }
}
