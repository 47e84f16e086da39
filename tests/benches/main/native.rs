//! What the examples do, as native functions: each with the settings that the benchmark gives to the example, and with the same answer.
//!
//! Written as somebody would who had no sandbox to write for, so they say what the sandbox and the language cost together.

use doorlist::policy::{User, UserChange, UserEffect, Value};

pub const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
pub const EMPLOYEE_NUMBER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";

/// An example with what it is measured with.
#[derive(Clone, Copy)]
pub struct Twin {
    /// The example's name.
    pub name: &'static str,
    /// Its settings.
    pub settings: &'static str,
    /// What it answers.
    pub project: fn(&User) -> Vec<UserChange>,
}

/// Every example that is about users, which is every one.
pub const TWINS: [Twin; 6] = [
    Twin {
        name: "department-to-group",
        settings: r#"{"prefix": "Dept ", "names": {"Research & Development": "R&D"}}"#,
        project: departments,
    },
    Twin { name: "name-normalisation", settings: r#"{"domains": {"old.example.com": "example.com"}, "capitalise": true}"#, project: names },
    Twin {
        name: "role-by-group",
        settings: r#"{"roles": [{"group": "NB-Admins", "role": "admin"}, {"group": "NB-Staff", "role": "auditor"}]}"#,
        project: roles,
    },
    Twin { name: "email-domain-allow-list", settings: r#"{"domains": ["example.org", "example.com"]}"#, project: domains },
    Twin { name: "nested-teams", settings: "{}", project: teams },
    Twin { name: "contractors-group", settings: r#"{"employeeNumberPrefixes": ["X-"], "onlyThere": true}"#, project: contractors },
];

fn change(effect: UserEffect, reason: String) -> UserChange {
    UserChange { effect, reason }
}

fn texts<'a>(user: &'a User, path: &'a str) -> impl Iterator<Item = &'a str> {
    user.attributes.iter().filter(move |attribute| attribute.path == path).filter_map(|attribute| match &attribute.value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

fn departments(user: &User) -> Vec<UserChange> {
    let named = |department: &str| {
        let name = if department.to_lowercase() == "research & development" { "R&D" } else { department };
        change(UserEffect::AddNamedGroup(format!("Dept {name}")), format!("The department is \"{department}\"."))
    };
    texts(user, DEPARTMENT).map(str::trim).filter(|department| !department.is_empty()).map(named).collect()
}

/// Names of the benchmark are ASCII, so its composed form is what they have.
fn names(user: &User) -> Vec<UserChange> {
    let tidied = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let sent = &user.view.user_name;
    let user_name = tidied(sent).to_lowercase();
    let user_name = user_name.strip_suffix("@old.example.com").map_or(user_name.clone(), |local| format!("{local}@example.com"));
    let display_name = tidied(&user.view.display_name);
    let mixed = display_name.chars().any(char::is_lowercase) && display_name.chars().any(char::is_uppercase);
    let display_name = if mixed { display_name } else { capitalised(&display_name) };
    let mut changes = Vec::new();
    if user_name != *sent {
        changes.push(change(UserEffect::SetUserName(user_name), format!("Normalised from \"{sent}\".")));
    }
    if display_name != user.view.display_name {
        let reason = format!("Normalised from \"{}\".", user.view.display_name);
        changes.push(change(UserEffect::SetDisplayName(display_name), reason));
    }
    changes
}

fn capitalised(text: &str) -> String {
    let mut begins = true;
    text.chars()
        .map(|letter| {
            let made = if begins { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
            begins = !letter.is_alphabetic();
            made
        })
        .collect()
}

fn roles(user: &User) -> Vec<UserChange> {
    let rules = [("NB-Admins", "admin"), ("NB-Staff", "auditor")];
    let first = rules.into_iter().find(|(group, _)| user.groups.iter().any(|member| member.name == *group));
    first.into_iter().map(|(group, role)| change(UserEffect::SetRole(role.to_owned()), format!("Member of \"{group}\"."))).collect()
}

fn domains(user: &User) -> Vec<UserChange> {
    let emails: Vec<serde_json::Value> = user
        .attributes
        .iter()
        .filter(|attribute| attribute.path == "emails")
        .filter_map(|attribute| match &attribute.value {
            Value::Json(json) => serde_json::from_str(json).ok(),
            _ => None,
        })
        .collect();
    let primary = emails.iter().find(|email| email["primary"] == true);
    let addresses = primary.into_iter().chain(&emails).filter_map(|email| email["value"].as_str()).chain([user.user_name.as_str()]);
    let Some(domain) = addresses.filter_map(|address| address.rsplit_once('@')).map(|(_, domain)| domain).next() else {
        return vec![change(UserEffect::Exclude, "The user has no e-mail address.".to_owned())];
    };
    if ["example.org", "example.com"].iter().any(|allowed| domain.eq_ignore_ascii_case(allowed)) {
        return Vec::new();
    }
    vec![change(UserEffect::Exclude, format!("The e-mail address is in \"{domain}\", which is not allowed."))]
}

fn teams(user: &User) -> Vec<UserChange> {
    let mut found: Vec<(String, &str)> = Vec::new();
    for group in &user.groups {
        let teams: Vec<&str> = group.name.split('/').map(str::trim).filter(|team| !team.is_empty()).collect();
        for depth in (1..=teams.len()).filter(|_| teams.len() > 1) {
            let path = teams[..depth].join(" / ");
            if !found.iter().any(|(team, _)| *team == path) {
                found.push((path, &group.name));
            }
        }
    }
    found.into_iter().map(|(team, from)| change(UserEffect::AddNamedGroup(team), format!("Member of \"{from}\"."))).collect()
}

fn contractors(user: &User) -> Vec<UserChange> {
    let by_type = texts(user, "userType").find(|kind| kind.trim().eq_ignore_ascii_case("contractor"));
    let by_number = || texts(user, EMPLOYEE_NUMBER).find(|number| number.starts_with("X-"));
    let reason = match by_type {
        Some(kind) => format!("The user type is \"{kind}\"."),
        None => match by_number() {
            Some(number) => format!("The employee number is \"{number}\"."),
            None => return Vec::new(),
        },
    };
    let out = user.view.groups.iter().map(|id| UserEffect::RemoveGroup(id.clone()));
    let others = user.view.named_groups.iter().filter(|name| *name != "Contractors").map(|name| UserEffect::RemoveNamedGroup(name.clone()));
    let own = UserEffect::AddNamedGroup("Contractors".to_owned());
    out.chain(others).chain([own]).map(|effect| change(effect, reason.clone())).collect()
}
