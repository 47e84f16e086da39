//! What JumpCloud and the operator do, in order, each step one line for the reader.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::exchange::{Caller, Refusal};
use super::scenario::{self, GROUPS, PEOPLE, Person};
use crate::limits::SYNC_WAIT_MS_MAX;

/// Who acts, as the lines are led.
const JUMPCLOUD: &str = "JumpCloud";
const OPERATOR: &str = "Operator";

/// The connection of the demo.
pub(super) struct Connection {
    pub(super) tenant: String,
    pub(super) base_url: String,
    pub(super) token: String,
}

/// Takes a line: who acts, and what is done.
type Say<'s> = &'s mut dyn FnMut(&str, &str);

/// Makes the tenant and its connection.
pub(super) fn connect(operator: &Caller) -> Result<Connection, Refusal> {
    let request = "POST /tenants";
    let tenant = operator.send("POST", "/tenants", json!({"name": scenario::TENANT}), &[201])?;
    let tenant = operator.text(request, &tenant, "id")?;
    let path = format!("/tenants/{tenant}/connections");
    let filters = json!({
        "provider": "jumpcloud",
        "name": "JumpCloud",
        "groupPrefixes": [scenario::GROUP_PREFIX],
        "userGroups": [scenario::USER_GROUP],
    });
    let made = operator.send("POST", &path, filters, &[201])?;
    let request = format!("POST {path}");
    let base_url = operator.text(&request, &made, "baseUrl")?;
    let token = operator.text(&request, &made, "token")?;
    Ok(Connection { tenant, base_url, token })
}

/// Plays everything, and waits until the directory has followed.
pub(super) fn play(operator: &Caller, client: &Caller, tenant: &str, say: Say<'_>) -> Result<(), Refusal> {
    activate(client, say)?;
    let users = assign_users(client, say)?;
    let groups = assign_groups(client, &users, say)?;
    wait(operator, tenant)?;
    promote(operator, tenant, say)?;
    change(client, &users, &groups, say)?;
    wait(operator, tenant)
}

/// What happens when an admin presses Test Connection and Activate.
fn activate(client: &Caller, say: Say<'_>) -> Result<(), Refusal> {
    client.ask("GET", "/Users?startIndex=1&count=1", &[200])?;
    say(JUMPCLOUD, "tests the connection: reads the list of users");
    let user = create(client, "/Users", scenario::test_user())?;
    client.send("PUT", &format!("/Users/{user}"), scenario::test_user_update(&user), &[200])?;
    let (name, next_name) = scenario::TEST_GROUP;
    let group = create(client, "/Groups", scenario::group(name))?;
    client.send("PATCH", &format!("/Groups/{group}"), scenario::rename(next_name), &[200, 204])?;
    client.ask("DELETE", &format!("/Groups/{group}"), &[204])?;
    client.ask("DELETE", &format!("/Users/{user}"), &[204])?;
    say(JUMPCLOUD, "activates: creates, updates and deletes a test user and a test group");
    Ok(())
}

/// Looks everybody up and creates them. Gives the ids by userName.
fn assign_users(client: &Caller, say: Say<'_>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut users = BTreeMap::new();
    for (number, person) in PEOPLE.iter().enumerate() {
        let user_name = person.user_name();
        let lookup = format!("/Users?filter=userName%20eq%20%22{user_name}%22");
        let found = client.ask("GET", &lookup, &[200])?;
        if found.get("totalResults").and_then(Value::as_u64) != Some(0) {
            return Err(client.refusal("GET", &lookup, None, format!("(nobody was expected)\n{found}")));
        }
        users.insert(user_name, create(client, "/Users", person.created(number))?);
    }
    say(JUMPCLOUD, &format!("assigns {} users: looks each up by userName, then creates it", users.len()));
    Ok(users)
}

