//! What operators do, through the functions that edges call.

use serde_json::{Value, json};

use super::connections::{self, Change, ConnectionPatch, Creation, NewConnection, Shown, Step};
use super::keys::{self, NewKey, Role, Scope};
use super::pipeline::{self, NewPolicy, Pipeline};
use super::plugins::Plugins;
use super::rights::Rights;
use super::tenants::{self, NewTenant};
use super::tokens::{self, NewToken};
use crate::activity::Actor;
use crate::auth::Authenticator;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::id::Id;
use crate::limits::{FILTER_ENTRIES_MAX, NAME_BYTES_MAX, PIPELINE_REVISIONS_MAX, POLICIES_MAX, TOKENS_MAX};
use crate::secret::{Purpose, Secret};
use crate::store::{Key, Range, Rows, Store, Table, Tenant, Tx, layout};
use doorlist_scim::ErrorKind;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// An installation with nobody in it.
struct Installation {
    store: Store,
    plugins: Plugins,
}

impl Installation {
    fn new() -> Self {
        Self { store: Store::in_memory().unwrap(), plugins: Plugins::default() }
    }

    fn authenticator(&self, now: Timestamp) -> Authenticator {
        Authenticator::new(self.store.clone(), Clock::new(move || now), None)
    }

    fn tenant(&self, name: &str) -> (Tenant, tenants::Tenant) {
        let new: NewTenant = serde_json::from_value(json!({"name": name})).unwrap();
        let id = Id::new(NOW);
        let tenant = self.store.installation().write(move |tx| tenants::create(tx, id, &new, NOW)).unwrap();
        let (number, _) = self.store.installation().read(|rows| tenants::get(rows, id)).unwrap();
        (self.store.tenant(number), tenant)
    }

    fn connection(&self, tenant: &Tenant, new: Value) -> Result<(Shown, String)> {
        let new: NewConnection = serde_json::from_value(new).unwrap();
        let creation = Creation::check(&self.plugins, new)?;
        let secret = Secret::generate(Purpose::Scim)?;
        let (text, number) = (secret.to_string(), tenant.number());
        let ids = (Id::new(NOW), Id::new(NOW));
        let made = tenant.write(move |tx| creation.run(tx, number, ids, &secret, (&Actor::System, NOW)))?;
        Ok((made.0, text))
    }

    fn patch(&self, tenant: &Tenant, id: Id, patch: Value) -> Result<Shown> {
        let patch: ConnectionPatch = serde_json::from_value(patch).unwrap();
        let change = Change::check(&self.plugins, patch)?;
        tenant.write(move |tx| change.run(tx, id, (&Actor::System, NOW)))
    }

    fn put(&self, tenant: &Tenant, policies: Value, expected: Option<u64>) -> Result<Pipeline> {
        let policies: Vec<NewPolicy> = serde_json::from_value(policies).unwrap();
        let policies = pipeline::check(&self.plugins, Some(tenant), policies)?;
        tenant.write(move |tx| pipeline::put(tx, policies.clone(), expected, &Actor::System, NOW))
    }

    fn create_key(&self, scope: Scope, role: Role) -> (Id, String) {
        let rows = match scope {
            Scope::Root => self.store.installation(),
            Scope::Tenant(number) => self.store.tenant(number),
        };
        let (id, secret) = (Id::new(NOW), Secret::generate(Purpose::Key).unwrap());
        let text = secret.to_string();
        let new = NewKey { name: "a key".to_owned(), role };
        rows.write(move |tx| keys::create(tx, scope, id, &new, &secret, NOW)).unwrap();
        (id, text)
    }
}

fn pointers(error: &Error) -> Vec<&str> {
    error.problems().iter().map(|problem| problem.pointer.as_str()).collect()
}

fn refused<T>(result: Result<T>) -> Error {
    result.err().expect("this has to be refused")
}

fn policies_of(tenant: &Tenant) -> Vec<pipeline::Policy> {
    tenant.read(pipeline::current).unwrap().policies
}

