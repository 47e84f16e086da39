//! Who calls: an [`Operator`] on the admin API, a [`Client`] of an identity provider on SCIM, or [`Nobody`].

use serde_json::{Value, json};

use crate::http::{self, Call, Reply, query};

/// Items that a list is asked for at a time.
const PAGE: usize = 1_000;

/// How long `sync?wait=` is asked to wait: the first projection after a start compiles the policies.
const SYNC_WAIT: &str = "60s";

/// Somebody without any key.
#[derive(Clone, Debug)]
pub struct Nobody {
    agent: ureq::Agent,
    address: String,
}

impl Nobody {
    /// Somebody at the server that listens at `address`.
    pub fn new(address: &str) -> Self {
        Self { agent: http::agent(), address: address.to_owned() }
    }

    /// A call of any path of the server.
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call::new(&self.agent, &self.address, method, path)
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path).send()
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// A person or script with an operator key. Paths are below `/api/v1`.
#[derive(Clone, Debug)]
pub struct Operator {
    nobody: Nobody,
    key: String,
}

impl Operator {
    /// The operator with this key.
    pub fn new(address: &str, key: &str) -> Self {
        Self { nobody: Nobody::new(address), key: key.to_owned() }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        self.nobody.address()
    }

    /// A call.
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        self.nobody.call(method, &format!("/api/v1{path}")).bearer(&self.key)
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path).send()
    }

    /// Makes.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path).json(body).send()
    }

    /// Changes.
    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.call("PATCH", path).json(body).send()
    }

    /// Replaces.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.call("PUT", path).json(body).send()
    }

    /// Removes.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path).send()
    }

    /// Sends a plugin.
    #[track_caller]
    pub fn upload(&self, path: &str, wasm: &[u8]) -> Reply {
        self.call("POST", path).header("content-type", http::WASM).bytes(wasm.to_vec()).send()
    }

    /// Every item of a list, over all its pages.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let limit = PAGE.to_string();
            let pairs: Vec<(&str, &str)> =
                [("limit", limit.as_str())].into_iter().chain(cursor.as_deref().map(|cursor| ("cursor", cursor))).collect();
            let page = self.get(&query(path, &pairs)).expect(200);
            items.extend(page["items"].as_array().expect("a list has items").iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }

    /// A new tenant.
    #[track_caller]
    pub fn tenant(&self, name: &str) -> Tenant {
        self.tenant_with(&json!({"name": name}))
    }

    /// A new tenant as described.
    #[track_caller]
    pub fn tenant_with(&self, body: &Value) -> Tenant {
        let made = self.post("/tenants", body).expect(201);
        Tenant { operator: self.clone(), id: text(&made, "id") }
    }
}

/// One tenant in the hands of an operator. Paths are below `/api/v1/tenants/{tenant}`.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Whoever acts.
    pub operator: Operator,
    /// The tenant's id.
    pub id: String,
}

impl Tenant {
    /// The tenant's path below `/api/v1`, with `path` behind it.
    pub fn path(&self, path: &str) -> String {
        format!("/tenants/{}{path}", self.id)
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.operator.get(&self.path(path))
    }

