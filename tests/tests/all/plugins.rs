//! Plugins that tenants upload, over HTTP: revisions, signatures, limits, figures, and whose turn it is.

mod failing_start;
mod figures;
mod hostile;
mod limits;
pub mod printing;
mod restarts;
mod settings;
mod signatures;
mod turns;
mod upload;

use doorlist_tests::Reply;
use serde_json::Value;

/// A problem's stage and detail.
#[track_caller]
fn refused(reply: Reply) -> (String, String) {
    let problem: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply}"));
    let detail = reply.problem(400);
    (problem["stage"].as_str().unwrap_or_default().to_owned(), detail)
}

/// The JSON Pointers of a problem.
#[track_caller]
fn pointers(reply: Reply) -> Vec<String> {
    let problem: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply}"));
    reply.problem(400);
    problem["problems"].as_array().into_iter().flatten().map(|one| one["pointer"].as_str().unwrap().to_owned()).collect()
}
