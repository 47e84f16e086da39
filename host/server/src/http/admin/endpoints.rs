//! The one table of endpoints. What is served, who may, and the OpenAPI document all come from here.

use serde_json::{Value, json};

use super::connections::{Connection, CreatedConnection, CreatedToken};
use super::directory::GroupName;
use super::endpoint::{Endpoint, Parameter, limit};
use super::keys::CreatedKey;
use super::pipeline::NewPipeline;
use super::plans::{Application, Applied, NewPlan, PlannedPolicies};
use super::plugins::Plugin;
use super::sessions::{SignedInPerson, SingleSignOn};
use super::{
    connections, directory, explanation, feed, holds, keys, metrics, monitor, past, pipeline, pipeline_schema, plans, plugins, schemas,
    sessions, shadow, tenants, wanted,
};
use crate::activity::Entry;
use crate::admin::connections::{ConnectionPatch, NewConnection};
use crate::admin::keys::{Key, NewKey};
use crate::admin::pipeline::Revision;
use crate::admin::plans::Plan;
use crate::admin::schemas::{NewSchema, OwnSchema};
use crate::admin::tenants::{NewTenant, Tenant, TenantPatch};
use crate::admin::tokens::{NewToken, Token};
use crate::admin::warnings::Warning;
use crate::directory::plan::{Difference, Planned};
use crate::directory::{
    Decided, Decision, EventPage, Explanation, Group, HeldMember, HistoryItem, Hold, HoldChoice, Member, MemberPatch, Monitored, NewMember,
    Printed, Recorded, Shadow, Shadowed, Stuck, SyncState, Watched, WhatIf, WhatIfAnswer, Would,
};
use crate::http::scim::exchanges::Exchange;
use crate::limits::{NAME_BYTES_MAX, SIGNATURE_BYTES_MAX};

/// Every endpoint.
pub(super) fn all() -> Vec<Endpoint> {
    [
        of_installation(),
        of_tenant(),
        of_schemas(),
        of_connections(),
        of_members(),
        of_groups(),
        of_holds(),
        of_history(),
        of_pipeline(),
        of_plans(),
        of_decisions(),
        of_monitor(),
        of_shadow(),
        of_plugins(),
        of_feed(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_installation() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/tenants", "listTenants", "List the tenants").gives_pages::<Tenant>().runs(tenants::list),
        Endpoint::post("/tenants", "createTenant", "Make a tenant")
            .for_owners()
            .takes::<NewTenant>()
            .gives::<Tenant>()
            .runs(tenants::create),
        Endpoint::get("/keys", "listKeys", "List the operator keys that reach every tenant").gives_pages::<Key>().runs(keys::list),
        Endpoint::post("/keys", "createKey", "Make an operator key that reaches every tenant")
            .for_owners()
            .takes::<NewKey>()
            .gives::<CreatedKey>()
            .runs(keys::create),
        Endpoint::delete("/keys/{key}", "deleteKey", "Delete an operator key that reaches every tenant").for_owners().runs(keys::delete),
        Endpoint::get("/sessions", "listSessions", "List everybody who is signed in by single sign-on")
            .gives_pages::<SignedInPerson>()
            .runs(sessions::list),
        Endpoint::delete("/sessions/{session}", "endSession", "Sign out somebody who is signed in by single sign-on")
            .for_owners()
            .runs(sessions::end),
        log_filters(Endpoint::get("/activity", "listActivity", "List what was done to the installation, newest first"))
            .gives_pages::<Entry>()
            .runs(feed::activity),
        Endpoint::get(
            "/metrics",
            "getMetrics",
            "Read what plugins have cost each tenant and the guard has held since the server started, for Prometheus",
        )
        .gives_text(metrics::MEDIA)
        .runs(metrics::get),
    ]
}

fn of_tenant() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/tenants/{tenant}", "getTenant", "Read a tenant").gives::<Tenant>().runs(tenants::get),
        Endpoint::patch(
            "/tenants/{tenant}",
            "patchTenant",
            "Change a tenant: its name, whose signatures of plugins count, what plugins may cost, how many members may go at a time, for how many days it keeps what happened, whether clients see test resources",
        )
        .takes::<TenantPatch>()
        .gives::<Tenant>()
        .runs(tenants::patch),
        Endpoint::delete("/tenants/{tenant}", "deleteTenant", "Delete a tenant and everything of it")
            .of_installation()
            .for_owners()
            .runs(tenants::delete),
        Endpoint::get("/tenants/{tenant}/keys", "listTenantKeys", "List the operator keys of a tenant")
            .gives_pages::<Key>()
            .runs(keys::list),
        Endpoint::post("/tenants/{tenant}/keys", "createTenantKey", "Make an operator key of a tenant")
            .for_owners()
            .takes::<NewKey>()
            .gives::<CreatedKey>()
            .runs(keys::create),
        Endpoint::delete("/tenants/{tenant}/keys/{key}", "deleteTenantKey", "Delete an operator key of a tenant")
            .for_owners()
            .runs(keys::delete),
        Endpoint::get("/tenants/{tenant}/single-sign-on", "getSingleSignOn", "Read what single sign-on grants in a tenant")
            .gives::<SingleSignOn>()
            .runs(sessions::configured),
        Endpoint::get("/tenants/{tenant}/sessions", "listTenantSessions", "List who is signed in by single sign-on, of those to whom the tenant is granted")
            .gives_pages::<SignedInPerson>()
            .runs(sessions::list),
        Endpoint::delete("/tenants/{tenant}/sessions/{session}", "endTenantSession", "Sign out one of those to whom the tenant is granted")
            .for_owners()
            .runs(sessions::end),
    ]
}

