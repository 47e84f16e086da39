//! Lists (RFC 7644 section 3.4.2): filters, order and pages.

use doorlist_tests::callers::{Client, ENTERPRISE_URN, LIST_URN, text};
use doorlist_tests::http::query;
use serde_json::{Value, json};

use crate::shared;

/// What the answers have of one attribute.
fn names(page: &Value, key: &str) -> Vec<String> {
    page["Resources"].as_array().expect("a list has Resources").iter().map(|one| text(one, key)).collect()
}

/// An inventory with something for every kind of filter.
fn populated() -> Client {
    let client = shared::client("filters");
    let users = [
        json!({"userName": "Alice@example.com", "externalId": "ext-A", "displayName": "Alice Álvarez", "active": true, "title": "Chief \"quote\" \\ officer",
            "name": {"givenName": "Alice", "familyName": "Álvarez"},
            "emails": [{"value": "alice@example.com", "type": "work", "primary": true}, {"value": "Alice.Home@example.org", "type": "home"}],
            ENTERPRISE_URN: {"department": "Research", "employeeNumber": "7"}}),
        json!({"userName": "bob@example.com", "externalId": "ext-a", "displayName": "Bob", "active": false,
            "emails": [{"value": "bob@example.com", "type": "work"}], ENTERPRISE_URN: {"department": "Sales"}}),
        json!({"userName": "carol@example.com", "externalId": "12345", "active": true, "title": "Engineer"}),
        json!({"userName": "dave", "displayName": "dave", "active": true}),
    ];
    for user in &users {
        let _ = client.post("/Users", user).expect(201);
    }
    client
}

const ALICE: &str = "Alice@example.com";
const BOB: &str = "bob@example.com";
const CAROL: &str = "carol@example.com";
const DAVE: &str = "dave";

#[test]
fn filters_find_what_they_say() {
    let client = populated();
    let cases: &[(&str, &[&str])] = &[
        // Indexed, without regard to case where the schema says so, and with it where it says so.
        ("userName eq \"alice@EXAMPLE.com\"", &[ALICE]),
        ("USERNAME EQ \"bob@example.com\"", &[BOB]),
        ("externalId eq \"ext-A\"", &[ALICE]),
        ("externalId eq \"ext-a\"", &[BOB]),
        ("externalId eq \"EXT-A\"", &[]),
        ("displayName eq \"BOB\"", &[BOB]),
        ("emails eq \"alice@example.com\"", &[ALICE]),
        ("emails.value eq \"ALICE.home@example.org\"", &[ALICE]),
        ("emails[value eq \"bob@example.com\"]", &[BOB]),
        ("emails[type eq \"work\"].value eq \"alice@example.com\"", &[ALICE]),
        ("emails[type eq \"work\"].value eq \"alice.home@example.org\"", &[]),
        ("emails[type eq \"home\" and value eq \"alice.home@example.org\"]", &[ALICE]),
        // Without quotes.
        ("userName eq dave", &[DAVE]),
        ("externalId eq 12345", &[CAROL]),
        ("externalId eq \"12345\"", &[CAROL]),
        // Not indexed.
        ("title eq \"engineer\"", &[CAROL]),
        ("title eq \"Chief \\\"quote\\\" \\\\ officer\"", &[ALICE]),
        ("displayName eq \"alice \\u00e1lvarez\"", &[ALICE]),
        ("name.familyName eq \"Álvarez\"", &[ALICE]),
        ("name.givenName sw \"AL\"", &[ALICE]),
        ("userName co \"example\"", &[ALICE, BOB, CAROL]),
        ("userName ew \".com\"", &[ALICE, BOB, CAROL]),
        ("title pr", &[ALICE, CAROL]),
        ("not (title pr)", &[BOB, DAVE]),
        ("active eq true", &[ALICE, CAROL, DAVE]),
        ("active eq False", &[BOB]),
        ("active eq \"False\"", &[BOB]),
        ("userName ne \"dave\"", &[ALICE, BOB, CAROL]),
        ("title ne \"Engineer\"", &[ALICE, BOB, DAVE]),
        ("title eq null", &[BOB, DAVE]),
        ("userName gt \"c\"", &[CAROL, DAVE]),
        ("userName le \"bob@example.com\"", &[ALICE, BOB]),
        ("meta.created gt \"2020-01-01T00:00:00Z\"", &[ALICE, BOB, CAROL, DAVE]),
        ("meta.lastModified lt \"2020-01-01T00:00:00Z\"", &[]),
        ("emails pr", &[ALICE, BOB]),
        ("emails[type eq \"home\"]", &[ALICE]),
        ("emails[type eq \"work\" and primary eq true]", &[ALICE]),
        ("emails.type eq \"home\"", &[ALICE]),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"sales\"", &[BOB]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"dave\"", &[DAVE]),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber pr", &[ALICE]),
        ("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", &[ALICE, BOB]),
        // Combined: and binds tighter than or.
        ("userName eq \"dave\" or userName eq \"bob@example.com\" and active eq true", &[DAVE]),
        ("(userName eq \"dave\" or userName eq \"bob@example.com\") and active eq false", &[BOB]),
        ("userName eq \"alice@example.com\" and externalId eq \"ext-A\"", &[ALICE]),
        ("userName eq \"alice@example.com\" and externalId eq \"ext-a\"", &[]),
        ("not (userName eq \"dave\") and not (active eq false)", &[ALICE, CAROL]),
        ("userName eq \"nobody\"", &[]),
    ];
    for (filter, expected) in cases {
        let found: Vec<String> = client.find("/Users", filter).iter().map(|user| text(user, "userName")).collect();
        assert_eq!(found, *expected, "{filter}");
    }
}