#[test]
fn a_tenant_has_roles_and_a_default_among_them() {
    let installation = Installation::new();
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for (new, wrong) in [
        (json!({"name": "Acme"}), &[][..]),
        (json!({"name": "Acme", "roles": ["user"]}), &[]),
        (json!({"name": "Acme", "roles": ["boss", "clerk"], "defaultRole": "clerk"}), &[]),
        (json!({"name": " \t"}), &["/name"]),
        (json!({"name": "a\u{7}b"}), &["/name"]),
        (json!({"name": long}), &["/name"]),
        (json!({"name": "Acme", "roles": []}), &["/defaultRole"]),
        (json!({"name": "Acme", "roles": ["boss"], "defaultRole": "clerk"}), &["/defaultRole"]),
        (json!({"name": "", "roles": ["", "user"], "defaultRole": "x"}), &["/name", "/roles/0", "/defaultRole"]),
    ] {
        let parsed: NewTenant = serde_json::from_value(new.clone()).unwrap();
        let id = Id::new(NOW);
        let outcome = installation.store.installation().write(move |tx| tenants::create(tx, id, &parsed, NOW));
        match outcome {
            Ok(tenant) => {
                assert!(wrong.is_empty(), "{new}");
                assert!(tenant.roles.contains(&tenant.default_role));
            }
            Err(error) => assert_eq!(pointers(&error), wrong, "{new}"),
        }
    }
}

#[test]
fn nothing_of_a_deleted_tenant_is_left_and_others_keep_everything() {
    let installation = Installation::new();
    let (gone, record) = installation.tenant("Gone");
    let (kept, _) = installation.tenant("Kept");
    let new = json!({"provider": "okta", "name": "Okta", "groupPrefixes": ["NB-"]});
    let (_, gone_token) = installation.connection(&gone, new.clone()).unwrap();
    let (_, kept_token) = installation.connection(&kept, new).unwrap();
    let (_, gone_key) = installation.create_key(Scope::Tenant(gone.number()), Role::Owner);
    let authenticator = installation.authenticator(NOW);
    assert!(authenticator.scim(&gone_token).is_ok() && authenticator.operator(&gone_key).is_ok());

    let id = record.id;
    let number = installation.store.installation().write(move |tx| tenants::delete(tx, id)).unwrap();
    assert_eq!(number, gone.number());
    for error in [refused(authenticator.scim(&gone_token)), refused(authenticator.operator(&gone_key))] {
        assert_eq!(error.kind(), Kind::Scim(ErrorKind::Unauthorized));
    }
    assert_eq!(refused(installation.store.installation().write(move |tx| tenants::delete(tx, id))).kind(), Kind::Scim(ErrorKind::NotFound));

    while !tenants::delete_step(&installation.store, number).unwrap() {}
    for table in [Table::Token, Table::Key, Table::Connection, Table::ConnectionNumber, Table::Pipeline, Table::Counter, Table::Walk] {
        let rows = gone.read(|rows| rows.count(&Range::under(Key::new(table)), 1)).unwrap();
        assert_eq!(rows, 0, "{table:?}");
    }
    let (hashes, records) = installation
        .store
        .installation()
        .read(|rows| {
            Ok((rows.count(&Range::under(Key::new(Table::TokenHash)), 9)?, rows.count(&Range::under(Key::new(Table::Tenant)), 9)?))
        })
        .unwrap();
    assert_eq!((hashes, records), (1, 1), "the other tenant's");
    assert!(authenticator.scim(&kept_token).is_ok());
    let (third, _) = installation.tenant("Third");
    assert!(third.number() > kept.number(), "no number is given twice");
}

#[test]
fn a_live_tenant_is_not_deleted_by_a_step() {
    let installation = Installation::new();
    let (tenant, record) = installation.tenant("Live");
    installation.create_key(Scope::Tenant(tenant.number()), Role::Admin);
    assert!(tenants::delete_step(&installation.store, tenant.number()).unwrap());
    assert!(tenant.read(|rows| tenants::get(rows, record.id)).is_ok());
    assert_eq!(tenant.read(|rows| keys::list(rows, Scope::Tenant(tenant.number()), None, 9)).unwrap().len(), 1);
}

#[test]
fn the_first_start_makes_one_owner_key_and_no_other_does() {
    let installation = Installation::new();
    let clock = Clock::new(|| NOW);
    let ensure = |key| keys::ensure_root(&installation.store, key, &clock);
    let long = "x".repeat(crate::limits::ENVIRONMENT_KEY_BYTES_MAX + 1);
    for key in ["", "too short for that", &long] {
        assert!(ensure(Some(key)).is_err(), "{key:?}");
    }
    assert!(ensure(Some("a key from the environment")).unwrap().is_none());
    let secret = ensure(None).unwrap().expect("nobody has a key yet");
    assert!(ensure(None).unwrap().is_none());
    let operator = installation.authenticator(NOW).operator(&secret.to_string()).unwrap();
    assert_eq!(operator.rights, Rights::everywhere(Role::Owner));
}

