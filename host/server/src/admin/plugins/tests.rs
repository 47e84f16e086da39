//! Plugin revisions from upload to deletion, through the functions that edges and projector call.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::described::Described;
use super::limits::PluginLimits;
use super::signing::SigningKey;
use super::upload::{Progress, Upload, Uploaded};
use super::*;
use crate::activity::Actor;
use crate::admin::connections::{Creation, NewConnection};
use crate::admin::deletion::Deletions;
use crate::admin::keys::{Role, Scope};
use crate::admin::pipeline::{self, Mode, NewPolicy};
use crate::admin::tenants::{NewTenant, TenantPatch};
use crate::clock::{Clock, Timestamp};
use crate::directory::{self, Projector, SubjectKind};
use crate::error::Kind as ErrorOf;
use crate::limits::{PIPELINE_RETURN_MAX, PLUGIN_PIECE_BYTES};
use crate::policy::CacheSettings;
use crate::provision::{self, Context, Create, Kind};
use crate::secret::{Purpose, Secret};
use crate::signature::SecretKey;
use crate::store::{Key, Range, Rows, Store, Table, Tx, layout};
use guest::{SAID, Said, guest};

#[allow(dead_code, reason = "tests of the sandbox use all of it")]
#[path = "../../../tests/policy/guest.rs"]
mod guest;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// With the engine that tests share.
pub(super) static PLUGINS: LazyLock<Plugins> = LazyLock::new(Plugins::default);

/// A tenant alone in its store.
struct World {
    store: Store,
    tenant: Tenant,
    id: Id,
}

impl World {
    fn new() -> Self {
        let store = Store::in_memory().unwrap();
        let new: NewTenant = serde_json::from_value(json!({"name": "Acme"})).unwrap();
        let id = Id::new(NOW);
        store.installation().write(move |tx| tenants::create(tx, id, &new, NOW)).unwrap();
        Self { tenant: store.tenant(1), store, id }
    }

    fn upload(&self, wasm: &[u8], signature: Option<String>) -> Result<Uploaded> {
        let upload = Upload { wasm: wasm.to_vec(), signature, progress: Progress::default() };
        PLUGINS.upload(&self.tenant, &upload, (&Actor::System, NOW), |_, _| Ok(()))
    }

    fn made(&self, wasm: &[u8]) -> Revision {
        match self.upload(wasm, None).unwrap() {
            Uploaded::Made(revision) => revision,
            Uploaded::Known(revision) => panic!("{revision:?} is there already"),
        }
    }

    fn patch(&self, patch: Value, who: (Role, Scope)) -> Result<tenants::Tenant> {
        let (id, patch): (_, TenantPatch) = (self.id, serde_json::from_value(patch).unwrap());
        self.tenant.write(move |tx| tenants::patch(tx, id, &patch, who))
    }

    fn put(&self, policies: Value) -> Result<pipeline::Pipeline> {
        let policies: Vec<NewPolicy> = serde_json::from_value(policies).unwrap();
        let policies = pipeline::check(&PLUGINS, Some(&self.tenant), policies)?;
        self.tenant.write(move |tx| pipeline::put(tx, policies.clone(), None, &Actor::System, NOW))
    }

    fn delete(&self, revision: &Revision) -> Result<Id> {
        let Described { name, version, .. } = revision.described.clone();
        self.tenant.write(move |tx| revision::delete(tx, &name, &version))
    }

    fn put_piece(&self, key: Key, bytes: Vec<u8>) {
        let put = move |tx: &mut Tx<'_>| {
            tx.put(&key, bytes.clone());
            Ok(())
        };
        self.tenant.write(put).unwrap();
    }

    fn pieces(&self) -> usize {
        self.tenant.read(|rows| rows.count(&Range::under(Key::new(Table::PluginFile)), 1_000)).unwrap()
    }

    /// What the projector gets, of plugins that know nothing yet.
    fn prepared_anew(&self, name: &str, version: &str) -> Result<Plugin, String> {
        let plugins = Plugins::default();
        let policy = policy(name, version);
        assert!(plugins.prepare(&self.tenant, std::slice::from_ref(&policy)).unwrap().is_none(), "the projector's thread loads nothing");
        for _ in 0..600 {
            self.store.touched().take(Duration::from_millis(100));
            if let Some(ready) = plugins.prepare(&self.tenant, std::slice::from_ref(&policy)).unwrap() {
                return ready.get(name, version);
            }
        }
        panic!("it is never loaded")
    }
}