#[test]
fn resources_are_found_by_id_and_by_membership() {
    let client = shared::client("ids");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let (one, two) = (client.group("One", &[&ada]), client.group("Two", &[&ada, &ben]));
    let cases: &[(&str, String, Vec<&str>)] = &[
        ("/Users", format!("id eq \"{ada}\""), vec![&ada]),
        ("/Users", format!("id eq \"{ada}\" and active eq false"), vec![]),
        ("/Users", "id eq \"nonsense\"".to_owned(), vec![]),
        ("/Users", format!("groups.value eq \"{two}\""), vec![&ada, &ben]),
        ("/Users", format!("groups eq \"{one}\""), vec![&ada]),
        ("/Users", "groups.display eq \"One\"".to_owned(), vec![&ada]),
        ("/Users", "groups pr".to_owned(), vec![&ada, &ben]),
        ("/Groups", "displayName eq \"One\"".to_owned(), vec![&one]),
        ("/Groups", "displayName sw \"T\"".to_owned(), vec![&two]),
        ("/Groups", format!("members eq \"{ben}\""), vec![&two]),
        ("/Groups", format!("members.value eq \"{ada}\""), vec![&one, &two]),
        ("/Groups", format!("members[value eq \"{ada}\"] and displayName eq \"One\""), vec![&one]),
        ("/Groups", format!("id eq \"{two}\" and members eq \"{ben}\""), vec![&two]),
        ("/Groups", "members.value eq \"nobody\"".to_owned(), vec![]),
    ];
    for (path, filter, expected) in cases {
        let found: Vec<String> = client.find(path, filter).iter().map(|one| text(one, "id")).collect();
        assert_eq!(found, *expected, "{path} {filter}");
    }
}

#[test]
fn an_empty_list_is_a_list() {
    let client = shared::client("empty list");
    for path in ["/Users", "/Groups", "/Users?filter=userName%20eq%20%22x%22", "/Groups?startIndex=5&count=0"] {
        let page = client.get(path).expect(200);
        assert_eq!(page["schemas"], json!([LIST_URN]), "{path}");
        assert_eq!(page["Resources"], json!([]), "{path}");
        for counter in ["totalResults", "startIndex", "itemsPerPage"] {
            assert!(page[counter].is_u64(), "{path}: {counter} is no whole number: {page}");
        }
        assert_eq!(page["totalResults"], 0, "{path}");
    }
}

/// `startIndex` and `count` as they are sent; the index that is answered, the place of the first name, and how many there are.
type PageCase = (Option<&'static str>, Option<&'static str>, u64, usize, usize);

#[test]
fn pages_are_counted_from_one_and_stay_in_order() {
    let client = shared::client("pages");
    let made: Vec<String> = (0..25).map(|number| format!("user-{number:02}@example.com")).collect();
    for name in &made {
        let _ = client.user(name);
    }
    let cases: &[PageCase] = &[
        (None, None, 1, 0, 25),
        (Some("1"), Some("10"), 1, 0, 10),
        (Some("11"), Some("10"), 11, 10, 10),
        (Some("21"), Some("10"), 21, 20, 5),
        (Some("25"), Some("10"), 25, 24, 1),
        (Some("26"), Some("10"), 26, 25, 0),
        (Some("9999"), None, 9999, 25, 0),
        // RFC 7644 section 3.4.2.4: below 1 is 1, below 0 is 0.
        (Some("0"), Some("3"), 1, 0, 3),
        (Some("-7"), Some("3"), 1, 0, 3),
        (None, Some("0"), 1, 0, 0),
        (None, Some("-1"), 1, 0, 0),
        (None, Some("1000000"), 1, 0, 25),
    ];
    for filter in [None, Some("userName sw \"user-\"")] {
        for (start, count, shown_start, first, number) in cases {
            let pairs: Vec<(&str, &str)> = [("startIndex", *start), ("count", *count), ("filter", filter)]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect();
            let page = client.get(&query("/Users", &pairs)).expect(200);
            assert_eq!(page["totalResults"], 25, "{pairs:?}");
            assert_eq!(page["startIndex"], *shown_start, "{pairs:?}");
            assert_eq!(page["itemsPerPage"], *number, "{pairs:?}");
            assert_eq!(names(&page, "userName"), made[*first..first + number], "{pairs:?}");
        }
    }
}

