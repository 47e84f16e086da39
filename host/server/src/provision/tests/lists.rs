//! Indexes: what one finds is what a look at every resource finds, and what one says is taken is taken, whatever was written before.

use std::cell::Cell;
use std::collections::BTreeSet;

use doorlist_scim::schema::fold_case;
use doorlist_scim::{AttrPath, ErrorKind};

use super::*;
use crate::error::Error;
use crate::store::Rows;

/// A schema of the tenant's own, with attributes whose values are unique.
const OWN: &str = "urn:example:own:1.0:User";

/// What filters of users compare. The last ones are known once the tenant has its own schema.
const OF_USERS: &[&str] = &[
    "userName",
    "externalId",
    "displayName",
    "emails",
    "emails.value",
    "emails.type",
    "title",
    "urn:example:own:1.0:User:badge",
    "urn:example:own:1.0:User:token",
];
const OF_GROUPS: &[&str] = &["displayName", "externalId"];

/// A change of the inventory. Whom it is about counts over those that are there.
#[derive(Clone, Debug)]
enum Act {
    Put { group: bool, which: usize, body: Value },
    Patch { group: bool, which: usize, operation: Value },
    Delete { group: bool, which: usize },
}

fn own_schema() -> Value {
    let unique = |name: &str, kind: &str, exact: bool| json!({"name": name, "type": kind, "caseExact": exact, "uniqueness": "server"});
    json!({"id": OWN, "name": "Own", "attributes": [
        unique("badge", "string", false), unique("token", "string", true), unique("number", "integer", false)]})
}

fn numbered() -> impl Strategy<Value = String> {
    (name(), 0..9_u8).prop_map(|(name, number)| format!("{name}{number}"))
}

/// A user with data under the URN of the tenant's own schema, be it there or not.
fn owned() -> impl Strategy<Value = Value> {
    let maybe = || prop::option::weighted(0.7, numbered());
    (user(), maybe(), maybe(), prop::option::weighted(0.3, 0..99_u8)).prop_map(|(mut user, badge, token, number)| {
        user[OWN] = json!({"badge": badge, "token": token, "number": number});
        user
    })
}

fn act() -> impl Strategy<Value = Act> {
    let of_users = prop_oneof![
        (prop::sample::select(&["userName", "urn:example:own:1.0:User:badge", "urn:example:own:1.0:User:token"][..]), numbered())
            .prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value})),
        (prop::sample::select(&["externalId", "displayName", "emails[type eq \"work\"].value"][..]), name())
            .prop_map(|(path, value)| json!({"op": "add", "path": path, "value": value})),
        name().prop_map(|name| json!({"op": "remove", "path": format!("emails[value eq \"{name}\"]")})),
        prop::sample::select(&["externalId", "displayName", "emails", OWN][..]).prop_map(|path| json!({"op": "remove", "path": path})),
    ];
    let of_groups =
        (prop::sample::select(OF_GROUPS), name()).prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value}));
    let which = || 0..12_usize;
    prop_oneof![
        3 => (which(), owned()).prop_map(|(which, body)| Act::Put { group: false, which, body }),
        1 => (which(), group()).prop_map(|(which, (body, _))| Act::Put { group: true, which, body }),
        4 => (which(), of_users).prop_map(|(which, operation)| Act::Patch { group: false, which, operation }),
        1 => (which(), of_groups).prop_map(|(which, operation)| Act::Patch { group: true, which, operation }),
        2 => (any::<bool>(), which()).prop_map(|(group, which)| Act::Delete { group, which }),
    ]
}