#[test]
fn a_key_of_the_environment_is_an_owner_and_stands_in_no_row() {
    let installation = Installation::new();
    let key = "a key from the environment";
    let authenticator = Authenticator::new(installation.store.clone(), Clock::new(|| NOW), Some(key));
    let operator = authenticator.operator(key).unwrap();
    assert_eq!((operator.rights, operator.key), (Rights::everywhere(Role::Owner), None));
    for other in ["", "a key from the environmen", "a key from the environment "] {
        assert!(authenticator.operator(other).is_err(), "{other:?}");
    }
    let rows = installation.store.installation().read(|rows| rows.count(&Range::under(Key::new(Table::KeyHash)), 1)).unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn a_key_reaches_what_it_was_made_for_until_it_is_deleted() {
    let installation = Installation::new();
    let (own, own_record) = installation.tenant("Own");
    let (_, other_record) = installation.tenant("Other");
    let (id, key) = installation.create_key(Scope::Tenant(own.number()), Role::Admin);
    let authenticator = installation.authenticator(NOW);
    let operator = authenticator.operator(&key).unwrap();
    assert_eq!((&operator.rights, operator.key), (&Rights::in_tenant(own_record.id, Role::Admin), Some(id)));
    assert!(operator.tenant(&own_record.id.to_string()).is_ok());
    assert_eq!(refused(operator.installation()).kind(), Kind::Scim(ErrorKind::Forbidden));
    let unknown = refused(operator.tenant(&Id::new(NOW).to_string())).to_string();
    for id in [other_record.id.to_string(), "nonsense".to_owned(), own_record.id.to_string().to_uppercase()] {
        let error = refused(operator.tenant(&id));
        assert_eq!((error.kind(), error.to_string()), (Kind::Scim(ErrorKind::NotFound), unknown.clone()), "{id}");
    }
    let (_, root) = installation.create_key(Scope::Root, Role::Auditor);
    let root = authenticator.operator(&root).unwrap();
    assert!(root.installation().is_ok() && root.tenant(&other_record.id.to_string()).is_ok());

    let scope = Scope::Tenant(own.number());
    own.write(move |tx| keys::delete(tx, scope, id)).unwrap();
    assert_eq!(refused(authenticator.operator(&key)).kind(), Kind::Scim(ErrorKind::Unauthorized));
    assert!(own.write(move |tx| keys::delete(tx, scope, id)).is_err());
}

#[test]
fn the_installation_keeps_an_owner_key() {
    let installation = Installation::new();
    let rows = installation.store.installation();
    let (owner, _) = installation.create_key(Scope::Root, Role::Owner);
    let (auditor, _) = installation.create_key(Scope::Root, Role::Auditor);
    let delete = |id| rows.write(move |tx: &mut Tx<'_>| keys::delete(tx, Scope::Root, id));
    assert_eq!(refused(delete(owner)).kind(), Kind::Scim(ErrorKind::Conflict));
    let (_second, _) = installation.create_key(Scope::Root, Role::Owner);
    assert!(delete(owner).is_ok() && delete(auditor).is_ok());
}

#[test]
fn a_token_opens_its_connection_until_it_expires_or_goes() {
    let installation = Installation::new();
    let (tenant, record) = installation.tenant("Acme");
    let (shown, first) = installation.connection(&tenant, json!({"provider": "jumpcloud", "name": "JumpCloud"})).unwrap();
    let caller = installation.authenticator(NOW).scim(&first).unwrap();
    assert_eq!((caller.tenant.number(), caller.tenant_id, caller.connection.id), (tenant.number(), record.id, shown.id));

    let connection = caller.connection.number;
    let create = |expires_at: Option<Timestamp>| {
        let (id, secret, number) = (Id::new(NOW), Secret::generate(Purpose::Scim).unwrap(), tenant.number());
        let text = secret.to_string();
        let new = NewToken { name: None, expires_at };
        let made = tenant.write(move |tx| tokens::create(tx, (number, connection), id, &new, &secret, NOW));
        made.map(|token| (token, text))
    };
    let (token, text) = create(Some(NOW.plus_millis(1_000))).unwrap();
    for (after, opens) in [(0, true), (999, true), (1_000, false), (9_999, false)] {
        assert_eq!(installation.authenticator(NOW.plus_millis(after)).scim(&text).is_ok(), opens, "{after}");
    }
    assert_eq!(pointers(&refused(create(Some(NOW)))), ["/expiresAt"]);
    let delete = |id| tenant.write(move |tx: &mut Tx<'_>| tokens::delete(tx, connection, id));
    delete(token.id).unwrap();
    assert!(installation.authenticator(NOW).scim(&text).is_err() && delete(token.id).is_err());
    assert!(installation.authenticator(NOW).scim(&first).is_ok(), "the other token stays");

    let more = std::iter::repeat_with(|| create(None)).take_while(Result::is_ok).take(TOKENS_MAX + 1).count();
    assert_eq!(more, TOKENS_MAX - 1);
    let listed = tenant.read(|rows| tokens::list(rows, connection, None, 100)).unwrap();
    assert_eq!(listed.len(), TOKENS_MAX);
    assert!(listed.iter().all(|token| !first.contains(&serde_json::to_string(token).unwrap()) && token.hint.len() == 4));
}

#[test]
fn a_disabled_connection_is_known_and_may_do_nothing_and_a_deleted_one_is_unknown() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let (shown, token) = installation.connection(&tenant, json!({"provider": "entra", "name": "Entra"})).unwrap();
    let kind = || installation.authenticator(NOW).scim(&token).err().map(|error| error.kind());
    for enabled in [false, true] {
        let shown = installation.patch(&tenant, shown.id, json!({"enabled": enabled})).unwrap();
        let caller = installation.authenticator(NOW).scim(&token).unwrap();
        assert_eq!((shown.enabled, caller.connection.enabled), (enabled, enabled));
        let number = caller.connection.number;
        let may_write = tenant.write(move |tx| connections::must_be_there(tx, number)).map_err(|error| error.kind());
        assert_eq!(may_write, if enabled { Ok(()) } else { Err(Kind::Scim(ErrorKind::Forbidden)) });
    }
    let id = shown.id;
    tenant.write(move |tx| connections::delete(tx, id, 1)).unwrap();
    assert_eq!(kind(), Some(Kind::Scim(ErrorKind::Unauthorized)));
    assert!(tenant.read(|rows| connections::list(rows, None, 9)).unwrap().is_empty());
    assert!(installation.patch(&tenant, id, json!({"enabled": true})).is_err());
}

#[test]
fn filters_of_a_connection_are_policies_of_the_pipeline() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let new = json!({
        "provider": "jumpcloud", "name": " JumpCloud ", "groupPrefixes": ["NB ", "NB ", "X-"],
        "userGroups": ["Staff"], "userGroupMatch": "prefix",
    });
    let (shown, _) = installation.connection(&tenant, new).unwrap();
    assert_eq!(shown.name, "JumpCloud");
    let said = |policies: &[pipeline::Policy]| -> Vec<(String, Value, Option<Id>)> {
        policies.iter().map(|policy| (policy.plugin.clone(), policy.settings.clone(), policy.connection)).collect()
    };
    let expected = |prefixes: Value, users: Value| {
        [
            ("group-prefix".to_owned(), json!({"prefixes": prefixes}), Some(shown.id)),
            ("user-group-filter".to_owned(), users, Some(shown.id)),
            ("role-protection".to_owned(), json!({"roles": ["owner", "admin"]}), Some(shown.id)),
        ]
    };
    let staff = json!({"groups": ["Staff"], "match": "prefix"});
    assert_eq!(said(&policies_of(&tenant)), expected(json!(["NB ", "X-"]), staff.clone()));
    assert_eq!(tenant.read(pipeline::current).unwrap().revision, 1, "one revision for all three");

    let patched = installation.patch(&tenant, shown.id, json!({"groupPrefixes": ["Y-"]})).unwrap();
    assert_eq!((patched.group_prefixes, patched.user_groups), (vec!["Y-".to_owned()], vec!["Staff".to_owned()]));
    assert_eq!(said(&policies_of(&tenant)), expected(json!(["Y-"]), staff));
    installation.patch(&tenant, shown.id, json!({"userGroups": []})).unwrap();
    assert_eq!(said(&policies_of(&tenant)), expected(json!(["Y-"]), json!({"groups": [], "match": "prefix"})));

    installation.patch(&tenant, shown.id, json!({"name": "Renamed"})).unwrap();
    assert_eq!(tenant.read(pipeline::current).unwrap().revision, 3, "a name is not in the pipeline");
}

#[test]
fn the_pipeline_is_the_only_place_of_a_filter() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let (shown, _) = installation.connection(&tenant, json!({"provider": "generic", "name": "One"})).unwrap();
    let (other, _) = installation.connection(&tenant, json!({"provider": "generic", "name": "Two"})).unwrap();
    let plugins = |tenant: &Tenant| policies_of(tenant).into_iter().map(|policy| policy.plugin).collect::<Vec<_>>();
    assert_eq!(plugins(&tenant), ["role-protection", "role-protection"], "what filters nothing needs no policy");

    let policy = json!({"name": "by hand", "plugin": "group-prefix", "settings": {"prefixes": ["H-"]}, "connection": shown.id});
    installation.put(&tenant, json!([policy]), None).unwrap();
    let get = |id| tenant.read(|rows| connections::get(rows, id)).unwrap();
    assert_eq!((get(shown.id).group_prefixes, get(other.id).group_prefixes), (vec!["H-".to_owned()], vec![]));

    installation.patch(&tenant, shown.id, json!({"groupPrefixes": ["P-"], "userGroups": ["Staff"]})).unwrap();
    let policies = policies_of(&tenant);
    assert_eq!(policies.first().map(|policy| policy.name.as_str()), Some("by hand"), "rewritten where it stands");
    assert_eq!(plugins(&tenant), ["group-prefix", "user-group-filter"]);
    installation.patch(&tenant, other.id, json!({"userGroups": []})).unwrap();
    assert_eq!(policies_of(&tenant), policies, "a filter that is not there and filters nothing stays away");
}

