//! Explanations against projection: over random histories, what the pipeline makes of somebody now is what the directory has once nothing is due.

use super::*;

fn of_user(world: &World, id: Id) -> Explanation {
    explain(&world.tenant, &PLUGINS, SubjectKind::User, &id.to_string(), NOW).unwrap()
}

/// How many events there are.
fn events(world: &World) -> u64 {
    world.tenant.read(sync_state).unwrap().last_event
}

#[test]
fn who_is_still_to_be_projected_is_only_in_the_inventory() {
    let mut world = World::new();
    let id = world.users[&0];
    let told = of_user(&world, id);
    assert_eq!(told.summary, "Only the inventory has this user so far. It is still to be projected.");
    assert!(told.due && told.decision.is_none(), "{told:?}");
    let evaluation = told.evaluation.unwrap();
    assert_eq!((evaluation.included, evaluation.directory.change), (false, DirectoryChange::None));
    world.run(Step::AddMember { group: 0, user: 0 });
    let evaluation = of_user(&world, id).evaluation.unwrap();
    assert_eq!((evaluation.included, evaluation.directory.change), (true, DirectoryChange::Added));
    assert_eq!(evaluation.deciding_groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["NB-Staff"]);
    assert_eq!((world.directory().members.len(), events(&world)), (0, 0), "nothing is stored");
    world.settle();
    let told = of_user(&world, id);
    assert_eq!((told.due, told.summary.as_str()), (false, "The directory has this user."));
    world.run(Step::RemoveMember { group: 0, user: 0 });
    let told = of_user(&world, id);
    assert!(told.due && told.decision.is_some_and(|decision| decision.included), "what was decided is told beside what holds now");
    assert_eq!(told.summary, "The directory has this user. It is still to be projected again, and would then leave the directory.");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_says_what_projection_does(steps in prop::collection::vec(step(), 1..30)) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
        }
        world.settle();
        let before = (world.directory(), events(&world));
        for id in world.users.values() {
            let told = of_user(&world, *id);
            let (decision, evaluation) = (told.decision.unwrap(), told.evaluation.unwrap());
            if decision.held.is_some() {
                // What would be taken from it is what it is held for.
                prop_assert!(told.summary.contains("keeps it from being"), "{}", told.summary);
                continue;
            }
            prop_assert_eq!(evaluation.directory.change, DirectoryChange::None, "{:?}", evaluation.directory.differences);
            prop_assert_eq!((evaluation.included, evaluation.stuck.is_some()), (decision.included, decision.stuck.is_some()));
            prop_assert_eq!(evaluation.reason, decision.reason);
            let asked = |step: &&crate::directory::Step| step.not_asked.is_none();
            let answers: Vec<_> = evaluation.steps.iter().filter(asked).map(|step| (&step.policy, &step.changes, &step.fault)).collect();
            let kept: Vec<_> = decision.verdicts.iter().map(|verdict| (&verdict.policy, &verdict.changes, &verdict.fault)).collect();
            prop_assert_eq!(answers, kept);
        }
        for id in &world.groups {
            let Ok(told) = explain(&world.tenant, &PLUGINS, SubjectKind::Group, &id.to_string(), NOW) else { continue };
            let Some(evaluation) = told.evaluation else { continue };
            prop_assert_eq!(evaluation.directory.change, DirectoryChange::None);
            prop_assert_eq!(evaluation.included, told.decision.unwrap().included);
        }
        prop_assert_eq!((world.directory(), events(&world)), before, "nothing is stored");
    }
}