fn policy(plugin: &str, version: &str) -> Policy {
    Policy {
        name: plugin.to_owned(),
        plugin: plugin.to_owned(),
        version: version.to_owned(),
        settings: json!({}),
        given: None,
        mode: Mode::Enforce,
        connection: None,
    }
}

fn named<'a>(name: &'a str, version: &'a str) -> Said<'a> {
    Said { name, version, ..SAID }
}

fn plain(name: &str, version: &str) -> Vec<u8> {
    guest(&named(name, version), &[])
}

/// A module of its own bytes: what it does is the same.
fn padded(wasm: &[u8], bytes: usize) -> Vec<u8> {
    let mut wasm = wasm.to_vec();
    // A custom section with an empty name: number, size (LEB128), length of the name, content.
    wasm.push(0);
    let mut size = bytes + 1;
    while size >= 128 {
        wasm.push((size & 127) as u8 | 128);
        size >>= 7;
    }
    wasm.push(size as u8);
    wasm.resize(wasm.len() + bytes + 1, 0);
    wasm
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorOf {
    result.expect_err("this has to be refused").kind()
}

const CONFLICT: ErrorOf = ErrorOf::Scim(ErrorKind::Conflict);
const FORBIDDEN: ErrorOf = ErrorOf::Scim(ErrorKind::Forbidden);

#[test]
fn the_same_bytes_are_the_same_revision_and_others_need_another_version() {
    let world = World::new();
    let wasm = plain("mine", "1.0.0");
    let made = world.made(&wasm);
    assert_eq!((made.described.name.as_str(), made.bytes), ("mine", wasm.len() as u64));
    let before = world.pieces();
    assert_eq!(world.upload(&wasm, None).unwrap(), Uploaded::Known(made.clone()));
    let other = padded(&wasm, 3);
    assert_eq!(kind(world.upload(&other, None)), CONFLICT, "the same version with other bytes");
    assert_eq!(kind(world.upload(&plain("group-prefix", "9.9.9"), None)), CONFLICT, "a name of ours");
    assert_eq!(world.pieces(), before, "what is refused leaves nothing");
    let next = world.made(&plain("mine", "1.10.0"));
    world.made(&plain("mine", "1.9.0"));
    world.made(&plain("mine", "2.0.0-beta.1"));
    let found = |version| PLUGINS.find(Some(&world.tenant), "mine", version).unwrap().map(|plugin| plugin.digest().to_owned());
    assert_eq!((found(Some("1.0.0")), found(None), found(Some("3.0.0"))), (Some(made.sha256), Some(next.sha256), None));
    assert!(PLUGINS.find(None, "mine", None).unwrap().is_none(), "it is this tenant's");
    let second = World::new();
    assert!(PLUGINS.find(Some(&second.tenant), "mine", None).unwrap().is_none());
}

#[test]
fn refusals_name_their_stage() {
    let world = World::new();
    let loops = "(loop $forever (br $forever))";
    for (wasm, stage) in [
        (b"nonsense".to_vec(), "parse"),
        (b"\0asm\x01\0\0\0".to_vec(), "exports"),
        (guest(&SAID, &[("describe", loops)]), "describe"),
        (guest(&named("Not a name", "1.0.0"), &[]), "manifest"),
        (guest(&Said { schema: "[]", ..SAID }, &[]), "settingsSchema"),
    ] {
        let error = world.upload(&wasm, None).expect_err(stage);
        assert_eq!((error.kind(), error.stage()), (ErrorOf::Scim(ErrorKind::InvalidValue), Some(stage)), "{error}");
    }
    assert_eq!((world.pieces(), world.tenant.read(file::loose).unwrap()), (0, Vec::new()));
}

#[test]
fn a_tenant_has_room_for_so_many() {
    let world = World::new();
    world.patch(json!({"pluginLimits": {"revisions": 2}}), (Role::Admin, Scope::Tenant(1))).unwrap();
    let one = world.made(&plain("one", "1.0.0"));
    world.made(&plain("two", "1.0.0"));
    assert_eq!(kind(world.upload(&plain("three", "1.0.0"), None)), CONFLICT);
    assert!(matches!(world.upload(&plain("two", "1.0.0"), None), Ok(Uploaded::Known(_))), "what is there needs no room");
    world.delete(&one).unwrap();
    world.made(&plain("three", "1.0.0"));
    // Lowering the number takes nothing away.
    world.patch(json!({"pluginLimits": {"revisions": 0}}), (Role::Admin, Scope::Tenant(1))).unwrap();
    assert_eq!(world.tenant.read(revision::all).unwrap().len(), 2);
    assert_eq!(kind(world.upload(&plain("four", "1.0.0"), None)), CONFLICT);
}

#[test]
fn only_the_installation_raises_what_is_lowered() {
    let world = World::new();
    let (own, root) = ((Role::Owner, Scope::Tenant(1)), (Role::Admin, Scope::Root));
    let lowered = json!({"pluginLimits": {"projectMs": 20, "memoryBytes": 1 << 20}});
    let walk = |world: &World| world.tenant.read(|rows| rows.get(&layout::walk())).unwrap();
    let before = walk(&world);
    assert_eq!(world.patch(lowered.clone(), root).unwrap().plugin_limits.call().project_ms, 20);
    assert_ne!(walk(&world), before, "what came of plugins is computed again");
    for raised in
        [json!({}), json!({"projectMs": 21, "memoryBytes": 1 << 20}), json!({"projectMs": 20, "memoryBytes": 1 << 20, "tier": "large"})]
    {
        assert_eq!(kind(world.patch(json!({"pluginLimits": raised}), own)), FORBIDDEN, "{raised}");
    }
    world.patch(lowered, own).unwrap();
    assert_eq!(
        world.patch(json!({"pluginLimits": {"projectMs": 10, "memoryBytes": 1 << 20}}), own).unwrap().plugin_limits.call().project_ms,
        10
    );
    let refused = world.patch(json!({"pluginLimits": {"projectMs": 51, "logBytes": 5000}}), root).expect_err("above what there is");
    let pointers: Vec<&str> = refused.problems().iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/pluginLimits/projectMs", "/pluginLimits/logBytes"]);
    assert_eq!(world.patch(json!({"pluginLimits": {"tier": "large"}}), root).unwrap().plugin_limits.load(), LoadLimits::of(Tier::Large));
    assert_eq!(world.patch(json!({"pluginLimits": {}}), root).unwrap().plugin_limits, PluginLimits::default());
}

#[test]
fn what_a_pipeline_uses_is_not_deleted_and_what_none_uses_goes_whole() {
    let world = World::new();
    let wasm = padded(&plain("mine", "1.0.0"), 9 * PLUGIN_PIECE_BYTES);
    let (made, other) = (world.made(&wasm), world.made(&plain("mine", "1.1.0")));
    let with = |version: &str| json!([{"name": "p", "plugin": "mine", "version": version}]);
    world.put(with("1.0.0")).unwrap();
    assert_eq!(kind(world.delete(&made)), CONFLICT, "it is in force");
    for round in 0..PIPELINE_RETURN_MAX {
        let policies = if round % 2 == 0 { json!([]) } else { with("1.1.0") };
        world.put(policies).unwrap();
        assert_eq!(kind(world.delete(&made)), CONFLICT, "one may want to go back to it");
    }
    world.put(json!([])).unwrap();
    world.put(with("1.1.0")).unwrap();
    let id = world.delete(&made).unwrap();
    assert_eq!(kind(world.delete(&made)), ErrorOf::Scim(ErrorKind::NotFound));
    assert_eq!(kind(world.put(with("1.0.0"))), ErrorOf::Scim(ErrorKind::InvalidValue));
    assert_eq!(kind(world.delete(&other)), CONFLICT);
    // As after a restart: what is left of the file is found and goes.
    assert_eq!(world.tenant.read(file::loose).unwrap(), [id]);
    let deletions = Deletions::default();
    deletions.resume(&world.store).unwrap();
    while deletions.step(&world.store, &Clock::new(|| NOW)) {}
    assert_eq!((world.pieces(), world.tenant.read(file::loose).unwrap()), (1, Vec::new()), "the other's piece is left");
    world.made(&wasm);
}

/// One that somebody deletes after a pipeline with it was checked is not put.
#[test]
fn a_plugin_that_goes_between_check_and_put_is_refused() {
    let world = World::new();
    let made = world.made(&plain("mine", "1.0.0"));
    let proposed: Vec<NewPolicy> = serde_json::from_value(json!([{"name": "p", "plugin": "mine"}])).unwrap();
    let checked = pipeline::check(&PLUGINS, Some(&world.tenant), proposed).unwrap();
    world.delete(&made).unwrap();
    let put = world.tenant.write(move |tx| pipeline::put(tx, checked.clone(), None, &Actor::System, NOW));
    assert_eq!(put.expect_err("it is gone").problems()[0].pointer, "/policies/0/version");
}

#[test]
fn the_projector_gets_what_was_uploaded_after_a_restart() {
    let world = World::new();
    let made = world.made(&plain("mine", "1.0.0"));
    assert_eq!(world.prepared_anew("mine", "1.0.0").map(|plugin| plugin.digest().to_owned()), Ok(made.sha256));
    let ready = PLUGINS.prepare(&world.tenant, &[policy("mine", "1.0.0"), policy("mine", "2.0.0"), policy("group-prefix", "0.0.1")]);
    let ready = ready.unwrap().expect("what was just uploaded is ready, and nothing else is to be loaded");
    assert!(ready.get("mine", "1.0.0").is_ok() && ready.get("group-prefix", "0.0.1").is_ok());
    assert!(ready.get("mine", "2.0.0").is_err_and(|reason| reason.contains("no version 2.0.0")));
}

#[test]
fn a_file_that_is_damaged_is_not_run_and_the_reason_is_told() {
    let world = World::new();
    let wasm = plain("mine", "1.0.0");
    for (broken, word) in [(Vec::new(), "cannot be loaded"), (padded(&wasm, 1), "not what was uploaded")] {
        let made = world.made(&wasm);
        let piece = layout::plugin_piece(made.file(), 0);
        world.put_piece(piece, broken);
        let reason = world.prepared_anew("mine", "1.0.0").expect_err("it is damaged");
        assert!(reason.contains("mine/1.0.0") && reason.contains(word), "{reason}");
        world.delete(&made).unwrap();
    }
}

/// After a restart with a damaged file: whom the policy is about stays as it was, and the reason is told. The mended file helps once the server starts again.
#[test]
fn subjects_of_a_plugin_that_cannot_be_loaded_are_stuck_with_the_reason() {
    let world = World::new();
    let made = world.made(&plain("mine", "1.0.0"));
    let new: NewConnection = serde_json::from_value(json!({"provider": "okta", "name": "Okta"})).unwrap();
    let (creation, secret) = (Creation::check(&PLUGINS, new).unwrap(), Secret::generate(Purpose::Scim).unwrap());
    let ids = (Id::new(NOW), Id::new(NOW));
    world.tenant.write(move |tx| creation.run(tx, 1, ids, &secret, (&Actor::System, NOW)).map(drop)).unwrap();
    world.put(json!([{"name": "mine", "plugin": "mine"}])).unwrap();
    let user = |name: &str| {
        let create = Create::parse(Arc::clone(Kind::user()), &json!({"userName": name})).unwrap();
        world
            .tenant
            .write(move |tx| create.run(tx, provision::Scope { connection: 1 }, &Context::of_nobody(NOW, "".into())).map(drop))
            .unwrap();
    };
    let projected = |name: &str| {
        let projector = Projector::new(world.store.clone(), Arc::new(Plugins::default()), Clock::new(|| NOW));
        for _ in 0..600 {
            projector.turn(1).unwrap();
            if world.tenant.read(directory::is_settled).unwrap() {
                return world.tenant.read(|rows| directory::find_decision(rows, SubjectKind::User, name)).unwrap();
            }
            world.store.touched().take(Duration::from_millis(100));
        }
        panic!("it is never projected")
    };
    user("ada");
    assert_eq!((projected("ada").included, projected("ada").stuck), (true, None));
    let (piece, good) = (layout::plugin_piece(made.file(), 0), plain("mine", "1.0.0"));
    let damaged = piece.clone();
    world.put_piece(damaged, b"damaged".to_vec());
    user("ben");
    let reason = projected("ben").stuck.expect("nobody can say what becomes of it");
    assert_eq!(reason.policy.as_deref(), Some("mine"));
    assert!(reason.text.contains("mine/1.0.0 cannot be loaded any more"), "{}", reason.text);
    assert_eq!(projected("ada").stuck, None, "whom nothing is due of is not asked about");
    world.put_piece(piece, good);
    world.tenant.write(directory::reproject_all).unwrap();
    assert_eq!(projected("ben").stuck, None);
}

#[test]
fn whose_signature_counts_is_the_owners_to_say_and_binds_what_comes_after() {
    let world = World::new();
    let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let sign = |key: &SecretKey, wasm: &[u8]| {
        use sha2::Digest;
        Some(key.sign(&sha2::Sha256::digest(wasm).into()))
    };
    let keys = |key: &SecretKey| json!([SigningKey { name: "CI".to_owned(), public_key: key.public().to_string() }]);
    let (old, new) = (plain("old", "1.0.0"), plain("new", "1.0.0"));
    world.made(&old);
    let required = json!({"signatureRequired": true, "signingKeys": keys(&key)});
    for admin in [(Role::Admin, Scope::Tenant(1)), (Role::Admin, Scope::Root)] {
        assert_eq!(kind(world.patch(required.clone(), admin)), FORBIDDEN);
    }
    let owner = (Role::Owner, Scope::Tenant(1));
    let uses = |plugin: &str| json!([{"name": "p", "plugin": plugin}]);
    world.put(uses("old")).unwrap();
    world.patch(required, owner).unwrap();
    // In force stays in force, also when the pipeline is put again; and what comes anew is asked for its signature.
    world.put(json!([{"name": "p", "plugin": "old"}, {"name": "q", "plugin": "group-prefix"}])).unwrap();
    for signature in [None, sign(&other, &new), sign(&key, &old)] {
        let refused = world.upload(&new, signature).expect_err("not signed for this");
        assert_eq!(refused.stage(), Some("signature"), "{refused}");
    }
    let made = world.upload(&new, sign(&key, &new)).unwrap();
    assert_eq!(made.revision().signed.as_ref().map(|signed| signed.public_key.clone()), Some(key.public().to_string()));
    world.put(uses("new")).unwrap();
    assert_eq!(world.put(uses("old")).expect_err("no longer in force").problems()[0].pointer, "/policies/0/plugin");
    assert!(matches!(world.upload(&old, sign(&key, &old)), Ok(Uploaded::Known(_))), "signed later");
    world.put(uses("old")).unwrap();
    // Another key: what is in force stays, what was signed by the old one is as good as unsigned.
    world.patch(json!({"signingKeys": keys(&other)}), owner).unwrap();
    world.put(json!([{"name": "p", "plugin": "old"}, {"name": "q", "plugin": "group-prefix"}])).unwrap();
    assert!(world.put(uses("new")).is_err());
    world.upload(&new, sign(&other, &new)).unwrap();
    world.put(uses("new")).unwrap();
    let kept = json!({"signatureRequired": true, "signingKeys": keys(&other), "name": "By an admin"});
    world.patch(kept, (Role::Admin, Scope::Tenant(1))).expect("saying what holds already changes nothing");
}

/// What was in the way may go without a restart: here a compiler that fails, until its machine code is there from elsewhere.
#[test]
fn a_plugin_that_did_not_load_is_tried_again_by_whoever_names_it() {
    let world = World::new();
    world.made(&plain("mine", "1.0.0"));
    let directory = std::env::temp_dir().join(format!("doorlist-tried-again-{}", std::process::id()));
    let plugins = |program: Option<&str>| {
        let cache = Some(CacheSettings { directory: directory.clone(), key: [7; 32] });
        Plugins::new(HostSettings { program: program.map(Into::into), cache })
    };
    let find = |plugins: &Plugins| plugins.find(Some(&world.tenant), "mine", Some("1.0.0")).map(|found| found.is_some());
    let walk = || world.tenant.read(|rows| rows.get(&layout::walk())).unwrap();
    let (failing, working) = (plugins(Some("/bin/false")), plugins(None));
    let before = walk();
    for _ in 0..2 {
        let refusal = find(&failing).unwrap_err().to_string();
        assert!(refusal.contains("The plugin mine/1.0.0 cannot be loaded any more. The compiler fails at the plugin."), "{refusal}");
    }
    assert!(find(&working).unwrap());
    assert_eq!(walk(), before, "nothing changed for anybody yet");
    assert!(find(&failing).unwrap());
    assert_ne!(walk(), before, "whom it left stuck gets another turn");
    // A directory that stays behind harms no test.
    let _ = std::fs::remove_dir_all(&directory);
}

/// The copy for authors, beside the sources.
const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/plugin-manifest.schema.json");

fn manifest_schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_deserialize();
    settings.into_generator().into_root_schema_for::<Described>().to_value()
}

