//! Who reaches what: every endpoint is tried by everybody who must not.

mod admin;
pub mod endpoints;
mod scim;

use doorlist_tests::Reply;

/// What a reply says to somebody who compares: everything but when and under which id it was given.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Seen {
    /// The reply with `id`, which differs by the question, in one spelling.
    fn of(reply: &Reply, id: &str) -> Self {
        let mut headers: Vec<(String, String)> = reply
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        Self { status: reply.status, headers, body: reply.text().replace(id, "{id}") }
    }
}

/// An id that nothing has.
pub const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