fn of_schemas() -> Vec<Endpoint> {
    const LIST: &str = "/tenants/{tenant}/schemas";
    const ONE: &str = "/tenants/{tenant}/schemas/{schema}";
    vec![
        Endpoint::get(LIST, "listSchemas", "List the tenant's own SCIM schemas").gives_pages::<OwnSchema>().runs(schemas::list),
        Endpoint::post(LIST, "createSchema", "Extend users or groups by a SCIM schema")
            .takes::<NewSchema>()
            .gives::<OwnSchema>()
            .runs(schemas::create),
        Endpoint::get(ONE, "getSchema", "Read one of the tenant's own SCIM schemas").gives::<OwnSchema>().runs(schemas::get),
        Endpoint::put(ONE, "putSchema", "Put another version of a SCIM schema")
            .takes::<NewSchema>()
            .gives::<OwnSchema>()
            .runs(schemas::put),
        Endpoint::delete(ONE, "deleteSchema", "Delete one of the tenant's own SCIM schemas; data of it stays as it is")
            .runs(schemas::delete),
    ]
}

fn of_connections() -> Vec<Endpoint> {
    const LIST: &str = "/tenants/{tenant}/connections";
    const ONE: &str = "/tenants/{tenant}/connections/{connection}";
    const TOKENS: &str = "/tenants/{tenant}/connections/{connection}/tokens";
    vec![
        Endpoint::get(LIST, "listConnections", "List the connections").gives_pages::<Connection>().runs(connections::list),
        Endpoint::post(LIST, "createConnection", "Make a connection, its first SCIM token, and its policies in the pipeline")
            .takes::<NewConnection>()
            .gives::<CreatedConnection>()
            .runs(connections::create),
        Endpoint::get(ONE, "getConnection", "Read a connection").gives::<Connection>().runs(connections::get),
        Endpoint::patch(ONE, "patchConnection", "Change name, filters, whether group names are unique, or whether its client is let in")
            .takes::<ConnectionPatch>()
            .gives::<Connection>()
            .runs(connections::patch),
        Endpoint::delete(ONE, "deleteConnection", "Delete a connection and its inventory").runs(connections::delete),
        Endpoint::get(
            "/tenants/{tenant}/connections/{connection}/warnings",
            "listWarnings",
            "List what is likely to be amiss with a connection, in words for an operator",
        )
        .gives_pages::<Warning>()
        .runs(connections::warnings),
        Endpoint::get(TOKENS, "listTokens", "List a connection's SCIM tokens").gives_pages::<Token>().runs(connections::list_tokens),
        Endpoint::post(TOKENS, "createToken", "Make a SCIM token")
            .takes::<NewToken>()
            .gives::<CreatedToken>()
            .runs(connections::create_token),
        Endpoint::delete("/tenants/{tenant}/connections/{connection}/tokens/{token}", "deleteToken", "Delete a SCIM token")
            .runs(connections::delete_token),
    ]
}

