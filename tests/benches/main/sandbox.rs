//! What the first-party policies cost a user, alone and in batches, without server or storage around them.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use doorlist::policy::{
    CallLimits, Current, GroupRef, Host, HostSettings, Issued, Lifecycle, LoadLimits, Plugin, Status, Tier, User, UserView, first_party,
};
use doorlist_tests::load::median;

use crate::scale::Scale;

/// Users that share an instance; one alone has an instance of its own.
pub const BATCHES: [usize; 3] = [1, 100, 1_000];

/// Repetitions of each way, of which the median counts.
const REPETITIONS: usize = 5;

/// A policy's name and its microseconds a user for each of [`BATCHES`].
pub type Cost = (&'static str, [f64; BATCHES.len()]);

/// Measures each first-party policy with settings that make it look at every user.
pub fn measure(scale: &Scale) -> Result<Vec<Cost>, Box<dyn Error>> {
    let host = Host::new(HostSettings::default())?;
    let mut costs = Vec::new();
    for (name, wasm) in first_party() {
        let settings = match name {
            "group-prefix" => r#"{"prefixes":["NB-"]}"#,
            "user-group-filter" => r#"{"groups":["NB-Staff"]}"#,
            "role-protection" => r#"{"roles":["owner","admin"]}"#,
            "rules" => r#"{"users":[{"name":"Elsewhere","when":"userName ew \"@elsewhere.example\"","effects":{"included":false}}]}"#,
            _ => "{}",
        };
        let plugin = host.load(wasm, &LoadLimits::of(Tier::Small), "benchmark")?;
        let mut cost = [0.0; BATCHES.len()];
        for (batch, cost) in BATCHES.into_iter().zip(&mut cost) {
            let times: Result<Vec<f64>, _> = (0..REPETITIONS).map(|_| once(&plugin, settings, batch, scale.policy_users)).collect();
            *cost = median(times?);
        }
        costs.push((name, cost));
    }
    Ok(costs)
}

/// Microseconds a user when `users` of them are asked about in batches of `batch`.
fn once(plugin: &Plugin, settings: &str, batch: usize, users: usize) -> Result<f64, Box<dyn Error>> {
    let items: Vec<User> = (0..users).map(user).collect();
    let begin = Instant::now();
    for chunk in items.chunks(batch) {
        let mut instance = plugin.batch(settings, &CallLimits::default())?;
        for item in chunk {
            black_box(instance.project_user(item)?);
        }
    }
    Ok(begin.elapsed().as_secs_f64() * 1e6 / users as f64)
}

/// A user with five groups and no attributes.
pub fn user(number: usize) -> User {
    let name = format!("user.{number}@example.com");
    let id = format!("01935f5e-0000-7000-8000-{number:012x}");
    let groups: Vec<GroupRef> = (0..4)
        .map(|group| GroupRef { id: format!("01935f5e-0000-7000-9000-{group:012x}"), name: format!("NB-Group {group}") })
        .chain([GroupRef { id: "01935f5e-0000-7000-9000-0000000000ff".to_owned(), name: "NB-Staff".to_owned() }])
        .collect();
    User {
        external_id: Some(format!("{number:024x}")),
        display_name: name.clone(),
        lifecycle: Lifecycle::Active,
        attributes: Vec::new(),
        facts: Vec::new(),
        current: Current { issued: Issued::Scim, status: Status::Active, role: "user".to_owned() },
        view: UserView {
            included: true,
            status: Status::Active,
            role: "user".to_owned(),
            user_name: name.clone(),
            display_name: name.clone(),
            groups: groups.iter().map(|group| group.id.clone()).collect(),
            named_groups: Vec::new(),
            attributes: Vec::new(),
        },
        groups,
        id,
        user_name: name,
    }
}