#[test]
fn the_manifests_schema_has_a_copy_that_says_the_same() {
    let mut text = serde_json::to_string_pretty(&manifest_schema()).unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(COPY, &text).unwrap();
    }
    let copy = std::fs::read_to_string(COPY).unwrap_or_default();
    assert!(copy == text, "schemas/plugin-manifest.schema.json is out of date: run the tests once with UPDATE=1");
}

/// What the sandbox takes and what the JSON Schema says are the same, as far as a JSON Schema can say it: that a word of `reads` is a path, it cannot.
#[test]
fn the_manifests_schema_takes_what_the_sandbox_takes() {
    let schema = jsonschema::validator_for(&manifest_schema()).unwrap();
    let world = World::new();
    let (name, long_name, version) = ("n".repeat(64), "n".repeat(65), format!("1.0.0-{}", "v".repeat(58)));
    let long_version = format!("{version}v");
    let many = ["title"; 65];
    let writes = ["included", "status", "role", "groups", "userName", "displayName", "attributes"];
    let rows: Vec<(Said<'_>, bool)> = vec![
        (SAID, true),
        (named("a", "0.0.0"), true),
        (named(&name, "1.0.0"), true),
        (named(&long_name, "1.0.0"), false),
        (named("", "1.0.0"), false),
        (named("9a", "1.0.0"), false),
        (named("A", "1.0.0"), false),
        (named("a_b", "1.0.0"), false),
        (named("a", &version), true),
        (named("a", &long_version), false),
        (named("a", "1.0"), false),
        (named("a", "01.0.0"), false),
        (named("a", "1.0.0-beta.1"), true),
        (named("a", "1.0.0-"), false),
        (named("a", "1.0.0+5"), false),
        (named("a", "v1.0.0"), false),
        (Said { reads: &["title", "emails.value", "attributes"], ..SAID }, true),
        (Said { reads: &[""], ..SAID }, false),
        (Said { reads: &many, ..SAID }, false),
        (Said { writes: &writes, ..SAID }, true),
        (Said { writes: &["id"], ..SAID }, false),
        (Said { writes: &["Role"], ..SAID }, false),
        (Said { schema: r#"{"type":"object"}"#, ..SAID }, true),
        (Said { schema: "[]", ..SAID }, false),
    ];
    for (said, takes) in rows {
        let json = json!({"name": said.name, "version": said.version, "description": "", "reads": said.reads, "writes": said.writes,
            "settingsSchema": serde_json::from_str::<Value>(said.schema).unwrap()});
        let sandbox = PLUGINS.0.host().unwrap().load(&guest(&said, &[]), &LoadLimits::of(Tier::Small), &world.id.to_string());
        assert_eq!((sandbox.is_ok(), schema.is_valid(&json)), (takes, takes), "{json}: {:?}", sandbox.err().map(|error| error.message));
    }
}
