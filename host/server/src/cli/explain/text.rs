//! An explanation as text for a terminal of a hundred columns.
//!
//! Reads what the server answered leniently: what is missing is left out. Nothing that an identity provider wrote reaches the terminal as a control character.

use serde_json::Value;

use crate::cli::{plain_letters, would};

/// Columns of a terminal that lines keep within, as far as single words let them.
const COLUMNS_MAX: usize = 100;

/// Columns of the names of facts.
const NAMES: usize = 16;

/// The whole explanation.
pub(super) fn of(explanation: &Value) -> String {
    let mut page = Page::default();
    page.line(0, &format!("{} {}", text(explanation, "/kind"), text(explanation, "/name")));
    page.line(2, text(explanation, "/summary"));
    page.gap();
    facts(&mut page, explanation);
    if let Some(evaluation) = explanation.get("evaluation") {
        pipeline(&mut page, evaluation);
        outcome(&mut page, evaluation);
    }
    let others = list(explanation, "/others");
    if !others.is_empty() {
        page.gap();
        page.line(0, "Others of that name, to be asked by their ids:");
        for other in others {
            let connection = Some(text(other, "/connectionName")).filter(|name| !name.is_empty()).map(|name| format!(", {name}"));
            page.line(2, &format!("{} ({}{})", text(other, "/id"), text(other, "/standing"), connection.unwrap_or_default()));
        }
    }
    page.text
}

fn facts(page: &mut Page, explanation: &Value) {
    page.fact("SCIM id", text(explanation, "/scimId"));
    page.fact("connection", text(explanation, "/connectionName"));
    let member = text(explanation, "/directoryId");
    if member != text(explanation, "/scimId") {
        page.fact("directory id", member);
    }
    page.fact("status", &because(text(explanation, "/status"), explanation.get("statusReason")));
    for maker in list(explanation, "/madeBy") {
        page.fact("made by", &because(&format!("members put in: {}", number(maker, "/members")), maker.get("reason")));
    }
    if explanation.pointer("/evaluation/assignedGroups").is_some() && text(explanation, "/kind") == "user" {
        let groups = names(list(explanation, "/evaluation/assignedGroups"));
        page.fact("assigned groups", if groups.is_empty() { "none" } else { &groups });
    }
    if explanation.get("decision").is_some() {
        let (revision, asked) = (number(explanation, "/decision/pipelineRevision"), number(explanation, "/evaluation/pipelineRevision"));
        let settled = asked > revision && explanation.get("due") != Some(&Value::Bool(true));
        let since = if settled { format!("; up to revision {asked} nothing else was concluded") } else { String::new() };
        page.fact("decided", &format!("{} by pipeline revision {revision}{since}", text(explanation, "/decision/at")));
    }
    if explanation.pointer("/decision/held").is_some() {
        let effect = text(explanation, "/decision/held/effect");
        let by = text(explanation, "/decision/held/hold");
        let stays = explanation.pointer("/decision/held/discarded") == Some(&Value::Bool(true));
        page.fact("held", &format!("not {effect}: hold {by}{}", if stays { ", and an operator said that it stays" } else { "" }));
    }
    let (last, request) = (explanation.get("lastTouch"), explanation.get("lastScimRequest"));
    if explanation.get("scimId").is_none() {
        page.fact("request", &last.map(touch).unwrap_or_default());
        return;
    }
    page.fact("due", if explanation.get("due") == Some(&Value::Bool(true)) { "still to be projected" } else { "no" });
    page.fact("SCIM request", &request.map_or_else(|| "not known".to_owned(), touch));
    if let Some(last) = last.filter(|last| Some(*last) != request) {
        page.fact("touched since", &touch(last));
    }
}

/// Something with its reason and the policy that gives it.
fn because(what: &str, reason: Option<&Value>) -> String {
    let Some(reason) = reason else { return what.to_owned() };
    let policy = Some(text(reason, "/policy")).filter(|policy| !policy.is_empty()).map(|policy| format!(" (policy {policy})"));
    format!("{what}: {}{}", text(reason, "/text"), policy.unwrap_or_default())
}