/// Creates the groups and adds their members one by one. Gives the ids by displayName.
fn assign_groups(client: &Caller, users: &BTreeMap<String, String>, say: Say<'_>) -> Result<BTreeMap<&'static str, String>, Refusal> {
    let mut groups = BTreeMap::new();
    let mut memberships = 0;
    for name in GROUPS {
        let group = create(client, "/Groups", scenario::group(name))?;
        for person in PEOPLE.iter().filter(|person| person.groups.contains(&name)) {
            let user = users.get(&person.user_name()).map_or("", String::as_str);
            client.send("PATCH", &format!("/Groups/{group}"), scenario::add_member(user), &[200, 204])?;
            memberships += 1;
        }
        groups.insert(name, group);
    }
    say(JUMPCLOUD, &format!("assigns {} groups and adds {memberships} members, one by one", groups.len()));
    Ok(groups)
}

/// The operator gives somebody a role that the connection's role protection covers.
fn promote(operator: &Caller, tenant: &str, say: Say<'_>) -> Result<(), Refusal> {
    let path = format!("/tenants/{tenant}/users?limit=100");
    let list = operator.ask("GET", &path, &[200])?;
    let items = list.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let member = items.iter().find(|member| member.get("userName").and_then(Value::as_str) == Some(scenario::PROMOTED));
    let id = match member {
        Some(member) => operator.text(&format!("GET {path}"), member, "id")?,
        None => return Err(operator.refusal("GET", &path, None, format!("(without {})\n{list}", scenario::PROMOTED))),
    };
    let path = format!("/tenants/{tenant}/users/{id}");
    operator.send("PATCH", &path, json!({"role": scenario::PROMOTED_TO}), &[200])?;
    say(OPERATOR, &format!("gives {} the role {}", scenario::PROMOTED, scenario::PROMOTED_TO));
    Ok(())
}

/// What changes afterwards.
fn change(client: &Caller, users: &BTreeMap<String, String>, groups: &BTreeMap<&'static str, String>, say: Say<'_>) -> Result<(), Refusal> {
    let (name, next_name) = scenario::RENAMED;
    let renamed = groups.get(name).map_or("", String::as_str);
    client.send("PATCH", &format!("/Groups/{renamed}"), scenario::rename(next_name), &[200, 204])?;
    say(JUMPCLOUD, &format!("renames the group {name} to {next_name}"));
    remove(client, users, groups, scenario::REMOVED, &[scenario::USER_GROUP])?;
    say(JUMPCLOUD, &format!("takes {} out of {}", scenario::REMOVED, scenario::USER_GROUP));
    for user_name in [scenario::SUSPENDED, scenario::PROMOTED] {
        deactivate(client, users, user_name)?;
        say(JUMPCLOUD, &format!("suspends {user_name}"));
    }
    deactivate(client, users, scenario::UNASSIGNED)?;
    let their_groups = scenario::find(scenario::UNASSIGNED).map_or(&[][..], |person| person.groups);
    remove(client, users, groups, scenario::UNASSIGNED, their_groups)?;
    say(JUMPCLOUD, &format!("unassigns {}: inactive, and out of every group", scenario::UNASSIGNED));
    Ok(())
}

fn create(client: &Caller, path: &str, body: Value) -> Result<String, Refusal> {
    let made = client.send("POST", path, body, &[201])?;
    client.text(&format!("POST {path}"), &made, "id")
}

fn remove(
    client: &Caller,
    users: &BTreeMap<String, String>,
    groups: &BTreeMap<&'static str, String>,
    user_name: &str,
    from: &[&str],
) -> Result<(), Refusal> {
    let user = users.get(user_name).map_or("", String::as_str);
    for group in from.iter().filter_map(|name| groups.get(name)) {
        client.send("PATCH", &format!("/Groups/{group}"), scenario::remove_member(user), &[200, 204])?;
    }
    Ok(())
}

fn deactivate(client: &Caller, users: &BTreeMap<String, String>, user_name: &str) -> Result<(), Refusal> {
    let person: Option<&Person> = scenario::find(user_name);
    if let (Some(person), Some(user)) = (person, users.get(user_name)) {
        client.send("PUT", &format!("/Users/{user}"), person.deactivated(user), &[200])?;
    }
    Ok(())
}

/// Waits until nothing is left to project.
fn wait(operator: &Caller, tenant: &str) -> Result<(), Refusal> {
    let path = format!("/tenants/{tenant}/sync?wait={SYNC_WAIT_MS_MAX}ms");
    let state = operator.ask("GET", &path, &[200])?;
    if state.get("dirty").and_then(Value::as_u64) == Some(0) {
        return Ok(());
    }
    Err(operator.refusal("GET", &path, None, format!("(not projected after {} s)\n{state}", SYNC_WAIT_MS_MAX / 1_000)))
}
