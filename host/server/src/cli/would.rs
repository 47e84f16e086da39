//! What would be different of a user or group, in words of one line. Knows nothing of who says so.

use serde_json::Value;

use super::tenant::{counted, items, number, text};

/// What would be different of one subject; empty if nothing would.
pub(super) fn line(would: &[Value]) -> String {
    would.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn one(would: &Value) -> String {
    let change = text(would, "change");
    match change {
        "role" => format!("role {} → {}", text(would, "from"), text(would, "to")),
        "changed" => {
            let names = items(would, "attributes").iter().filter_map(Value::as_str).collect::<Vec<_>>();
            format!("changed {}", names.join(" and "))
        }
        "membership.added" | "membership.removed" => {
            let group = [text(would, "group"), text(would, "groupId")].into_iter().find(|group| !group.is_empty());
            format!("{change} {}", group.unwrap_or("of a group"))
        }
        _ => change.to_owned(),
    }
}

/// Counts of what would be different, those left out that are 0.
pub(super) fn counts(counts: &Value) -> String {
    let of_each: Vec<String> = [
        ("included", "included"),
        ("excluded", "excluded"),
        ("suspended", "suspended"),
        ("reactivated", "reactivated"),
        ("roles", "with another role"),
        ("changed", "with other names or attributes"),
        ("membershipsAdded", "in more groups"),
        ("membershipsRemoved", "in fewer groups"),
        ("stuck", "stuck"),
        ("unstuck", "no longer stuck"),
    ]
    .into_iter()
    .map(|(name, words)| (number(counts, name), words))
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    let subjects = number(counts, "subjects");
    let all = counted(subjects, "user or group", "users and groups");
    if of_each.is_empty() { all } else { format!("{all}: {}", of_each.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_would_be_different_is_one_line() {
        let all = [
            json!({"change": "excluded"}),
            json!({"change": "role", "from": "user", "to": "owner"}),
            json!({"change": "changed", "attributes": ["title", "userName"]}),
            json!({"change": "membership.added", "group": "Staff"}),
            json!({"change": "membership.removed", "groupId": "0192"}),
        ];
        assert_eq!(line(&all), "excluded, role user → owner, changed title and userName, membership.added Staff, membership.removed 0192");
        assert_eq!(line(&[]), "");
    }

    #[test]
    fn counts_leave_out_what_is_not() {
        let some = json!({"subjects": 3, "excluded": 2, "roles": 1, "stuck": 0});
        assert_eq!(counts(&some), "3 users and groups: 2 excluded, 1 with another role");
        assert_eq!(counts(&json!({"subjects": 0})), "0 users and groups");
        assert_eq!(counts(&json!({"subjects": 1, "unstuck": 1})), "1 user or group: 1 no longer stuck");
    }
}
