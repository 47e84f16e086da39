//! The directory that came of it, and why it is as it is, as text.

use serde_json::Value;

use super::exchange::{Caller, Refusal};
use super::scenario::{self, GROUPS, PEOPLE};
use super::table;

/// The directory as a table, then a line for each user and group of the scenario that is not in it, or in it against what JumpCloud says.
pub(super) fn directory(operator: &Caller, tenant: &str) -> Result<String, Refusal> {
    let base = format!("/tenants/{tenant}");
    let mut members = items(&operator.ask("GET", &format!("{base}/users?limit=100"), &[200])?);
    members.sort_by_key(|member| text(member, "userName").to_owned());
    let mut rows = Vec::with_capacity(members.len());
    for member in &members {
        let groups = items(&operator.ask("GET", &format!("{base}/users/{}/groups?limit=100", text(member, "id")), &[200])?);
        let mut names: Vec<&str> = groups.iter().map(|group| text(group, "displayName")).collect();
        names.sort_unstable();
        let cells = [text(member, "userName"), text(member, "displayName"), text(member, "status"), text(member, "role")];
        rows.push(cells.map(str::to_owned).into_iter().chain([names.join(", ")]).collect());
    }
    let groups = items(&operator.ask("GET", &format!("{base}/groups?limit=100"), &[200])?);
    let mut report = format!("The directory: {} members, {} groups\n\n", members.len(), groups.len());
    report.push_str(&table::render(&["userName", "name", "status", "role", "groups"], &rows));
    let decisions = decisions(operator, &base)?;
    for (title, lines) in [("Excluded by the filters", excluded(&decisions)), ("Kept by role protection", kept(&decisions))] {
        if !lines.is_empty() {
            report.push_str(&format!("\n{title}\n"));
            report.push_str(&table::lines(&lines));
        }
    }
    Ok(report)
}

/// A user's or group's decision, with the kind and name the reader knows it by.
struct Decided {
    kind: &'static str,
    name: String,
    decision: Value,
}

/// The decisions on everybody and every group of the scenario.
fn decisions(operator: &Caller, base: &str) -> Result<Vec<Decided>, Refusal> {
    let (old_name, new_name) = scenario::RENAMED;
    let users = PEOPLE.iter().map(|person| ("user", "users", person.user_name()));
    let groups = GROUPS.iter().map(|name| ("group", "groups", if *name == old_name { new_name } else { name }.to_owned()));
    let mut decided = Vec::new();
    for (kind, list, name) in users.chain(groups) {
        let decision = operator.ask("GET", &format!("{base}/{list}/{name}/decision"), &[200])?;
        decided.push(Decided { kind, name, decision });
    }
    Ok(decided)
}

/// Those the directory does not have, with the reason.
fn excluded(decided: &[Decided]) -> Vec<[String; 3]> {
    let out = decided.iter().filter(|decided| decided.decision.get("included") == Some(&Value::Bool(false)));
    out.map(|Decided { kind, name, decision }| {
        let reason = decision.pointer("/reason/text").and_then(Value::as_str).unwrap_or("(no reason given)");
        [(*kind).to_owned(), name.clone(), reason.to_owned()]
    })
    .collect()
}

/// Those that role protection changed something for, with its reason.
fn kept(decided: &[Decided]) -> Vec<[String; 3]> {
    let mut lines = Vec::new();
    for Decided { kind, name, decision } in decided {
        let verdicts = decision.get("verdicts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for verdict in verdicts.iter().filter(|verdict| text(verdict, "plugin") == "role-protection") {
            let changes = verdict.get("changes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            lines.extend(changes.iter().map(|change| [(*kind).to_owned(), name.clone(), text(change, "reason").to_owned()]));
        }
    }
    lines
}

fn items(list: &Value) -> Vec<Value> {
    list.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