    /// Makes.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.operator.post(&self.path(path), body)
    }

    /// Changes.
    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.operator.patch(&self.path(path), body)
    }

    /// Replaces.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.operator.put(&self.path(path), body)
    }

    /// Removes.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Reply {
        self.operator.delete(&self.path(path))
    }

    /// Every item of a list.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<Value> {
        self.operator.all(&self.path(path))
    }

    /// Sends a plugin.
    #[track_caller]
    pub fn upload(&self, wasm: &[u8]) -> Reply {
        self.operator.upload(&self.path("/plugins"), wasm)
    }

    /// The same with a signature.
    #[track_caller]
    pub fn upload_signed(&self, wasm: &[u8], signature: &str) -> Reply {
        self.operator.upload(&query(&self.path("/plugins"), &[("signature", signature)]), wasm)
    }

    /// Why the directory has a user as it has, or has not.
    #[track_caller]
    pub fn user_decision(&self, named: &str) -> Value {
        self.synced();
        self.get(&format!("/users/{}/decision", http::encode(named))).expect(200)
    }

    /// The same of a group.
    #[track_caller]
    pub fn group_decision(&self, named: &str) -> Value {
        self.synced();
        self.get(&format!("/groups/{}/decision", http::encode(named))).expect(200)
    }

    /// Every event of the directory, read page by page.
    ///
    /// # Panics
    /// If a number is missing or comes twice.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.len().to_string();
            let page = self.get(&query("/events", &[("after", &after), ("limit", "500")])).expect(200);
            let items = page["items"].as_array().expect("a page has items");
            for event in items {
                events.push(event.clone());
                assert_eq!(event["sequence"], events.len(), "events are numbered without a gap");
            }
            assert_eq!(page["next"], events.len(), "{page}");
            if items.is_empty() {
                assert_eq!(page["newest"], events.len(), "{page}");
                return events;
            }
        }
    }

    /// A new JumpCloud connection without filters.
    #[track_caller]
    pub fn connect(&self) -> Client {
        self.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud"}))
    }

    /// A new connection as described.
    #[track_caller]
    pub fn connect_with(&self, body: &Value) -> Client {
        let made = self.post("/connections", body).expect(201);
        let base = text(&made, "baseUrl");
        assert!(base.ends_with("/scim/v2"), "{made}");
        Client::new(self.operator.address(), &text(&made, "token"), &text(&made, "id"))
    }

    /// Waits until nothing is left to project and gives the state.
    ///
    /// # Panics
    /// If it takes too long.
    #[track_caller]
    pub fn synced(&self) -> Value {
        let state = self.get(&query("/sync", &[("wait", SYNC_WAIT)])).expect(200);
        assert!(state["dirty"] == 0 && state["reprojecting"] == false, "not projected after {SYNC_WAIT}: {state}");
        state
    }

    /// Every member of the directory, once nothing is left to project.
    #[track_caller]
    pub fn members(&self) -> Vec<Value> {
        self.synced();
        self.all("/users")
    }

    /// The member with this userName, once nothing is left to project.
    #[track_caller]
    pub fn find_member(&self, user_name: &str) -> Option<Value> {
        let mut found: Vec<Value> = self.members().into_iter().filter(|member| member["userName"] == user_name).collect();
        assert!(found.len() < 2, "{user_name} is there more than once: {found:?}");
        found.pop()
    }

    /// The same, for one that has to be there.
    #[track_caller]
    pub fn member(&self, user_name: &str) -> Value {
        self.find_member(user_name).unwrap_or_else(|| panic!("{user_name} is not in the directory"))
    }

    /// Every group of the directory, once nothing is left to project.
    #[track_caller]
    pub fn groups(&self) -> Vec<Value> {
        self.synced();
        self.all("/groups")
    }
}

/// The SCIM client of an identity provider, by a connection's token. Paths are below the SCIM base.
#[derive(Clone, Debug)]
pub struct Client {
    nobody: Nobody,
    token: String,
    /// The connection's id.
    pub connection: String,
}

impl Client {
    /// The client with this token.
    pub fn new(address: &str, token: &str, connection: &str) -> Self {
        Self { nobody: Nobody::new(address), token: token.to_owned(), connection: connection.to_owned() }
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        self.nobody.address()
    }

