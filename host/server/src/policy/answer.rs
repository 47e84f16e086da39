//! What a plugin may answer: changes it declared, of bounded number and size, that a view can take.

use super::bindings::v1::doorlist::policy::types::{Attribute, GroupChange, GroupEffect, Status, UserChange, UserEffect, Value};
use super::fault::{Fault, FaultKind, size};
use super::json::is_deeper;
use super::limits::{CHANGES_MAX, GROUP_NAME_BYTES_MAX, JSON_BYTES_MAX, JSON_DEPTH_MAX, REASON_BYTES_MAX, TEXT_BYTES_MAX};
use super::manifest::Writes;
use super::problem::line;

/// Checks the changes of a user's view and tidies their reasons.
pub(super) fn user(mut changes: Vec<UserChange>, writes: &Writes) -> Result<Vec<UserChange>, Fault> {
    bounded(changes.len())?;
    for change in &mut changes {
        if !writes.allows_user(&change.effect) {
            return Err(undeclared());
        }
        user_effect(&change.effect)?;
        change.reason = reason(std::mem::take(&mut change.reason));
    }
    Ok(changes)
}

/// Checks the changes of a group's view and tidies their reasons.
pub(super) fn group(mut changes: Vec<GroupChange>, writes: &Writes) -> Result<Vec<GroupChange>, Fault> {
    bounded(changes.len())?;
    for change in &mut changes {
        if !writes.allows_group(&change.effect) {
            return Err(undeclared());
        }
        match &change.effect {
            GroupEffect::Include | GroupEffect::Exclude => {}
            GroupEffect::SetDisplayName(name) => named(name)?,
        }
        change.reason = reason(std::mem::take(&mut change.reason));
    }
    Ok(changes)
}

fn user_effect(effect: &UserEffect) -> Result<(), Fault> {
    match effect {
        UserEffect::Include | UserEffect::Exclude => Ok(()),
        UserEffect::SetStatus(Status::Active | Status::Suspended) => Ok(()),
        UserEffect::SetStatus(Status::Blocked) => Err(bad("The plugin blocked a member, which only an operator does.")),
        UserEffect::SetRole(name)
        | UserEffect::AddGroup(name)
        | UserEffect::RemoveGroup(name)
        | UserEffect::SetUserName(name)
        | UserEffect::RemoveAttribute(name) => named(name),
        UserEffect::AddNamedGroup(name) | UserEffect::RemoveNamedGroup(name) => {
            named(name)?;
            within(name, GROUP_NAME_BYTES_MAX)
        }
        UserEffect::SetDisplayName(name) => within(name, TEXT_BYTES_MAX),
        UserEffect::SetAttribute(Attribute { path, value }) => {
            named(path)?;
            attribute_value(value)
        }
    }
}

fn attribute_value(value: &Value) -> Result<(), Fault> {
    match value {
        Value::Boolean(_) | Value::Integer(_) => Ok(()),
        Value::Text(text) => within(text, TEXT_BYTES_MAX),
        Value::Decimal(number) if number.is_finite() => Ok(()),
        Value::Decimal(_) => Err(bad("The plugin answered with a number that JSON does not have.")),
        Value::Json(json) => {
            within(json, JSON_BYTES_MAX)?;
            if is_deeper(json, JSON_DEPTH_MAX) {
                return Err(bad(&format!("The plugin answered with a complex value that is nested more than {JSON_DEPTH_MAX} deep.")));
            }
            serde_json::from_str::<serde::de::IgnoredAny>(json)
                .map(drop)
                .map_err(|_| bad("The plugin answered with a complex value that is not JSON."))
        }
    }
}

fn bounded(changes: usize) -> Result<(), Fault> {
    if changes <= CHANGES_MAX {
        return Ok(());
    }
    let message = format!("The plugin answered with more than {CHANGES_MAX} changes.");
    Err(Fault::new(FaultKind::OutputTooLarge, message))
}

/// A text that names something, so an empty one is nonsense.
fn named(text: &str) -> Result<(), Fault> {
    if text.is_empty() { Err(bad("The plugin answered with an empty name.")) } else { within(text, TEXT_BYTES_MAX) }
}

fn within(text: &str, bytes_max: usize) -> Result<(), Fault> {
    if text.len() <= bytes_max {
        return Ok(());
    }
    let message = format!("The plugin answered with a text of more than {}.", size(bytes_max));
    Err(Fault::new(FaultKind::OutputTooLarge, message))
}

fn reason(said: String) -> String {
    let said = line(said, REASON_BYTES_MAX);
    if said.trim().is_empty() { "The plugin gives no reason.".into() } else { said }
}