/// A comparison that an index may answer, or may not. `@n` stands for an id, and `#attribute#n#` for what somebody has there, or had once.
fn comparison(attributes: &'static [&'static str]) -> BoxedStrategy<String> {
    let value = |attribute: &'static str| prop_oneof![2 => (0..24_usize).prop_map(move |number| format!("#{attribute}#{number}#")), 1 => name().prop_map(str::to_owned), 1 => numbered()];
    let plain = prop::sample::select(attributes).prop_flat_map(move |attribute| {
        (prop::sample::select(&["eq", "eq", "eq", "EQ", "ne", "sw", "co", "gt"][..]), value(attribute))
            .prop_map(move |(op, value)| format!("{attribute} {op} \"{value}\""))
    });
    let by_id = (prop::sample::select(&["id", "members", "members.value", "groups", "groups.value"][..]), 0..12_usize)
        .prop_map(|(attribute, id)| format!("{attribute} eq \"@{id}\""));
    let by_address = (prop::sample::select(&["work", "Home"][..]), prop::sample::select(&["eq", "eq", "ne"][..]), value("emails.value"));
    let by_address = by_address.prop_map(|(kind, op, value)| format!("emails[type eq \"{kind}\"].value {op} \"{value}\""));
    prop_oneof![8 => plain, 2 => by_id, 2 => by_address].boxed()
}

fn filter(attributes: &'static [&'static str]) -> impl Strategy<Value = String> {
    let combined = comparison(attributes).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) and ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) or ({other})")),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    });
    prop_oneof![comparison(attributes), combined]
}

/// Looks for what one has, or had once, at each attribute by which there is an index: a number says whom.
fn lookups(attributes: &[&str], whom: &[usize]) -> Vec<String> {
    let mut lookups = Vec::new();
    for number in whom {
        lookups.extend(attributes.iter().map(|attribute| format!("{attribute} eq \"#{attribute}#{number}#\"")));
        if attributes.contains(&"emails.value") {
            lookups.push(format!("emails[type eq \"work\"].value eq \"#emails.value#{number}#\""));
        }
    }
    lookups
}

/// An inventory with a history.
struct History {
    tenant: Tenant,
    /// Users and groups as the tenant's schemas have them.
    kinds: [Arc<Kind>; 2],
    /// What users and groups were before they changed or went.
    former: [Vec<Value>; 2],
    /// Writes that were refused since a value is taken.
    taken: usize,
}

impl History {
    fn new(tenant: Tenant) -> Self {
        Self { tenant, kinds: [Arc::clone(Kind::user()), Arc::clone(Kind::group())], former: [Vec::new(), Vec::new()], taken: 0 }
    }

    /// Those that are there, as they are stored, in the order of their creation.
    fn all(&self, group: bool) -> Vec<Value> {
        let kind = &self.kinds[usize::from(group)];
        let mut all = Vec::new();
        let range = crate::store::Range::under(crate::store::layout::resources(SCOPE.connection, kind.number));
        let each = |view: &crate::store::View| {
            view.each(&range, &mut |_, json| {
                all.push(serde_json::from_slice(json).unwrap());
                std::ops::ControlFlow::Continue(())
            })
        };
        self.tenant.read(each).unwrap();
        all
    }

