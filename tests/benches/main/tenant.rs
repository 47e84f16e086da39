//! A tenant with one connection, and the requests its identity provider sends.

use std::io;
use std::time::{Duration, Instant};

use doorlist_tests::http::encode;
use doorlist_tests::load::{Caller, Stream, run_one};
use doorlist_tests::{Tenant, callers};
use serde_json::{Value, json};

use crate::scale::{FILL_CLIENTS, FILL_LIMIT, MEMBERS_A_PATCH};
use crate::server::Doorlist;

/// Media type of SCIM (RFC 7644 section 3.1).
const SCIM: &str = "application/scim+json";

/// The group that the user filter asks for.
pub const STAFF: &str = "NB-Staff";

/// Seconds for which one `sync?wait=` waits.
const SYNC_WAIT: &str = "60s";

/// Such waits before projection counts as stuck.
const SYNC_WAITS_MAX: usize = 10;

/// A tenant with users.
#[derive(Debug)]
pub struct Population {
    tenant: Tenant,
    caller: Caller,
    /// SCIM ids of its users, in the order of their numbers.
    pub users: Vec<String>,
}

impl Population {
    /// A tenant whose connection has a group filter, a user filter and role protection.
    pub fn with_policies(server: &Doorlist, name: &str) -> Self {
        Self::new(server, name, &json!({"groupPrefixes": ["NB-"], "userGroups": [STAFF]}))
    }

    /// A tenant with an empty pipeline.
    pub fn without_policies(server: &Doorlist, name: &str) -> Self {
        let population = Self::new(server, name, &json!({}));
        let _ = population.tenant.put("/pipeline", &json!({"policies": []})).expect(200);
        population
    }

    fn new(server: &Doorlist, name: &str, filters: &serde_json::Value) -> Self {
        let tenant = server.operator().tenant(name);
        let mut connection = json!({"provider": "jumpcloud", "name": "JumpCloud"});
        if let (Some(connection), Some(filters)) = (connection.as_object_mut(), filters.as_object()) {
            connection.extend(filters.clone());
        }
        let client = tenant.connect_with(&connection);
        let caller = Caller { address: server.address, token: client.token().to_owned() };
        Self { tenant, caller, users: Vec::new() }
    }

    /// The same tenant on a server that was started again.
    pub fn moved_to(&mut self, server: &Doorlist) {
        self.caller.address = server.address;
        self.tenant = Tenant { operator: server.operator(), id: self.tenant.id.clone() };
    }

    /// Makes users until there are `count`.
    pub fn fill(&mut self, count: usize) -> io::Result<()> {
        let numbers = self.users.len()..count;
        let first = numbers.start;
        let requests: Vec<_> = numbers.map(|number| self.create_user("user", number)).collect();
        if requests.is_empty() {
            return Ok(());
        }
        let expected = requests.len();
        let outcome = run_one(self.caller.address, FILL_LIMIT, Stream::once(FILL_CLIENTS, &[201], requests).keeping_bodies())?;
        self.users.resize(first + expected, String::new());
        for (place, body) in outcome.bodies {
            self.users[first + place] = id_of(&body)?;
        }
        if self.users.iter().any(String::is_empty) {
            return Err(io::Error::other("the users were not made within the limit"));
        }
        Ok(())
    }

    /// Makes a group with the first `size` users as members and gives its id.
    pub fn group(&self, name: &str, size: usize) -> io::Result<String> {
        let body = json!({"schemas": [callers::GROUP_URN], "displayName": name}).to_string();
        let create = self.caller.request("POST", "/scim/v2/Groups", SCIM, &body);
        let outcome = run_one(self.caller.address, FILL_LIMIT, Stream::once(1, &[201], vec![create]).keeping_bodies())?;
        let (_, body) = outcome.bodies.first().ok_or_else(|| io::Error::other("no answer to a create"))?;
        let id = id_of(body)?;
        let members = self.users.get(..size).ok_or_else(|| io::Error::other("more members than users"))?;
        let requests: Vec<_> = members.chunks(MEMBERS_A_PATCH).map(|chunk| self.change_members(&id, "add", chunk)).collect();
        if !requests.is_empty() {
            run_one(self.caller.address, FILL_LIMIT, Stream::once(1, &[200, 204], requests))?;
        }
        Ok(id)
    }

    /// Waits until nothing is left to project.
    pub fn synced(&self) -> io::Result<()> {
        for _ in 0..SYNC_WAITS_MAX {
            let state = self.tenant.get(&format!("/sync?wait={SYNC_WAIT}")).expect(200);
            if state["dirty"] == 0 && state["reprojecting"] == false {
                return Ok(());
            }
        }
        Err(io::Error::other("projection did not come to its end"))
    }

