//! A recorded directory, put into another store and projected there, is the directory: over the same random histories.

use super::*;
use crate::rehearsal::replace::{Choices, Replacer};
use doorlist_scim::ResourceType;

/// Everything of a world, in pages of odd sizes.
fn recorded(world: &World) -> Vec<Recorded> {
    let (mut items, mut after) = (Vec::new(), None);
    for limit in [1, 2, 3, 5].into_iter().cycle() {
        let (page, next) = world.tenant.read(|rows| read_recording(rows, after.as_ref(), limit)).unwrap();
        assert!(page.len() <= limit);
        items.extend(page);
        after = next.and_then(|place| RecordingPlace::from_bytes(&place.to_bytes()));
        if after.is_none() {
            return items;
        }
    }
    items
}

/// A world that is put together of what was recorded of another, with the same pipeline.
fn rebuilt(world: &World, items: Vec<Recorded>) -> World {
    let store = Store::in_memory().unwrap();
    let tenant = store.tenant(TENANT);
    let id = world.tenant.read(|rows| tenants::at(rows, TENANT)).unwrap().unwrap().id;
    let connection = world.connection;
    store
        .installation()
        .write(move |tx| {
            tenants::create(tx, id, &serde_json::from_value(json!({"name": "Test"})).unwrap(), NOW)?;
            let guard = Guard { enabled: Some(false), ..Guard::default() };
            let patch = TenantPatch { guard: Some(guard), ..TenantPatch::default() };
            tenants::patch(tx, id, &patch, (Role::Owner, keys::Scope::Root))
        })
        .unwrap();
    let policies = world.policies();
    tenant
        .write(move |tx| {
            crate::admin::connections::restore(tx, connection, Provider::Jumpcloud, "Test", NOW)?;
            let catalog = provision::Catalog::read(tx, provision::Choices::default())?;
            items.iter().cloned().try_for_each(|recorded| restore_recorded(tx, &catalog, recorded))?;
            pipeline::put(tx, policies.clone(), None, &Actor::System, NOW)?;
            reproject_all(tx)
        })
        .unwrap();
    World {
        tenant,
        projector: Projector::new(store, Arc::clone(&PLUGINS), Clock::new(|| NOW)),
        connection,
        users: world.users.clone(),
        groups: world.groups.clone(),
        standing: world.standing.clone(),
        settings: world.settings.clone(),
        rules: world.rules,
        watching: world.watching,
        locals: world.locals,
        time: Arc::clone(&world.time),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_recorded_directory_is_projected_to_itself(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
        }
        world.settle();
        let items = recorded(&world);
        let copy = rebuilt(&world, items.clone());
        prop_assert_eq!(copy.directory(), world.directory(), "put back as it was");
        let counts = |world: &World| world.tenant.read(sync_state).unwrap();
        prop_assert_eq!((counts(&copy).inventory, counts(&copy).directory), (counts(&world).inventory, counts(&world).directory));
        copy.settle();
        prop_assert_eq!(copy.directory(), world.directory(), "and projected to itself");
        prop_assert_eq!((counts(&copy).last_event, counts(&copy).stuck), (0, counts(&world).stuck), "without a word");
        prop_assert_eq!(recorded(&copy), items.clone(), "so that it is recorded as it was");
        // With other names, but for those of groups, nothing is different either.
        let [users, groups] = [ResourceType::user(), ResourceType::group()].map(|kind| ResourceType::clone(kind));
        let replacer = Replacer::new(users, groups, &Choices::default()).unwrap();
        let mut others = items;
        others.iter_mut().for_each(|recorded| replacer.replace(recorded));
        let text = serde_json::to_string(&others).unwrap().to_ascii_lowercase();
        // Words of a name are replaced as wholes.
        for user in 0..USERS {
            prop_assert!(!text.contains(&format!("user{user}@")) && !text.contains(&format!("\"e{user}\"")), "{}", text);
        }
        let stranger = rebuilt(&world, others);
        stranger.settle();
        prop_assert_eq!((counts(&stranger).last_event, counts(&stranger).stuck), (0, counts(&world).stuck), "names make no difference");
    }
}