    fn ids(&self, group: bool) -> Vec<Id> {
        self.all(group).iter().map(|resource| resource["id"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// The values of a user that nobody else may have, as they are compared.
    fn unique(&self, user: &Value) -> BTreeSet<String> {
        let folded = |value: &Value| value.as_str().map(|text| fold_case(text).into_owned());
        let mut unique: BTreeSet<String> = folded(&user["userName"]).map(|name| format!("userName {name}")).into_iter().collect();
        if self.kinds[0].scim.extension(OWN).is_some() {
            let own = &user[OWN];
            unique.extend(folded(&own["badge"]).map(|badge| format!("badge {badge}")));
            unique.extend(own["token"].as_str().map(|token| format!("token {token}")));
            unique.extend(own["number"].as_u64().map(|number| format!("number {number}")));
        }
        unique
    }

    /// Whether anybody but `id` has a unique value that `user` shall have.
    fn is_taken(&self, user: &Value, id: Option<Id>) -> bool {
        let wanted = self.unique(user);
        let others = self.all(false);
        let mut others = others.iter().filter(|other| id.is_none_or(|id| other["id"] != id.to_string()));
        others.any(|other| !self.unique(other).is_disjoint(&wanted))
    }

    fn make(&mut self, body: &Value) {
        let is_taken = self.is_taken(body, None);
        let create = Create::parse(Arc::clone(&self.kinds[0]), body).unwrap();
        let made = self.tenant.write(move |tx| create.run(tx, SCOPE, &context()).map(drop));
        self.check(made, Some(is_taken), body);
    }

    /// A write is refused if and only if a unique value is taken.
    fn check(&mut self, outcome: Result<()>, is_taken: Option<bool>, what: &dyn std::fmt::Debug) {
        let is_refused = outcome.is_err_and(|error: Error| {
            assert_eq!(error.to_scim().kind, ErrorKind::Uniqueness, "{error} {what:?}");
            true
        });
        assert!(is_taken.is_none_or(|is_taken| is_taken == is_refused), "refused: {is_refused}: {what:?}");
        self.taken += usize::from(is_refused);
    }

    fn act(&mut self, act: &Act) {
        let (Act::Put { group, which, .. } | Act::Patch { group, which, .. } | Act::Delete { group, which }) = act;
        let ids = self.ids(*group);
        let Some(which) = which.checked_rem(ids.len()) else { return };
        let id = ids[which];
        self.former[usize::from(*group)].push(self.all(*group).swap_remove(which));
        let (kind, text) = (Arc::clone(&self.kinds[usize::from(*group)]), id.to_string());
        let (outcome, is_taken) = match act {
            Act::Put { body, .. } => {
                let replace = Replace::new(kind, &text, body.clone());
                let is_taken = !group && self.is_taken(body, Some(id));
                (self.tenant.write(move |tx| replace.run(tx, SCOPE, &context()).map(drop)), Some(is_taken))
            }
            Act::Patch { operation, .. } => {
                let modify = Modify::parse(kind, &text, &json!({"Operations": [operation]}));
                let Ok(modify) = modify else { return };
                (self.tenant.write(move |tx| modify.run(tx, SCOPE, &context()).map(drop)), None)
            }
            Act::Delete { .. } => {
                let delete = Delete::new(kind, &text);
                (self.tenant.write(move |tx| delete.run(tx, SCOPE, &context()).map(drop)), None)
            }
        };
        self.check(outcome, is_taken, act);
    }

    fn survey(&self) -> Survey {
        self.tenant.read(|rows| Survey::of(rows, &[SCOPE.connection], OWN)).unwrap()
    }

    /// Puts the tenant's own schema, unless two users have the same value of what would be unique.
    fn put_schema(&mut self, survey: Survey) {
        let extension = Extension { schema: own_schema(), extends: vec!["User".to_owned()], required: false, updated: NOW, indexed_by: 1 };
        let put = self.tenant.write(move |tx| put_extensions(tx, vec![extension.clone()], &[SCOPE.connection], Some(&survey)));
        let catalog = self.tenant.read(|rows| Catalog::read(rows, Choices::default())).unwrap();
        let before = std::mem::replace(&mut self.kinds, [Arc::clone(&catalog.kinds()[0]), Arc::clone(&catalog.kinds()[1])]);
        assert_eq!(self.kinds[0].scim.extension(OWN).is_some(), put.is_ok());
        if put.is_err() {
            self.kinds = before;
        }
    }

    /// Puts ids and values in the place of what stands for them in a filter.
    fn fill(&self, group: bool, text: &str) -> String {
        let ids: Vec<Id> = self.ids(false).into_iter().chain(self.ids(true)).collect();
        let mut text = text.to_owned();
        for number in (0..12).rev() {
            let id = ids.get(number).map_or("nobody".to_owned(), ToString::to_string);
            text = text.replace(&format!("@{number}\""), &format!("{id}\""));
        }
        let mut known = self.all(group);
        known.extend(self.former[usize::from(group)].iter().cloned());
        let value = |attribute: &str, number: usize| {
            let path = AttrPath::parse(attribute, &self.kinds[usize::from(group)].scim).ok()?;
            let resource = known.get(number.checked_rem(known.len())?)?.as_object()?;
            path.values(resource).first()?.as_str().map(str::to_owned)
        };
        while let Some((before, rest)) = text.split_once('#') {
            let mut parts = rest.splitn(3, '#');
            let (attribute, number, after) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            text = format!("{before}{}{after}", value(attribute, number.parse().unwrap()).unwrap_or_default());
        }
        text
    }

    /// What a list says by whatever way it goes, and by a look at every resource; and whether rows other than the resources answered it.
    fn compare(&self, group: bool, text: &str) -> std::result::Result<bool, TestCaseError> {
        let kind = &self.kinds[usize::from(group)];
        let indexed = search(kind, &[("filter", text)]);
        // Twice `not` means the same and has no index.
        let scanned = search(kind, &[("filter", &format!("not (not ({text}))"))]);
        let expected = found(&self.tenant, &scanned);
        prop_assert_eq!(&found(&self.tenant, &indexed), &expected, "{}", text);
        let quickly = |search| self.tenant.read(|rows| quick(rows, SCOPE, search)).unwrap();
        prop_assert!(quickly(&scanned).is_none(), "{}", text);
        let Some(page) = quickly(&indexed) else { return Ok(false) };
        let ids: Vec<Id> = page.answers.iter().map(|(_, answer)| answer.id).collect();
        prop_assert_eq!((page.total, ids), expected, "quickly: {}", text);
        Ok(page.total > 0)
    }
}

/// So many filters at least an index answers, with somebody, or the property says little: in all, by the tenant's own schema, and by an address of a type.
const ANSWERED_MIN: [usize; 3] = [200, 10, 10];

#[test]
fn an_index_finds_what_a_full_scan_finds() {
    let (answered, taken) = (Cell::new([0; 3]), Cell::new(0));
    let inventory = (prop::collection::vec(owned(), 0..16), prop::collection::vec(group(), 0..6));
    let history = (prop::collection::vec(act(), 0..16), prop_oneof![2 => Just(Some(0)), 2 => (0..8_usize).prop_map(Some), 1 => Just(None)]);
    let filters = (
        prop::collection::vec(filter(OF_USERS), 1..8),
        prop::collection::vec(filter(OF_GROUPS), 1..8),
        prop::collection::vec(0..24_usize, 2),
    );
    proptest!(ProptestConfig::with_cases(160), |((users, groups) in inventory, (acts, surveyed) in history, (mut of_users, mut of_groups, whom) in filters)| {
        let (tenant, _, _) = tenant(&[], &groups);
        let mut history = History::new(tenant);
        // The tenant's own schema comes among the acts: the inventory is surveyed before one of them, and the schema put before the next.
        let mut survey: Option<Survey> = None;
        // The first half of the users is there before whatever else happens, the others come in between.
        let (early, late) = users.split_at(users.len() / 2);
        early.iter().for_each(|body| history.make(body));
        for (place, act) in acts.iter().enumerate() {
            if let Some(survey) = survey.take() {
                history.put_schema(survey);
            }
            survey = (surveyed == Some(place)).then(|| history.survey());
            late.get(place).into_iter().for_each(|body| history.make(body));
            history.act(act);
        }
        of_users.extend(lookups(OF_USERS, &whom));
        of_groups.extend(lookups(OF_GROUPS, &whom));
        for (group, text) in of_users.iter().map(|text| (false, text)).chain(of_groups.iter().map(|text| (true, text))) {
            let text = history.fill(group, text);
            if doorlist_scim::Filter::parse(&text, &history.kinds[usize::from(group)].scim).is_err() {
                continue;
            }
            if history.compare(group, &text)? {
                let [all, own, of_type] = answered.get();
                answered.set([all + 1, own + usize::from(text.contains(OWN)), of_type + usize::from(text.contains("emails["))]);
            }
        }
        taken.set(taken.get() + history.taken);
    });
    let is_enough = answered.get().iter().zip(ANSWERED_MIN).all(|(answered, least)| *answered >= least);
    assert!(is_enough, "{answered:?} filters were answered by an index");
    assert!(taken.get() > 10, "{taken:?} writes were refused");
}
