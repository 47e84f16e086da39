//! First-party policy `role-protection`: who holds a protected role keeps it and keeps access, whatever the identity
//! provider or other policies say, also when the identity provider deactivates or deletes them; and nobody gains a
//! protected role by them. What an operator says stands: a block stays, and an operator may give and take any role.

use doorlist_sdk::{Policy, Problem, Status, User, UserChange, export_policy};
use schemars::JsonSchema;
use serde::Deserialize;

/// The longest name of a role.
const ROLE_BYTES_MAX: usize = 256;

/// The policy with its settings.
#[derive(Debug)]
pub struct RoleProtection {
    roles: Vec<String>,
}

/// What an operator may set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The protected roles.
    #[schemars(length(max = 100), inner(length(min = 1, max = 256)))]
    pub roles: Vec<String>,
}

impl RoleProtection {
    fn protects(&self, role: &str) -> bool {
        self.roles.iter().any(|protected| protected == role)
    }
}

impl Policy for RoleProtection {
    type Settings = Settings;
    const NAME: &'static str = "role-protection";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str =
        "Members with a protected role keep it and keep access; nobody gains a protected role by synchronisation.";
    const READS: &'static [&'static str] = &["current", "view"];
    const WRITES: &'static [&'static str] = &["role", "status", "included"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let problems: Vec<Problem> = settings
            .roles
            .iter()
            .enumerate()
            .filter(|(_, role)| role.is_empty() || role.len() > ROLE_BYTES_MAX)
            .map(|(at, _)| {
                let message = format!("The name of a role has between 1 and {ROLE_BYTES_MAX} bytes.");
                Problem::new(format!("/roles/{at}"), message)
            })
            .collect();
        if problems.is_empty() { Ok(RoleProtection { roles: settings.roles }) } else { Err(problems) }
    }

    fn project_user(&self, user: &User) -> Vec<UserChange> {
        let (held, view) = (&user.current.role, &user.view);
        if !self.protects(held) {
            if !self.protects(&view.role) {
                return Vec::new();
            }
            let reason = format!("Only an operator gives the protected role \"{}\"", view.role);
            return vec![UserChange::set_role(held, reason)];
        }
        let mut changes = Vec::new();
        if view.role != *held {
            let reason = format!("Only an operator takes the protected role \"{held}\"");
            changes.push(UserChange::set_role(held, reason));
        }
        if !view.included {
            changes.push(UserChange::include(format!("Members with the protected role \"{held}\" are kept")));
        }
        if view.status == Status::Suspended && user.current.status != Status::Blocked {
            let reason = format!("Members with the protected role \"{held}\" keep access");
            changes.push(UserChange::set_status(Status::Active, reason));
        }
        changes
    }
}

export_policy!(RoleProtection);

#[cfg(test)]
mod tests {
    use super::*;
    use doorlist_sdk::{Lifecycle, UserEffect};

    fn effects(user: &User) -> Vec<UserEffect> {
        let settings = Settings { roles: vec!["owner".into(), "admin".into()] };
        let policy = RoleProtection::configure(settings).expect("settings are right");
        policy.project_user(user).into_iter().map(|change| change.effect).collect()
    }

    fn user(held: &str, view_role: &str, included: bool, view_status: Status) -> User {
        let mut user = User::sample("ada");
        user.current.role = held.into();
        user.view.role = view_role.into();
        user.view.included = included;
        user.view.status = view_status;
        user
    }

    #[test]
    fn a_protected_role_is_neither_lost_nor_gained() {
        use Status::{Active, Suspended};
        let role = |role: &str| UserEffect::SetRole(role.into());
        let activate = UserEffect::SetStatus(Active);
        for (user, expected) in [
            (user("owner", "owner", true, Active), vec![]),
            (user("owner", "user", true, Active), vec![role("owner")]),
            (user("owner", "admin", true, Active), vec![role("owner")]),
            (user("owner", "owner", false, Active), vec![UserEffect::Include]),
            (user("owner", "owner", true, Suspended), vec![activate.clone()]),
            (user("owner", "user", false, Suspended), vec![role("owner"), UserEffect::Include, activate.clone()]),
            (user("user", "owner", true, Active), vec![role("user")]),
            (user("user", "owner", false, Suspended), vec![role("user")]),
            (user("user", "auditor", true, Active), vec![]),
            (user("user", "user", false, Suspended), vec![]),
            (user("Owner", "user", false, Suspended), vec![]),
        ] {
            assert_eq!(effects(&user), expected, "{} seen as {:?}", user.current.role, user.view);
        }
    }

    #[test]
    fn a_protected_member_stays_through_deactivation_and_deletion() {
        for lifecycle in [Lifecycle::Inactive, Lifecycle::Deleted] {
            let user = User { lifecycle, ..user("owner", "owner", false, Status::Suspended) };
            let kept = [UserEffect::Include, UserEffect::SetStatus(Status::Active)];
            assert_eq!(effects(&user), kept, "{lifecycle:?}");
        }
    }

    #[test]
    fn a_block_set_by_an_operator_stays() {
        for view_status in [Status::Blocked, Status::Suspended] {
            let mut user = user("owner", "owner", true, view_status);
            user.current.status = Status::Blocked;
            assert_eq!(effects(&user), [], "{view_status:?}");
        }
    }

    #[test]
    fn a_role_has_a_name() {
        let settings = Settings { roles: vec!["owner".into(), String::new()] };
        let problems = RoleProtection::configure(settings).expect_err("the second is empty");
        assert_eq!(problems.first().map(|problem| problem.pointer.as_str()), Some("/roles/1"));
    }
}