#[test]
fn entries_of_filters_are_bounded_and_not_blank() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let many = vec!["x"; FILTER_ENTRIES_MAX + 1];
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for (filters, wrong) in [
        (json!({"groupPrefixes": ["A", " "]}), &["/groupPrefixes/1"][..]),
        (json!({"userGroups": ["", "B", long]}), &["/userGroups/0", "/userGroups/2"]),
        (json!({"groupPrefixes": many}), &["/groupPrefixes"]),
        (json!({"name": " ", "groupPrefixes": ["\n"]}), &["/name", "/groupPrefixes/0"]),
    ] {
        let mut new = json!({"provider": "okta", "name": "Okta"});
        new.as_object_mut().unwrap().extend(filters.as_object().unwrap().clone());
        assert_eq!(pointers(&refused(installation.connection(&tenant, new))), wrong);
    }
    assert_eq!(policies_of(&tenant), [], "nothing was made");
}

#[test]
fn a_pipeline_is_checked_with_a_pointer_for_each_problem() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let good = json!({"name": "a", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}});
    let nobody = Id::new(NOW);
    for (policies, wrong) in [
        (json!([good, {"name": "a", "plugin": "group-prefix"}]), &["/policies/1/name"][..]),
        (json!([{"name": " ", "plugin": "group-prefix"}]), &["/policies/0/name"]),
        (json!([good, {"name": "b", "plugin": "nothing"}]), &["/policies/1/plugin"]),
        (json!([{"name": "b", "plugin": "group-prefix", "version": "9.9.9"}]), &["/policies/0/version"]),
        (json!([good, {"name": "b", "plugin": "group-prefix", "settings": {"prefixes": ["x", ""]}}]), &["/policies/1/settings/prefixes/1"]),
        (json!([{"name": "b", "plugin": "role-protection"}]), &["/policies/0/settings/roles"]),
        (json!([{"name": "b", "plugin": "group-prefix", "connection": nobody}]), &["/policies/0/connection"]),
        (Value::Array(vec![good.clone(); POLICIES_MAX + 1]), &["/policies"]),
    ] {
        let error = refused(installation.put(&tenant, policies.clone(), None));
        let found = pointers(&error);
        assert!(
            found.len() == wrong.len() && found.iter().zip(wrong).all(|(found, wrong)| wrong.starts_with(found)),
            "{policies}: {found:?}"
        );
    }
    assert_eq!(tenant.read(pipeline::current).unwrap().revision, 0);
}