fn of_members() -> Vec<Endpoint> {
    const LIST: &str = "/tenants/{tenant}/users";
    const ONE: &str = "/tenants/{tenant}/users/{user}";
    vec![
        wanted::of_members(past::asked(Endpoint::get(
            LIST,
            "listUsers",
            "List the directory's members; a filtered page may have fewer than asked for",
        )))
        .gives_pages::<Member>()
        .runs(directory::list_members),
        Endpoint::post(LIST, "createUser", "Make a local member").takes::<NewMember>().gives::<Member>().runs(directory::create_member),
        past::asked(Endpoint::get(ONE, "getUser", "Read a member")).gives::<Member>().runs(directory::get_member),
        Endpoint::patch(ONE, "patchUser", "Set a member's role, block it, or change a local one")
            .takes::<MemberPatch>()
            .gives::<Member>()
            .runs(directory::patch_member),
        Endpoint::delete(ONE, "deleteUser", "Delete a local member").runs(directory::delete_member),
        past::asked(Endpoint::get("/tenants/{tenant}/users/{user}/groups", "listGroupsOfUser", "List a member's groups"))
            .gives_pages::<Group>()
            .runs(directory::groups_of_member),
        Endpoint::get(
            "/tenants/{tenant}/users/{user}/decision",
            "getUserDecision",
            "Read what was last decided on a user; by id, SCIM id or userName",
        )
        .gives::<Decision>()
        .runs(directory::member_decision),
        Endpoint::get(
            "/tenants/{tenant}/users/{user}/explanation",
            "explainUser",
            "Explain why the directory has a user as it has, or has not; by id, SCIM id, userName, externalId or e-mail address",
        )
        .gives::<Explanation>()
        .runs(explanation::of_user),
    ]
}

fn of_groups() -> Vec<Endpoint> {
    const LIST: &str = "/tenants/{tenant}/groups";
    const ONE: &str = "/tenants/{tenant}/groups/{group}";
    const MEMBER: &str = "/tenants/{tenant}/groups/{group}/users/{user}";
    vec![
        wanted::of_groups(past::asked(Endpoint::get(
            LIST,
            "listGroups",
            "List the directory's groups; a filtered page may have fewer than asked for",
        )))
        .gives_pages::<Group>()
        .runs(directory::list_groups),
        Endpoint::post(LIST, "createGroup", "Make a local group").takes::<GroupName>().gives::<Group>().runs(directory::create_group),
        past::asked(Endpoint::get(ONE, "getGroup", "Read a group")).gives::<Group>().runs(directory::get_group),
        Endpoint::patch(ONE, "renameGroup", "Rename a local group").takes::<GroupName>().gives::<Group>().runs(directory::rename_group),
        Endpoint::delete(ONE, "deleteGroup", "Delete a local group").runs(directory::delete_group),
        past::asked(Endpoint::get("/tenants/{tenant}/groups/{group}/users", "listUsersOfGroup", "List a group's members"))
            .gives_pages::<Member>()
            .runs(directory::members_of_group),
        Endpoint::put(MEMBER, "addUserToGroup", "Put a member into a local group").empty().runs(directory::add_member),
        Endpoint::delete(MEMBER, "removeUserFromGroup", "Take a member out of a local group").runs(directory::remove_member),
        Endpoint::get(
            "/tenants/{tenant}/groups/{group}/decision",
            "getGroupDecision",
            "Read what was last decided on a group; by id or displayName",
        )
        .gives::<Decision>()
        .runs(directory::group_decision),
        Endpoint::get(
            "/tenants/{tenant}/groups/{group}/explanation",
            "explainGroup",
            "Explain why the directory has a group as it has, or has not; by id, displayName or externalId",
        )
        .gives::<Explanation>()
        .runs(explanation::of_group),
    ]
}

fn of_holds() -> Vec<Endpoint> {
    let state = Parameter {
        name: "state",
        description: "Only holds by which somebody waits for a decision (`open`), or nobody (`closed`).",
        schema: json!({"type": "string", "enum": ["open", "closed"]}),
    };
    vec![
        Endpoint::get("/tenants/{tenant}/holds", "listHolds", "List the holds of members who would have gone in a burst, newest first")
            .gives_pages::<Hold>()
            .with(state)
            .runs(holds::list),
        Endpoint::get("/tenants/{tenant}/holds/{hold}", "getHold", "Read a hold: how many, why, and what became of them")
            .gives::<Hold>()
            .runs(holds::get),
        Endpoint::get(
            "/tenants/{tenant}/holds/{hold}/members",
            "listMembersOfHold",
            "List who is held, what would happen to them, and why",
        )
        .gives_pages::<HeldMember>()
        .runs(holds::members),
        Endpoint::post("/tenants/{tenant}/holds/{hold}/release", "releaseHold", "Let held members go, all or some")
            .answers_ok()
            .takes::<HoldChoice>()
            .gives::<Hold>()
            .runs(holds::release),
        Endpoint::post(
            "/tenants/{tenant}/holds/{hold}/discard",
            "discardHold",
            "Have held members stay, all or some, for as long as the same would happen to them",
        )
        .answers_ok()
        .takes::<HoldChoice>()
        .gives::<Hold>()
        .runs(holds::discard),
    ]
}