    /// The same caller with connections of its own, for another thread.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::new(self.address(), &self.token, &self.connection)
    }

    /// A call.
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        self.nobody.call(method, &format!("/scim/v2{path}")).bearer(&self.token)
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path).send()
    }

    /// Makes.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path).json(body).send()
    }

    /// Replaces.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.call("PUT", path).json(body).send()
    }

    /// Makes these changes; `changes` is the list of operations.
    #[track_caller]
    pub fn patch(&self, path: &str, changes: &Value) -> Reply {
        self.call("PATCH", path).json(&operations(changes)).send()
    }

    /// Removes.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path).send()
    }

    /// Makes many changes at once; gives what became of each, in the order of the answer.
    #[track_caller]
    pub fn bulk(&self, operations: &Value) -> Vec<Value> {
        self.bulk_with(&json!({"schemas": [BULK_URN], "Operations": operations}))
    }

    /// The same with the whole message.
    #[track_caller]
    pub fn bulk_with(&self, message: &Value) -> Vec<Value> {
        let answer = self.post("/Bulk", message).expect(200);
        assert_eq!(answer["schemas"], json!([BULK_RESPONSE_URN]), "{answer}");
        answer["Operations"].as_array().unwrap_or_else(|| panic!("no Operations in {answer}")).clone()
    }

    /// A list of one attribute's value: the resources whose filter matches.
    #[track_caller]
    pub fn find(&self, path: &str, filter: &str) -> Vec<Value> {
        let page = self.get(&query(path, &[("filter", filter)])).expect(200);
        let found = page["Resources"].as_array().expect("a list has Resources").clone();
        assert_eq!(page["totalResults"], found.len(), "{page}");
        found
    }

    /// A new user; gives the id.
    #[track_caller]
    pub fn user(&self, user_name: &str) -> String {
        let body = json!({"schemas": [USER_URN], "userName": user_name, "active": true,
            "emails": [{"value": user_name, "type": "work", "primary": true}]});
        text(&self.post("/Users", &body).expect(201), "id")
    }

    /// A new group with these members; gives the id.
    #[track_caller]
    pub fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP_URN], "displayName": name, "members": members});
        text(&self.post("/Groups", &body).expect(201), "id")
    }

    /// Ids of a group's members, in order of their spelling.
    #[track_caller]
    pub fn members(&self, group: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{group}")).expect(200);
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> = members.iter().map(|member| text(member, "value")).collect();
        ids.sort();
        ids
    }

    /// Changes a user's attributes.
    #[track_caller]
    pub fn set(&self, user: &str, attributes: &Value) {
        let change = json!([{"op": "replace", "value": attributes}]);
        let _ = self.patch(&format!("/Users/{user}"), &change).expect(200);
    }

    /// Renames a group, as JumpCloud does.
    #[track_caller]
    pub fn rename(&self, group: &str, name: &str) {
        let reply = self.patch(&format!("/Groups/{group}"), &json!([{"op": "replace", "value": {"displayName": name}}]));
        assert!(matches!(reply.status, 200 | 204), "{reply}");
    }

    /// Removes a resource that is there.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        let _ = self.delete(path).expect(204);
    }

    /// Adds one member, as JumpCloud does.
    #[track_caller]
    pub fn join(&self, group: &str, user: &str) {
        let change = json!([{"op": "add", "path": "members", "value": [{"value": user}]}]);
        let reply = self.patch(&format!("/Groups/{group}"), &change);
        assert!(matches!(reply.status, 200 | 204), "{reply}");
    }

    /// Removes one member, as JumpCloud does.
    #[track_caller]
    pub fn leave(&self, group: &str, user: &str) {
        let change = json!([{"op": "remove", "path": "members", "value": [{"value": user}]}]);
        let reply = self.patch(&format!("/Groups/{group}"), &change);
        assert!(matches!(reply.status, 200 | 204), "{reply}");
    }

    /// The whole inventory as it is answered, byte for byte: every page of users and groups.
    #[track_caller]
    pub fn inventory(&self) -> Vec<String> {
        let mut pages = Vec::new();
        for endpoint in ["/Users", "/Groups"] {
            let mut start = 1;
            loop {
                let reply = self.get(&query(endpoint, &[("startIndex", &start.to_string()), ("count", "200")]));
                pages.push(reply.text());
                let page = reply.expect(200);
                let shown = page["itemsPerPage"].as_u64().expect("a list says how many it shows");
                start += shown;
                if shown == 0 || start > page["totalResults"].as_u64().expect("a list has a total") {
                    break;
                }
            }
        }
        pages
    }
}

/// URN of the User schema.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the enterprise extension.
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of the Group schema.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the PATCH message.
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// URN of the bulk message.
pub const BULK_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// URN of the answer to it.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// URN of the search message.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// URN of the list message.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The PATCH message around a list of operations.
pub fn operations(changes: &Value) -> Value {
    json!({"schemas": [PATCH_URN], "Operations": changes})
}

/// The text at a key.
///
/// # Panics
/// If there is none.
#[track_caller]
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text at {key} in {value}")).to_owned()
}