#[test]
fn each_change_of_the_pipeline_is_a_revision_and_revisions_do_not_change() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let with = |prefix: &str| json!([{"name": "a", "plugin": "group-prefix", "settings": {"prefixes": [prefix]}}]);
    let first = installation.put(&tenant, with("A"), Some(0)).unwrap();
    assert_eq!(installation.put(&tenant, with("A"), None).unwrap(), first, "the same pipeline is no change");
    let second = installation.put(&tenant, with("B"), Some(1)).unwrap();
    let error = refused(installation.put(&tenant, with("C"), Some(1)));
    assert_eq!(error.kind(), Kind::Scim(ErrorKind::Conflict));
    assert_eq!(tenant.read(pipeline::current).unwrap(), second);
    assert!(tenant.read(|rows| rows.has(&layout::walk())).unwrap(), "everything is to be projected again");

    let page = |before, limit| {
        let (revisions, more) = tenant.read(|rows| pipeline::revisions(rows, before, limit)).unwrap();
        (revisions.into_iter().map(|revision| revision.pipeline).collect::<Vec<_>>(), more)
    };
    assert_eq!(page(None, 10), (vec![second.clone(), first.clone()], false));
    assert_eq!(page(None, 1), (vec![second], true));
    assert_eq!(page(Some(2), 1), (vec![first], false));
}