fn bad(message: &str) -> Fault {
    Fault::new(FaultKind::BadOutput, message)
}

fn undeclared() -> Fault {
    Fault::new(FaultKind::Undeclared, "The plugin wanted to change what its manifest does not name.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use FaultKind::{BadOutput, OutputTooLarge, Undeclared};

    #[test]
    fn nonsense_in_a_users_changes_is_a_fault() {
        let all = Writes::of(&["included", "status", "role", "groups", "userName", "displayName", "attributes"]);
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        let set = |path: &str, value| UserEffect::SetAttribute(Attribute { path: path.into(), value });
        for (effect, fault) in [
            (UserEffect::Exclude, None),
            (UserEffect::SetStatus(Status::Suspended), None),
            (UserEffect::SetStatus(Status::Blocked), Some(BadOutput)),
            (UserEffect::SetRole(String::new()), Some(BadOutput)),
            (UserEffect::SetRole(long.clone()), Some(OutputTooLarge)),
            (UserEffect::SetUserName(String::new()), Some(BadOutput)),
            (UserEffect::SetDisplayName(String::new()), None),
            (UserEffect::SetDisplayName(long.clone()), Some(OutputTooLarge)),
            (UserEffect::AddGroup(String::new()), Some(BadOutput)),
            (set("", Value::Integer(1)), Some(BadOutput)),
            (set("a", Value::Decimal(1.5)), None),
            (set("a", Value::Decimal(f64::NAN)), Some(BadOutput)),
            (set("a", Value::Text(long)), Some(OutputTooLarge)),
            (set("a", Value::Json(r#"{"a":[1]}"#.into())), None),
            (set("a", Value::Json("{".into())), Some(BadOutput)),
            (set("a", Value::Json("[".repeat(1_000))), Some(BadOutput)),
        ] {
            let text = format!("{effect:?}").chars().take(60).collect::<String>();
            let answer = user(vec![UserChange { effect, reason: "Because.".into() }], &all);
            assert_eq!(answer.err().map(|fault| fault.kind), fault, "{text}");
        }
    }

    #[test]
    fn changes_are_declared_and_few_and_say_why() {
        let change = |reason: &str| UserChange { effect: UserEffect::Exclude, reason: reason.into() };
        let included = Writes::of(&["included"]);
        let kind = |changes, writes: &Writes| user(changes, writes).err().map(|fault| fault.kind);
        assert_eq!(kind(vec![change("")], &Writes::of(&["role"])), Some(Undeclared));
        assert_eq!(kind(vec![change(""); CHANGES_MAX], &included), None);
        assert_eq!(kind(vec![change(""); CHANGES_MAX + 1], &included), Some(OutputTooLarge));
        let reasons = user(vec![change(" "), change("a\nb"), change(&"é".repeat(400))], &included).expect("all fit");
        let reasons: Vec<&str> = reasons.iter().map(|change| change.reason.as_str()).collect();
        assert_eq!(reasons, ["The plugin gives no reason.", "a b", &"é".repeat(256)]);
    }

    #[test]
    fn a_text_that_is_too_long_says_what_it_may_have() {
        let groups = Writes::of(&["groups"]);
        let add = |effect| user(vec![UserChange { effect, reason: String::new() }], &groups).err().map(|fault| fault.message);
        for (effect, most) in [
            (UserEffect::AddNamedGroup("x".repeat(GROUP_NAME_BYTES_MAX + 1)), "256 bytes"),
            (UserEffect::RemoveNamedGroup("x".repeat(GROUP_NAME_BYTES_MAX + 1)), "256 bytes"),
            (UserEffect::AddGroup("x".repeat(TEXT_BYTES_MAX + 1)), "4 KiB"),
        ] {
            assert_eq!(add(effect), Some(format!("The plugin answered with a text of more than {most}.")));
        }
        assert_eq!(add(UserEffect::AddNamedGroup("x".repeat(GROUP_NAME_BYTES_MAX))), None);
    }

    #[test]
    fn a_group_keeps_a_name() {
        let writes = Writes::of(&["displayName"]);
        let rename = |name: &str| GroupChange { effect: GroupEffect::SetDisplayName(name.into()), reason: "r".into() };
        let kind = |change| group(vec![change], &writes).err().map(|fault| fault.kind);
        assert_eq!(kind(rename("Sales")), None);
        assert_eq!(kind(rename("")), Some(BadOutput));
        let exclude = GroupChange { effect: GroupEffect::Exclude, reason: String::new() };
        assert_eq!(kind(exclude), Some(Undeclared));
    }
}
