//! `doorlist holds`: members that the guard against mass removals keeps, and what an operator decides on them.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::say;
use super::tenant::{Listed, Target, Tenant, because, counted, items, number, say_json, say_plain, text};
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::CLI_LOOK_MS;
use crate::remote::segment;

/// Commands of `doorlist holds`.
#[derive(Args)]
#[command(after_long_help = "Environment:
  DOORLIST_OPERATOR_KEY  The key of an operator of the tenant.

Whoever would be removed or suspended beyond what the tenant lets go at a time is held: it stays as it is until an operator
releases it, and then it goes, or discards that, and then it stays for as long as the same would be taken from it.")]
pub(super) struct Holds {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the holds, newest first.
    List(List),
    /// Show a hold: how many it holds, why, and whom.
    Show(Show),
    /// Let held members go.
    Release(Release),
    /// Have held members stay.
    Discard(Discard),
}

/// Options of `doorlist holds list`.
#[derive(Args)]
struct List {
    /// Only holds that wait for a decision, or only those that do not.
    #[arg(long, value_name = "STATE", value_enum)]
    state: Option<State>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
}

/// Whether anybody of a hold waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// Somebody does.
    Open,
    /// Nobody does.
    Closed,
}

/// Options of `doorlist holds show`.
#[derive(Args)]
struct Show {
    /// The hold's id.
    #[arg(value_name = "HOLD")]
    hold: String,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
}

/// On whom an operator decides.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Chosen {
    /// Everybody of the hold who waits for a decision.
    #[arg(long)]
    all: bool,
    /// A member, by its id or its userName. May come several times.
    #[arg(long, value_name = "MEMBER")]
    member: Vec<String>,
}

/// Options of `doorlist holds release`.
#[derive(Args)]
struct Release {
    /// The hold's id.
    #[arg(value_name = "HOLD")]
    hold: String,
    #[command(flatten)]
    chosen: Chosen,
    /// With --all: those as well of whom an operator said before that they stay.
    #[arg(long, requires = "all")]
    discarded: bool,
    #[command(flatten)]
    target: Target,
}

/// Options of `doorlist holds discard`.
#[derive(Args)]
struct Discard {
    /// The hold's id.
    #[arg(value_name = "HOLD")]
    hold: String,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    target: Target,
}