#[test]
fn old_revisions_go_once_there_are_many() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let policies = installation.put(&tenant, json!([{"name": "a", "plugin": "group-prefix"}]), None).unwrap().policies;
    tenant
        .write(move |tx| {
            for number in 0..PIPELINE_REVISIONS_MAX {
                let mut policies = policies.clone();
                policies.iter_mut().for_each(|policy| policy.name = number.to_string());
                pipeline::put(tx, policies, None, &Actor::System, NOW)?;
            }
            Ok(())
        })
        .unwrap();
    let rows = tenant.read(|rows| rows.count(&Range::under(Key::new(Table::Pipeline)), usize::MAX)).unwrap();
    assert_eq!(rows as u64, PIPELINE_REVISIONS_MAX);
}

#[test]
fn a_connection_goes_with_its_policies_once_nothing_of_it_is_due() {
    let installation = Installation::new();
    let (tenant, _) = installation.tenant("Acme");
    let new = json!({"provider": "okta", "name": "Okta", "groupPrefixes": ["NB-"]});
    let (gone, _) = installation.connection(&tenant, new.clone()).unwrap();
    let (kept, _) = installation.connection(&tenant, new).unwrap();
    let id = gone.id;
    let number = tenant.write(move |tx| connections::delete(tx, id, 1)).unwrap();
    let step = || connections::delete_step(&installation.store, tenant.number(), number, NOW).unwrap();
    let mark = layout::dirty_mark(layout::USER, number, Id::new(NOW));
    let dirty = mark.clone();
    tenant
        .write(move |tx| {
            tx.put(&dirty, vec![0; 8]);
            Ok(())
        })
        .unwrap();
    assert_eq!(step(), Step::Waiting);
    assert_eq!(policies_of(&tenant).len(), 4, "the policies stay as long as they are asked");
    tenant
        .write(move |tx| {
            tx.delete(&mark);
            Ok(())
        })
        .unwrap();
    assert_eq!(step(), Step::Done);
    assert!(policies_of(&tenant).iter().all(|policy| policy.connection == Some(kept.id)));
    assert_eq!(step(), Step::Done, "there is nothing left to do");
    assert!(tenant.read(|rows| connections::get(rows, kept.id)).is_ok());
}

#[test]
fn deletions_under_way_are_found_again_after_a_restart() {
    let installation = Installation::new();
    let (tenant, record) = installation.tenant("Gone");
    let (kept, _) = installation.tenant("Kept");
    let (shown, _) = installation.connection(&kept, json!({"provider": "okta", "name": "Okta"})).unwrap();
    let (tenant_id, connection_id) = (record.id, shown.id);
    installation.store.installation().write(move |tx| tenants::delete(tx, tenant_id)).unwrap();
    kept.write(move |tx| connections::delete(tx, connection_id, 1)).unwrap();

    let deletions = super::deletion::Deletions::default();
    deletions.resume(&installation.store).unwrap();
    let clock = Clock::new(|| NOW);
    while deletions.step(&installation.store, &clock) {}
    assert!(!tenant.read(|rows| rows.has(&layout::tenant(tenant.number()))).unwrap());
    assert!(!kept.read(|rows| rows.has(&layout::connection_number(connection_id))).unwrap());
    assert!(policies_of(&kept).is_empty());
}
