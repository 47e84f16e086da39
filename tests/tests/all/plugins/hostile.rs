//! Hostile guests over HTTP: each is refused, or leaves its subject stuck, with a reason; others go on.

use doorlist::policy::Tier;
use doorlist_tests::callers::text;
use doorlist_tests::{Client, Tenant};
use serde_json::{Value, json};

use super::refused;
use crate::guests::{Hostile, all_hostile};
use crate::shared;

/// A tenant with a user and a group whose policy is the hostile one.
struct Victim {
    tenant: Tenant,
    user: String,
    group: String,
}

impl Victim {
    fn new() -> Self {
        let tenant = shared::tenant("hostile guests");
        let client = tenant.connect();
        let user = client.user("ada@example.com");
        let group = client.group("Sales", &[&user]);
        tenant.synced();
        Self { tenant, user, group }
    }

    /// Uploads a guest and puts it into force, as far as it gets.
    fn suffer(&self, hostile: &Hostile) {
        let Hostile { name, tier, stopped_at, says, wasm, .. } = hostile;
        let allow = |tier: &str| drop(self.tenant.patch("", &json!({"pluginLimits": {"tier": tier}})).expect(200));
        if *tier == Tier::Large {
            allow("large");
        }
        let uploaded = self.tenant.upload(wasm);
        if *tier == Tier::Large {
            allow("small");
        }
        if let Some(expected) = stopped_at.strip_prefix("upload/") {
            let (stage, detail) = refused(uploaded);
            assert_eq!(stage, expected, "{name}: {detail}");
            assert!(detail.contains(says), "{name}: {detail}");
            return;
        }
        let plugin = uploaded.expect(201);
        let policies = json!({"policies": [{"name": "guest", "plugin": plugin["name"], "version": plugin["version"]}]});
        let put = self.tenant.put("/pipeline", &policies);
        if stopped_at == "configure" {
            let problem: Value = serde_json::from_slice(&put.body).unwrap_or_else(|error| panic!("{name}: {error}"));
            put.problem(400);
            assert_eq!(problem["problems"][0]["pointer"], "/policies/0/settings", "{name}: {problem}");
            assert_eq!(problem["problems"][0]["message"], format!("The plugin failed while it checked these. {says}"), "{name}");
            return;
        }
        let _ = put.expect(200);
        self.assert_stuck(hostile);
    }

    /// Who is stuck says why and stays as it was; who is not is not.
    fn assert_stuck(&self, hostile: &Hostile) {
        let (user, group) = (self.tenant.user_decision(&self.user), self.tenant.group_decision(&self.group));
        let (stuck, other) = if hostile.stopped_at == "group" { (&group, &user) } else { (&user, &group) };
        assert_eq!(stuck["stuck"], json!({"policy": "guest", "text": hostile.says}), "{}: {stuck}", hostile.name);
        assert_eq!(other["stuck"], Value::Null, "{}: {other}", hostile.name);
        assert!(user["included"] == true && group["included"] == true, "{}: {user} {group}", hostile.name);
        let member = self.tenant.member("ada@example.com");
        assert_eq!(
            (text(&member, "status"), text(&member, "role")),
            ("active".to_owned(), "user".to_owned()),
            "{}: {member}",
            hostile.name
        );
    }
}

/// A tenant whose policy behaves.
struct Other {
    tenant: Tenant,
    client: Client,
}

impl Other {
    fn new() -> Self {
        let tenant = shared::tenant("beside hostile guests");
        let client = tenant.connect();
        let policies = json!([{"name": "named", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}}]);
        let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
        Self { tenant, client }
    }

    /// What comes now is projected through its policy.
    fn assert_goes_on(&self, number: usize) {
        let shown = self.client.group(&format!("NB-{number}"), &[]);
        let hidden = self.client.group(&format!("Other {number}"), &[]);
        let included = |group: &str| self.tenant.group_decision(group)["included"].clone();
        assert_eq!((included(&shown), included(&hidden)), (json!(true), json!(false)));
    }
}

#[test]
fn every_hostile_guest_says_why_it_is_stopped_and_harms_nobody() {
    let (victim, other) = (Victim::new(), Other::new());
    for (number, hostile) in all_hostile().iter().enumerate() {
        victim.suffer(hostile);
        other.assert_goes_on(number);
    }
    // And a policy that behaves frees whoever was stuck.
    let _ = victim.tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "group-prefix"}]})).expect(200);
    assert_eq!(victim.tenant.user_decision(&victim.user)["stuck"], Value::Null);
    assert_eq!(victim.tenant.synced()["stuck"], 0);
}