fn of_history() -> Vec<Endpoint> {
    let one = |name, description| Parameter { name, description, schema: json!({"type": "string"}) };
    vec![
        Endpoint::get(
            "/tenants/{tenant}/users/{user}/history",
            "listHistoryOfUser",
            "List what happened to a member, also one that is gone, found by an id or a name as for its explanation, newest first, each with the request that caused it",
        )
        .gives_pages::<HistoryItem>()
        .with(one("group", "Only how it came into the group with this id and how it left it."))
        .runs(past::history_of_member),
        Endpoint::get(
            "/tenants/{tenant}/groups/{group}/history",
            "listHistoryOfGroup",
            "List what happened to a group and its memberships, also one that is gone, found by an id or a name as for its explanation, newest first, each with the request that caused it",
        )
        .gives_pages::<HistoryItem>()
        .with(one("user", "Only how the member with this id came into it and how it left it."))
        .runs(past::history_of_group),
    ]
}

fn of_pipeline() -> Vec<Endpoint> {
    const PIPELINE: &str = "/tenants/{tenant}/pipeline";
    vec![
        Endpoint::get(PIPELINE, "getPipeline", "Read the pipeline in force").gives::<Revision>().runs(pipeline::get),
        Endpoint::put(PIPELINE, "putPipeline", "Put a pipeline, which makes a new revision and projects everything by it")
            .takes::<NewPipeline>()
            .gives::<Revision>()
            .runs(pipeline::put),
        Endpoint::get(
            "/tenants/{tenant}/pipeline/schema",
            "getPipelineSchema",
            "Read the JSON Schema of a pipeline with the settings of the tenant's plugins in it, for editors",
        )
        .gives::<Value>()
        .runs(pipeline_schema::get),
        Endpoint::get("/tenants/{tenant}/pipeline/revisions", "listPipelineRevisions", "List the pipeline's revisions, newest first")
            .gives_pages::<Revision>()
            .runs(pipeline::revisions),
        Endpoint::post(
            "/tenants/{tenant}/pipeline/what-if",
            "whatIf",
            "Try what would become of a made-up or changed user or group, also under a proposed pipeline; stores nothing",
        )
        .answers_ok()
        .for_auditors()
        .takes::<WhatIf>()
        .gives::<WhatIfAnswer>()
        .runs(explanation::what_if),
        Endpoint::get(
            "/tenants/{tenant}/pipeline/revisions/{revision}",
            "getPipelineRevision",
            "Read a revision of the pipeline, and what became of it",
        )
        .gives::<Revision>()
        .runs(pipeline::revision),
    ]
}

fn of_plans() -> Vec<Endpoint> {
    const LIST: &str = "/tenants/{tenant}/pipeline/plans";
    const ONE: &str = "/tenants/{tenant}/pipeline/plans/{plan}";
    let filter = |name, description, schema| Parameter { name, description, schema };
    vec![
        Endpoint::post(LIST, "createPlan", "Compute what a proposed pipeline would make of the directory, without touching it")
            .takes::<NewPlan>()
            .gives::<Plan>()
            .runs(plans::create),
        Endpoint::get(
            LIST,
            "listPlans",
            "List the plans, newest first: those of which a pipeline revision came, as long as that is kept, and the last few others",
        )
        .gives_pages::<Plan>()
        .runs(plans::list),
        Endpoint::get(ONE, "getPlan", "Read a plan").gives::<Plan>().runs(plans::get),
        Endpoint::get(
            "/tenants/{tenant}/pipeline/plans/{plan}/policies",
            "getPlanPolicies",
            "Read the policies of a plan that has not been applied; of one that has, the revision has them",
        )
        .gives::<PlannedPolicies>()
        .runs(plans::policies),
        Endpoint::get(
            "/tenants/{tenant}/pipeline/plans/{plan}/differences",
            "listPlanDifferences",
            "List the differences of a plan; a page may have fewer than asked for. 410 once they are no longer kept",
        )
        .gives_pages::<Difference>()
        .with(filter("change", "Only differences of this kind.", json!({"type": "string", "enum": Planned::NAMES})))
        .with(filter("policy", "Only differences that the policy of this name makes.", json!({"type": "string"})))
        .with(filter("kind", "Only those about members, or about groups.", json!({"type": "string", "enum": ["user", "group"]})))
        .with(filter(
            "subject",
            "Only those about whom has this in its name, or has this id.",
            json!({"type": "string", "maxLength": NAME_BYTES_MAX}),
        ))
        .runs(plans::differences),
        Endpoint::post(
            "/tenants/{tenant}/pipeline/plans/{plan}/apply",
            "applyPlan",
            "Put the pipeline of a plan, if the outcome is what the plan shows",
        )
        .takes::<Application>()
        .gives::<Applied>()
        .answers_ok()
        .runs(plans::apply),
    ]
}