impl Holds {
    /// Does it.
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        match self.command {
            Command::List(list) => list.run(environment)?,
            Command::Show(Show { hold, target, listed }) => show(&target.tenant(environment)?, &hold, &listed)?,
            Command::Release(Release { hold, chosen, discarded, target }) => {
                decide(&target.tenant(environment)?, (&hold, "release"), &chosen, discarded)?;
            }
            Command::Discard(Discard { hold, chosen, target }) => {
                decide(&target.tenant(environment)?, (&hold, "discard"), &chosen, false)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self, environment: Environment) -> Result<()> {
        let tenant = self.target.tenant(environment)?;
        let filter = match self.state {
            None => "",
            Some(State::Open) => "state=open",
            Some(State::Closed) => "state=closed",
        };
        let (holds, more) = tenant.list_of("/holds", filter, self.listed.most())?;
        if self.listed.json {
            return say_json(&json!(holds));
        }
        if holds.is_empty() {
            say("There is no hold.")?;
        }
        holds.iter().try_for_each(|hold| say(&line(hold)))?;
        if more { say("… and more: --all lists them") } else { Ok(()) }
    }
}

/// A hold in one line.
fn line(hold: &Value) -> String {
    let until = match text(hold, "closed") {
        "" => String::new(),
        closed => format!(" until {closed}"),
    };
    format!("{}  {}  since {}{until}  {}", text(hold, "id"), text(hold, "state"), text(hold, "opened"), counts(hold))
}

/// What became of the members of a hold.
fn counts(hold: &Value) -> String {
    let none = Value::Null;
    let counts = hold.get("counts").unwrap_or(&none);
    let words = [("held", "held"), ("released", "released"), ("discarded", "discarded"), ("resolved", "no longer in question")];
    let told = words.into_iter().map(|(name, words)| (number(counts, name), words)).filter(|(count, words)| *count > 0 || *words == "held");
    told.map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
}

/// Prints a hold and whom it holds.
fn show(tenant: &Tenant, id: &str, listed: &Listed) -> Result<()> {
    let path = format!("/holds/{}", segment(id));
    let hold = tenant.get(&path)?;
    let (members, more) = tenant.list(&format!("{path}/members"), listed.most())?;
    if listed.json {
        return say_json(&json!({"hold": hold, "members": members}));
    }
    say(&line(&hold))?;
    if let Some(bound) = hold.get("bound") {
        let window = counted(number(bound, "windowSeconds"), "second", "seconds");
        let allowed = counted(number(bound, "allowed"), "member", "members");
        say(&format!("The tenant lets {allowed} of {} go within {window}.", number(bound, "members")))?;
    }
    for cause in items(&hold, "causes") {
        let (members, why) = (counted(number(cause, "members"), "member", "members"), because(cause.get("cause")));
        say_plain(&format!("  {members} to be {}{why}{}", text(cause, "effect"), request(cause)))?;
    }
    members.iter().try_for_each(|member| say_plain(&member_line(member)))?;
    if more { say("  … and more: --all lists them") } else { Ok(()) }
}

/// A held member in one line.
fn member_line(member: &Value) -> String {
    let (state, effect) = (text(member, "state"), text(member, "effect"));
    let why = because(member.get("cause"));
    format!("  {state:<9} {}  {}  {effect}{why}{}", text(member, "member"), text(member, "userName"), request(member))
}

/// The request that brought it about, if it was one.
fn request(document: &Value) -> String {
    match document.get("activity").and_then(Value::as_u64) {
        Some(activity) => format!(", by activity {activity}"),
        None => String::new(),
    }
}

/// Sends what an operator decides, waits until it is carried out, and says how the hold then stands.
fn decide(tenant: &Tenant, (hold, action): (&str, &str), chosen: &Chosen, discarded: bool) -> Result<()> {
    let path = format!("/holds/{}", segment(hold));
    let mut body = Map::new();
    if discarded {
        body.insert("discarded".to_owned(), Value::Bool(true));
    }
    if !chosen.all {
        body.insert("members".to_owned(), json!(ids(tenant, &path, &chosen.member)?));
    }
    let mut decided = tenant.post(&format!("{path}/{action}"), &Value::Object(body))?;
    while decided.get("underway").is_some_and(|underway| !underway.is_null()) {
        std::thread::sleep(Duration::from_millis(CLI_LOOK_MS));
        decided = tenant.get(&path)?;
    }
    say(&line(&decided))
}

/// Ids of members of a hold that are named by those or by their userName.
fn ids(tenant: &Tenant, path: &str, named: &[String]) -> Result<Vec<String>> {
    if named.iter().all(|name| name.parse::<Id>().is_ok()) {
        return Ok(named.to_vec());
    }
    let (members, _) = tenant.list(&format!("{path}/members"), usize::MAX)?;
    let mut ids = Vec::with_capacity(named.len());
    for name in named {
        let is_meant = |member: &&Value| text(member, "member") == name || text(member, "userName").eq_ignore_ascii_case(name);
        let mut meant = members.iter().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(member), None) => ids.push(text(member, "member").to_owned()),
            (None, _) => return Err(Error::not_found(&format!("member {name} in this hold"))),
            (Some(_), Some(_)) => return Err(Error::conflict(format!("Several members are called {name}. Name one by its id."))),
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_and_members_are_lines() {
        let counts = json!({"held": 2, "released": 1, "discarded": 0, "resolved": 3});
        let open = json!({"id": "1", "state": "open", "opened": "A", "counts": counts});
        assert_eq!(line(&open), "1  open  since A  2 held, 1 released, 3 no longer in question");
        let closed = json!({"id": "1", "state": "closed", "opened": "A", "closed": "B", "counts": {"held": 0, "discarded": 4}});
        assert_eq!(line(&closed), "1  closed  since A until B  0 held, 4 discarded");
        let cause = json!({"policy": "staff", "text": "In no group."});
        let member = json!({"member": "7", "userName": "ada@x.io", "effect": "removed", "state": "held", "cause": cause});
        assert_eq!(member_line(&member), "  held      7  ada@x.io  removed  (staff: In no group.)");
        let member = json!({"member": "7", "userName": "ada@x.io", "effect": "removed", "state": "held", "activity": 12});
        assert_eq!(member_line(&member), "  held      7  ada@x.io  removed, by activity 12");
    }
}