    /// Changes the pipeline, and gives how many users were projected anew and how long that took.
    pub fn reproject(&self) -> io::Result<(u64, Duration)> {
        let policy = json!({"name": "Groups", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}});
        let begin = Instant::now();
        let _ = self.tenant.put("/pipeline", &json!({"policies": [policy]})).expect(200);
        self.synced()?;
        let took = begin.elapsed();
        let state = self.tenant.get("/sync").expect(200);
        Ok((state["inventory"]["users"].as_u64().unwrap_or_default(), took))
    }

    /// A plan of the pipeline in force with another group that users have to be in, and how long it took.
    pub fn plan(&self, group: &str) -> io::Result<(Value, Duration)> {
        let mut policies = self.tenant.get("/pipeline").expect(200)["policies"].take();
        let filter = policies.as_array_mut().into_iter().flatten().find(|policy| policy["plugin"] == "user-group-filter");
        let filter = filter.ok_or_else(|| io::Error::other("the pipeline has no user filter"))?;
        filter["settings"]["groups"] = json!([group]);
        let body = json!({"policies": policies});
        let begin = Instant::now();
        let plan = self.tenant.post("/pipeline/plans", &body).expect(201);
        Ok((plan, begin.elapsed()))
    }

    /// Applies a plan, and gives the time until the directory follows it.
    pub fn apply(&self, plan: &Value) -> io::Result<Duration> {
        let id = plan["id"].as_str().unwrap_or_default();
        let begin = Instant::now();
        let _ = self.tenant.post(&format!("/pipeline/plans/{id}/apply"), &json!({})).expect(200);
        self.synced()?;
        Ok(begin.elapsed())
    }

    /// A create of a user such as JumpCloud sends, of about 1 KB as answered. `series` and `number` make its names.
    pub fn create_user(&self, series: &str, number: usize) -> Vec<u8> {
        let mail = format!("{series}.{number}@example.com");
        let body = json!({
            "schemas": [callers::USER_URN, callers::ENTERPRISE_URN],
            "externalId": format!("{series}-{number:024x}"),
            "userName": mail,
            "name": {"familyName": format!("Family{number}"), "givenName": "Given"},
            "displayName": format!("Given Family{number}"),
            "active": true,
            "emails": [{"primary": true, "type": "work", "value": mail}],
            "phoneNumbers": [{"primary": true, "type": "work", "value": "tel:+1-555-555-5555"}],
            "addresses": [{"country": "US", "locality": "Louisville", "postalCode": "80027", "primary": true,
                "region": "CO", "streetAddress": "361 Centennial Parkway", "type": "work"}],
            "locale": "en-US",
            "preferredLanguage": "en-US",
            "title": "Engineer",
            callers::ENTERPRISE_URN: {"department": "Engineering", "employeeNumber": number.to_string()},
        });
        self.caller.request("POST", "/scim/v2/Users", SCIM, &body.to_string())
    }

    /// A change of a user's title to one that it has not had.
    pub fn change_title(&self, user: &str, title: &str) -> Vec<u8> {
        let body = callers::operations(&json!([{"op": "replace", "path": "title", "value": title}]));
        self.caller.request("PATCH", &format!("/scim/v2/Users/{user}"), SCIM, &body.to_string())
    }

    /// A change of a group's members: `add` or `remove`, with a list of values.
    pub fn change_members(&self, group: &str, op: &str, members: &[String]) -> Vec<u8> {
        let value: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
        let body = callers::operations(&json!([{"op": op, "path": "members", "value": value}]));
        self.caller.request("PATCH", &format!("/scim/v2/Groups/{group}"), SCIM, &body.to_string())
    }

    /// A read of `path` below the SCIM base.
    pub fn read(&self, path: &str) -> Vec<u8> {
        self.caller.request("GET", &format!("/scim/v2{path}"), "", "")
    }

    /// Reads of users by id, spread over all of them.
    pub fn reads_by_id(&self) -> Vec<Vec<u8>> {
        self.scattered().map(|place| self.read(&format!("/Users/{}", self.users[place]))).collect()
    }

    /// Lookups of users by userName, as an identity provider asks before it creates.
    pub fn lookups(&self) -> Vec<Vec<u8>> {
        let lookup = |place| self.read(&format!("/Users?filter=userName%20eq%20%22user.{place}%40example.com%22"));
        self.scattered().map(lookup).collect()
    }

    /// Lookups of users, each by the filter that `filter` makes of its number.
    pub fn lookups_by(&self, filter: impl Fn(usize) -> String) -> Vec<Vec<u8>> {
        let lookup = |place| self.read(&format!("/Users?filter={}", encode(&filter(place))));
        self.scattered().map(lookup).collect()
    }

    /// Places in the list of users, neighbours far from each other.
    fn scattered(&self) -> impl Iterator<Item = usize> {
        /// Requests that are repeated; enough that no answer is the last one's.
        const REQUESTS: usize = 4_096;
        /// A prime that no number of users here has as a factor.
        const STEP: usize = 7_919;
        let count = self.users.len();
        (0..REQUESTS).map(move |turn| turn * STEP % count)
    }
}

/// The id of an answered resource.
pub fn id_of(body: &[u8]) -> io::Result<String> {
    let value: serde_json::Value = serde_json::from_slice(body)?;
    value["id"].as_str().map(str::to_owned).ok_or_else(|| io::Error::other("an answer without an id"))
}