fn of_decisions() -> Vec<Endpoint> {
    vec![
        wanted::of_decisions(Endpoint::get(
            "/tenants/{tenant}/decisions",
            "listDecisions",
            "List what was last decided on users and groups of all connections; a page may have fewer than asked for",
        ))
        .gives_pages::<Decided>()
        .runs(wanted::decisions),
        Endpoint::get(
            "/tenants/{tenant}/stuck",
            "listStuck",
            "List the users and groups that a fault keeps at their last good projection, with when they are tried again",
        )
        .gives_pages::<Stuck>()
        .runs(directory::list_stuck),
    ]
}

fn of_monitor() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/tenants/{tenant}/pipeline/monitor",
            "listMonitoredPolicies",
            "List the policies that only watch, with what they would make different now and since they began",
        )
        .gives_pages::<Monitored>()
        .runs(monitor::list),
        Endpoint::get(
            "/tenants/{tenant}/pipeline/monitor/{policy}/subjects",
            "listMonitoredSubjects",
            "List whom a policy that only watches would make different; a page may have fewer than asked for",
        )
        .gives_pages::<Watched>()
        .with(Parameter {
            name: "change",
            description: "Only those whom it would make different in this.",
            schema: json!({"type": "string", "enum": Would::NAMES}),
        })
        .runs(monitor::subjects),
        Endpoint::post(
            "/tenants/{tenant}/pipeline/monitor/{policy}/promote",
            "promotePolicy",
            "Give effect to a policy that only watches: plan the pipeline in force with it in enforce mode, and apply that",
        )
        .takes::<Application>()
        .gives::<Applied>()
        .answers_ok()
        .runs(monitor::promote),
    ]
}

fn of_shadow() -> Vec<Endpoint> {
    const SHADOW: &str = "/tenants/{tenant}/pipeline/shadow";
    vec![
        Endpoint::get(SHADOW, "getShadow", "Read the pipeline in shadow of the one in force, with how much it would make different")
            .gives::<Shadow>()
            .runs(shadow::get),
        Endpoint::put(SHADOW, "putShadow", "Put a pipeline in shadow of the one in force: it is asked about everybody and changes nothing")
            .takes::<NewPipeline>()
            .gives::<Shadow>()
            .runs(shadow::put),
        Endpoint::delete(SHADOW, "deleteShadow", "End the pipeline in shadow").runs(shadow::delete),
        Endpoint::get(
            "/tenants/{tenant}/pipeline/shadow/differences",
            "listShadowDifferences",
            "List whom the pipeline in shadow would make different; a page may have fewer than asked for",
        )
        .gives_pages::<Shadowed>()
        .with(Parameter {
            name: "change",
            description: "Only those whom it would make different in this.",
            schema: json!({"type": "string", "enum": Would::NAMES}),
        })
        .runs(shadow::differences),
        Endpoint::post(
            "/tenants/{tenant}/pipeline/shadow/promote",
            "promoteShadow",
            "Put the pipeline in shadow in force: plan it, apply the plan, and end the shadow",
        )
        .takes::<Application>()
        .gives::<Applied>()
        .answers_ok()
        .runs(shadow::promote),
    ]
}