/// An entry of the activity in a line.
fn touch(touch: &Value) -> String {
    let activity = number(touch, "/activity");
    if touch.get("entry").is_none() {
        return format!("activity {activity}, which is no longer kept");
    }
    let subject = Some(text(touch, "/entry/subject")).filter(|subject| !subject.is_empty()).map(|subject| format!(" of {subject}"));
    format!(
        "{} {}{}, {} (activity {activity}, request {})",
        text(touch, "/entry/at"),
        text(touch, "/entry/action"),
        subject.unwrap_or_default(),
        number(touch, "/entry/status"),
        text(touch, "/entry/requestId")
    )
}

fn pipeline(page: &mut Page, evaluation: &Value) {
    page.gap();
    let revision = number(evaluation, "/pipelineRevision");
    let steps = list(evaluation, "/steps");
    if steps.is_empty() {
        page.line(0, &format!("Pipeline revision {revision} has no policy."));
        return;
    }
    page.line(0, &format!("Each policy of pipeline revision {revision}, asked now ({} µs together)", number(evaluation, "/micros")));
    for (at, step) in steps.iter().enumerate() {
        page.gap();
        let monitor = if text(step, "/mode") == "monitor" { ", only monitors" } else { "" };
        let head = format!("{}. {} ({} {}{monitor})", at + 1, text(step, "/policy"), text(step, "/plugin"), text(step, "/version"));
        page.line(2, &head);
        self::step(page, step);
    }
}

fn step(page: &mut Page, step: &Value) {
    let not_asked = text(step, "/notAsked");
    if !not_asked.is_empty() {
        page.line(5, &format!("not asked: {not_asked}"));
        return;
    }
    if let Some(view) = step.get("view") {
        page.line(5, &format!("before: {}", self::view(view)));
    }
    let changes = list(step, "/changes");
    for change in changes {
        let value = change.get("value").map(|value| format!(" {}", plain(value))).unwrap_or_default();
        page.line(5, &format!("{}{value}: {}", text(change, "/effect"), text(change, "/reason")));
    }
    let would = would::line(list(step, "/would"));
    if !would.is_empty() {
        page.line(5, &format!("would make different: {would}"));
    }
    let fault = text(step, "/fault");
    if !fault.is_empty() {
        page.line(5, &format!("failed: {fault}"));
    } else if changes.is_empty() {
        page.line(5, "hands it on unchanged");
    }
    for line in list(step, "/log") {
        page.line(5, &format!("printed: {}", plain(line)));
    }
    page.line(5, &format!("took {} µs, and {} µs to start", number(step, "/micros"), number(step, "/startMicros")));
}

/// A view in a line.
fn view(view: &Value) -> String {
    let included = if view.get("included") == Some(&Value::Bool(false)) { "excluded" } else { "included" };
    let mut parts = vec![included.to_owned()];
    for (name, pointer) in [("", "/status"), ("role ", "/role"), ("", "/userName"), ("", "/displayName")] {
        let part = text(view, pointer);
        if !part.is_empty() {
            parts.push(format!("{name}{part}"));
        }
    }
    let (groups, named) = (list(view, "/groups").len(), list(view, "/namedGroups").len());
    if view.get("groups").is_some() {
        parts.push(match groups + named {
            1 => "1 group".to_owned(),
            several => format!("{several} groups"),
        });
    }
    parts.join(", ")
}