/// Query parameters, and the names in their order.
type OrderCase = (&'static [(&'static str, &'static str)], [&'static str; 4]);

#[test]
fn order_is_by_creation_or_as_asked() {
    let client = shared::client("order");
    for (user, display) in
        [("b@example.com", Some("beta")), ("C@example.com", Some("Alpha")), ("a@example.com", None), ("d@example.com", Some("gamma"))]
    {
        let mut body = json!({"userName": user});
        if let Some(display) = display {
            body["displayName"] = json!(display);
        }
        let _ = client.post("/Users", &body).expect(201);
    }
    // RFC 7644 section 3.4.2.3: case as the schema says; without a value last when ascending, first when descending.
    let cases: &[OrderCase] = &[
        (&[], ["b@example.com", "C@example.com", "a@example.com", "d@example.com"]),
        (&[("sortBy", "userName")], ["a@example.com", "b@example.com", "C@example.com", "d@example.com"]),
        (&[("sortBy", "USERNAME"), ("sortOrder", "ascending")], ["a@example.com", "b@example.com", "C@example.com", "d@example.com"]),
        (&[("sortBy", "userName"), ("sortOrder", "descending")], ["d@example.com", "C@example.com", "b@example.com", "a@example.com"]),
        (&[("sortBy", "displayName")], ["C@example.com", "b@example.com", "d@example.com", "a@example.com"]),
        (&[("sortBy", "displayName"), ("sortOrder", "descending")], ["a@example.com", "d@example.com", "b@example.com", "C@example.com"]),
        (&[("sortBy", "meta.created")], ["b@example.com", "C@example.com", "a@example.com", "d@example.com"]),
    ];
    for (pairs, expected) in cases {
        let page = client.get(&query("/Users", pairs)).expect(200);
        assert_eq!(names(&page, "userName"), *expected, "{pairs:?}");
        // Two pages of a sorted list make the whole.
        let mut paged = Vec::new();
        for start in ["1", "3"] {
            let mut pairs = pairs.to_vec();
            pairs.extend([("startIndex", start), ("count", "2")]);
            paged.extend(names(&client.get(&query("/Users", &pairs)).expect(200), "userName"));
        }
        assert_eq!(paged, *expected, "{pairs:?} in pages");
    }
}

/// RFC 7644 section 3.4.3: a search by POST finds what the same query by GET finds.
#[test]
fn search_by_post_is_the_same_list() {
    let client = populated();
    for (path, filter) in [("/Users", "userName pr"), ("/Groups", "displayName sw \"e\""), ("", "displayName pr")] {
        let by_get = client.get(&query(if path.is_empty() { "/" } else { path }, &[("filter", filter), ("count", "3")])).expect(200);
        let by_post = client.post(&format!("{path}/.search"), &json!({"filter": filter, "count": 3})).expect(200);
        assert_eq!(by_get, by_post, "{path} {filter}");
    }
}

/// Values keep their type: a name of digits is text.
#[test]
fn text_that_looks_like_a_number_stays_text() {
    let client = shared::client("digits");
    let body = json!({"userName": "12345", "externalId": "007", "displayName": "1e5", "title": "true", ENTERPRISE_URN: {"employeeNumber": "0042"}});
    let made = client.post("/Users", &body).expect(201);
    for (pointer, value) in [("/userName", "12345"), ("/externalId", "007"), ("/displayName", "1e5"), ("/title", "true")] {
        assert_eq!(made.pointer(pointer), Some(&json!(value)));
    }
    assert_eq!(made[ENTERPRISE_URN]["employeeNumber"], "0042");
    assert!(made["id"].is_string());
    for filter in ["userName eq \"12345\"", "userName eq 12345", "externalId eq \"007\"", "externalId eq 007"] {
        assert_eq!(client.find("/Users", filter).len(), 1, "{filter}");
    }
}