fn of_plugins() -> Vec<Endpoint> {
    const LIST: &str = "/tenants/{tenant}/plugins";
    const ONE: &str = "/tenants/{tenant}/plugins/{name}/{version}";
    let signature = Parameter {
        name: "signature",
        description: "An Ed25519 signature over the SHA-256 of the file, base64, by a key that the tenant lists.",
        schema: json!({"type": "string", "maxLength": SIGNATURE_BYTES_MAX}),
    };
    vec![
        Endpoint::get(
            LIST,
            "listPlugins",
            "List the plugins that the pipeline can name: those that come with Doorlist, and the tenant's own",
        )
        .gives_pages::<Plugin>()
        .runs(plugins::list),
        Endpoint::post(
            LIST,
            "uploadPlugin",
            "Upload a plugin, which makes an immutable revision; the same bytes again are the same revision",
        )
        .with(signature)
        .takes_wasm()
        .gives::<Plugin>()
        .or_ok()
        .runs(plugins::upload),
        Endpoint::get(ONE, "getPlugin", "Read what a plugin says of itself, and what it has cost").gives::<Plugin>().runs(plugins::get),
        Endpoint::get(
            "/tenants/{tenant}/plugins/{name}/{version}/log",
            "listPluginLog",
            "List about whom a plugin printed something or failed when it was last asked, and what; a page may have fewer than asked for",
        )
        .gives_pages::<Printed>()
        .runs(wanted::printed),
        Endpoint::delete(ONE, "deletePlugin", "Delete a plugin revision that neither the pipeline nor one of the last ten before it uses")
            .runs(plugins::delete),
    ]
}

/// What a list of the log can be asked for.
fn log_filters(endpoint: Endpoint) -> Endpoint {
    let filter = |name, description, schema| Parameter { name, description, schema };
    endpoint
        .with(filter("actor", "Only what clients did, or operators.", json!({"type": "string", "enum": ["client", "operator"]})))
        .with(filter("connection", "Only what the client of the connection with this id did.", json!({"type": "string"})))
        .with(filter("outcome", "Only what went well, or what was refused or failed.", json!({"type": "string", "enum": ["ok", "failed"]})))
        .with(filter(
            "status",
            "Only what was answered with this HTTP status, such as `404`, or one of this class, such as `4xx`.",
            json!({"type": "string", "pattern": "^[1-5]([0-9]{2}|[xX]{2})$"}),
        ))
        .with(filter(
            "text",
            "Only entries about the subject or of the request with this id, or with this in the action, the query or the detail.",
            json!({"type": "string", "maxLength": NAME_BYTES_MAX}),
        ))
}

fn of_feed() -> Vec<Endpoint> {
    let after = Parameter {
        name: "after",
        description: "Number of the last event that is known already; 0 for none.",
        schema: json!({"type": "integer", "minimum": 0, "default": 0}),
    };
    let wait = Parameter {
        name: "wait",
        description: "How long to wait at most until nothing is due any more, as in `5s` or `500ms`; more than a minute counts as a minute.",
        schema: json!({"type": "string", "pattern": "^[0-9]+(s|ms)$"}),
    };
    vec![
        Endpoint::get("/tenants/{tenant}/events", "listEvents", "List the directory's changes in their order")
            .gives::<EventPage>()
            .with(after)
            .with(limit())
            .runs(feed::events),
        log_filters(Endpoint::get(
            "/tenants/{tenant}/activity",
            "listTenantActivity",
            "List what was asked and done, newest first; a page may have fewer than asked for",
        ))
        .with(Parameter {
            name: "subject",
            description: "Only entries about the users and groups that this means: an id, a name or an address, of either side, also of who has gone.",
            schema: json!({"type": "string", "maxLength": NAME_BYTES_MAX}),
        })
        .gives_pages::<Entry>()
        .runs(feed::activity),
        Endpoint::get(
            "/tenants/{tenant}/exchanges/{request}",
            "getExchange",
            "Read what was received and answered in one of the latest SCIM requests, by the request's id, with secrets masked",
        )
        .gives::<Exchange>()
        .runs(feed::exchange),
        Endpoint::get("/tenants/{tenant}/sync", "getSync", "Read how far the directory has followed the inventory")
            .gives::<SyncState>()
            .with(wait)
            .runs(feed::sync),
        Endpoint::get(
            "/tenants/{tenant}/recording",
            "readRecording",
            "Read inventory and directory as a rehearsal wants them; a page may have fewer than asked for, and each is of its own moment",
        )
        .gives_pages::<Recorded>()
        .runs(feed::recording),
    ]
}