fn outcome(page: &mut Page, evaluation: &Value) {
    page.gap();
    page.line(0, "What comes of it");
    page.gap();
    let stuck = text(evaluation, "/stuck/text");
    if stuck.is_empty() {
        page.fact("proposed", &evaluation.get("view").map(view).unwrap_or_default());
    } else {
        page.fact("stuck", &format!("{stuck} ({})", text(evaluation, "/stuck/policy")));
    }
    let reason = text(evaluation, "/reason/text");
    let policy = text(evaluation, "/reason/policy");
    page.fact("reason", &if policy.is_empty() { reason.to_owned() } else { format!("{reason} (policy {policy})") });
    for group in list(evaluation, "/decidingGroups") {
        page.fact("deciding group", &deciding(group));
    }
    if !list(evaluation, "/assignedGroups").is_empty() && list(evaluation, "/decidingGroups").is_empty() && stuck.is_empty() {
        page.fact("deciding group", "none: with other groups of those that are assigned, or without any, it would be the same");
    }
    let left = number(evaluation, "/groupsNotTried");
    page.fact("not tried", &if left == "?" { String::new() } else { format!("whether {left} other groups decide") });
    page.fact(
        "the directory",
        match text(evaluation, "/directory/change") {
            "added" => "does not have it yet and would then have it",
            "removed" => "has it still and would then have it no longer",
            "updated" => "has it otherwise and would then have it so:",
            _ if evaluation.get("held").is_some() => "has it still: a hold keeps it as it is",
            _ if text(evaluation, "/directory/now/status") == "blocked" => {
                "has it so, but blocked: an operator's block outweighs the status"
            }
            _ if evaluation.pointer("/directory/now").is_some_and(|now| !now.is_null()) => "has it so",
            _ => "does not have it",
        },
    );
    for difference in list(evaluation, "/directory/differences") {
        let side = |name: &str| difference.get(name).map_or_else(|| "nothing".to_owned(), plain);
        page.line(4, &format!("{}: {} instead of {}", text(difference, "/pointer"), side("then"), side("now")));
    }
}

fn deciding(group: &Value) -> String {
    let words = |pointer: &str| list(group, pointer).iter().map(plain).collect::<Vec<_>>().join(", ");
    let mut told = Vec::new();
    for (pointer, meaning) in [("/needed", "without it otherwise"), ("/sufficient", "it alone is enough")] {
        let aspects = words(pointer);
        if !aspects.is_empty() {
            told.push(format!("{meaning}: {aspects}"));
        }
    }
    format!("{} ({})", text(group, "/name"), told.join("; "))
}

fn names(groups: &[Value]) -> String {
    groups.iter().map(|group| text(group, "/name")).collect::<Vec<_>>().join(", ")
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_u64).map_or_else(|| "?".to_owned(), |number| number.to_string())
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A value for a reader: texts without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Text that grows line by line.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Begins a paragraph, unless one has just begun.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A fact and its name; nothing if the fact is empty.
    fn fact(&mut self, name: &str, fact: &str) {
        if !fact.is_empty() {
            self.put(&format!("  {name:NAMES$}  "), fact);
        }
    }

    /// A text, indented.
    fn line(&mut self, indent: usize, text: &str) {
        self.put(&" ".repeat(indent), text);
    }

    /// A text behind what its first line begins with; what does not fit goes on below it.
    fn put(&mut self, head: &str, text: &str) {
        let indent = head.chars().count();
        let mut column = indent;
        self.text.push_str(head);
        for (at, word) in text.split_whitespace().enumerate() {
            // What a client wrote may hold what a terminal obeys.
            let word = plain_letters(word);
            let width = word.chars().count();
            if at > 0 && column + 1 + width > COLUMNS_MAX {
                self.text.push('\n');
                self.text.push_str(&" ".repeat(indent));
                column = indent;
            } else if at > 0 {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(&word);
            column += width;
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explanation() -> Value {
        json!({
            "kind": "user",
            "name": "ada@example.com",
            "standing": "inventory",
            "summary": "The directory does not have this user: It is in none of the groups. (policy groups)",
            "scimId": "0192",
            "directoryId": "0191",
            "status": "suspended",
            "statusReason": {"policy": "guests", "text": "Guests wait."},
            "connectionName": "Jump\u{1b}[2JCloud",
            "due": false,
            "decision": {"at": "2026-01-01T00:00:00Z", "pipelineRevision": 3, "held": {"hold": "0199", "effect": "removed"}},
            "lastTouch": {"activity": 9, "entry": {"at": "2026-01-01T00:00:00Z", "action": "PATCH /tenants/{tenant}/users/{user}", "status": 200, "requestId": "r2"}},
            "lastScimRequest": {"activity": 7},
            "evaluation": {
                "pipelineRevision": 3,
                "assignedGroups": [{"id": "1", "name": "Staff"}, {"id": "2", "name": "Ops"}],
                "micros": 41,
                "steps": [
                    {"policy": "elsewhere", "plugin": "rules", "version": "1.0.0", "mode": "enforce", "notAsked": "It is limited to another connection.", "changes": []},
                    {"policy": "groups", "plugin": "user-group-filter", "version": "1.0.0", "mode": "monitor", "micros": 41, "startMicros": 100,
                        "view": {"included": true, "status": "active", "role": "user", "groups": ["1", "2"], "namedGroups": []},
                        "changes": [{"effect": "set-role", "value": "admin", "reason": "So it is."}],
                        "would": [{"change": "role", "from": "user", "to": "admin"}], "log": ["info: hello"]},
                ],
                "view": {"included": false, "status": "active", "role": "user", "groups": ["1"], "namedGroups": []},
                "included": false,
                "reason": {"policy": "groups", "text": "It is in none of the groups."},
                "decidingGroups": [{"id": "1", "name": "Staff", "needed": ["included"], "sufficient": ["role"]}],
                "directory": {"change": "updated", "now": {"id": "0191"}, "then": {"id": "0191"},
                    "differences": [{"pointer": "/role", "now": "user", "then": "admin"}]},
            },
            "others": [{"id": "0193", "standing": "local"}, {"id": "0194", "standing": "inventory", "connectionName": "Ok\u{202e}ta"}],
        })
    }

    #[test]
    fn an_explanation_reads_from_top_to_bottom() {
        let told = of(&explanation());
        for part in [
            "user ada@example.com\n  The directory does not have this user: It is in none of the groups. (policy groups)\n\n",
            "  SCIM id           0192\n",
            "  connection        Jump\u{fffd}[2JCloud\n",
            "  directory id      0191\n",
            "  assigned groups   Staff, Ops\n",
            "  held              not removed: hold 0199\n",
            "  SCIM request      activity 7, which is no longer kept\n",
            "  1. elsewhere (rules 1.0.0)\n     not asked: It is limited to another connection.\n",
            "  2. groups (user-group-filter 1.0.0, only monitors)\n     before: included, active, role user, 2 groups\n     set-role admin: So it is.\n     would make different: role user → admin\n     printed: info: hello\n     took 41 µs, and 100 µs to start\n",
            "  proposed          excluded, active, role user, 1 group\n",
            "  reason            It is in none of the groups. (policy groups)\n",
            "  deciding group    Staff (without it otherwise: included; it alone is enough: role)\n",
            "  the directory     has it otherwise and would then have it so:\n    /role: admin instead of user\n",
            "Others of that name, to be asked by their ids:\n  0193 (local)\n  0194 (inventory, Ok\u{fffd}ta)\n",
            "  status            suspended: Guests wait. (policy guests)\n",
        ] {
            assert!(told.contains(part), "{part}\nis not in\n{told}");
        }
        assert!(told.contains("touched since") && !told.contains('\u{1b}') && !told.contains("\n\n\n"), "{told}");
        for line in told.lines() {
            assert!(line.chars().count() <= COLUMNS_MAX && line.trim_end() == line, "{line:?}");
        }
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let told = of(&json!({"kind": "group", "name": "Local", "summary": "This group was made locally."}));
        assert_eq!(told, "group Local\n  This group was made locally.\n\n");
        of(&json!(null));
    }
}
