//! The latest requests with what was received and answered, for whoever connects an identity provider and wants to see what it sends.
//!
//! In memory and bounded; the log keeps no bodies. Values of what nobody may read are masked before anything is kept. Knows nothing of what a request did.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::limits::{EXCHANGE_BYTES_MAX, EXCHANGES_MAX, EXCHANGES_OF_TENANT_MAX};
use crate::secret;
use crate::store::PartitionNumber;

/// What stands where a value is masked.
const MASKED: &str = "(not shown)";

/// What was received and answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// Id of the request.
    pub request_id: String,
    /// What the client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The body that came, with secrets masked; absent if there was none that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// The body of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// Whether one of them is cut to its bound.
    pub cut: bool,
}

/// The latest exchanges of all tenants.
#[derive(Debug, Default)]
pub struct Exchanges(Mutex<VecDeque<(PartitionNumber, Timestamp, Exchange)>>);

impl Exchanges {
    /// Keeps one that was answered `at` this time. The oldest of the tenant's goes when there are too many of its, and the oldest of all when there are too many.
    pub fn keep(&self, tenant: PartitionNumber, at: Timestamp, exchange: Exchange) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().filter(|(other, ..)| *other == tenant).count() >= EXCHANGES_OF_TENANT_MAX
            && let Some(oldest) = kept.iter().position(|(other, ..)| *other == tenant)
        {
            kept.remove(oldest);
        }
        if kept.len() >= EXCHANGES_MAX {
            kept.pop_front();
        }
        kept.push_back((tenant, at, exchange));
    }

    /// That of a tenant's request with this id, the latest if there are several. Those from before `since`, if it is said, are forgotten.
    pub fn find(&self, tenant: PartitionNumber, request_id: &str, since: Option<Timestamp>) -> Option<Exchange> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(other, at, _)| *other != tenant || since.is_none_or(|since| *at >= since));
        let found = kept.iter().rev().find(|(other, _, exchange)| *other == tenant && exchange.request_id == request_id);
        found.map(|(.., exchange)| exchange.clone())
    }
}

/// A body as it may be shown, and whether it is cut. `hidden` are the names of attributes that nobody reads.
pub fn shown(body: &[u8], hidden: &[String]) -> (String, bool) {
    let text = String::from_utf8_lossy(body);
    let lower = text.to_ascii_lowercase();
    // An escape may spell a name in another way.
    let names_one = hidden.iter().any(|name| lower.contains(&name.to_ascii_lowercase())) || text.contains("\\u");
    let text = if names_one {
        match serde_json::from_str::<Value>(&text) {
            Ok(mut value) => {
                mask(&mut value, hidden);
                value.to_string()
            }
            Err(_) => MASKED.to_owned(),
        }
    } else {
        text.into_owned()
    };
    let text = secret::hidden(&text);
    match text.char_indices().find(|(place, letter)| place + letter.len_utf8() > EXCHANGE_BYTES_MAX) {
        Some((end, _)) => (text.get(..end).unwrap_or_default().to_owned(), true),
        None => (text, false),
    }
}

/// Masks the values of hidden attributes, wherever they stand: under their name, or beside a path that ends in it.
fn mask(value: &mut Value, hidden: &[String]) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| mask(value, hidden)),
        Value::Object(fields) => {
            let at_path = fields
                .iter()
                .any(|(name, path)| name.eq_ignore_ascii_case("path") && path.as_str().is_some_and(|path| names(path, hidden)));
            for (name, value) in fields {
                if names(name, hidden) || (at_path && name.eq_ignore_ascii_case("value")) {
                    *value = Value::from(MASKED);
                } else {
                    mask(value, hidden);
                }
            }
        }
        _ => {}
    }
}

/// Whether one of the parts of a name or path is hidden.
fn names(path: &str, hidden: &[String]) -> bool {
    let mut parts = path.split(|letter: char| !(letter.is_alphanumeric() || "$-_".contains(letter)));
    parts.any(|part| hidden.iter().any(|name| part.eq_ignore_ascii_case(name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        for (body, expected) in [
            (r#"{"userName":"ada"}"#, r#"{"userName":"ada"}"#),
            (r#"{"password":"open sesame"}"#, r#"{"password":"(not shown)"}"#),
            (r#"{"PassWord":{"a":1}}"#, r#"{"PassWord":"(not shown)"}"#),
            (r#"{"p\u0061ssword":"open sesame"}"#, r#"{"password":"(not shown)"}"#),
            (
                r#"{"urn:ietf:params:scim:schemas:core:2.0:User:password":"x"}"#,
                r#"{"urn:ietf:params:scim:schemas:core:2.0:User:password":"(not shown)"}"#,
            ),
            (
                r#"{"Operations":[{"op":"replace","path":"password","value":"x"},{"op":"add","value":{"password":"y","title":"z"}}]}"#,
                r#"{"Operations":[{"op":"replace","path":"password","value":"(not shown)"},{"op":"add","value":{"password":"(not shown)","title":"z"}}]}"#,
            ),
            ("password=open sesame", "(not shown)"),
            (r#"{"note":"dl_scim_0123456789"}"#, r#"{"note":"(not shown)"}"#),
        ] {
            assert_eq!(shown(body.as_bytes(), &["password".to_owned()]), (expected.to_owned(), false), "{body}");
        }
    }

    #[test]
    fn a_long_body_is_cut_between_letters() {
        let (text, cut) = shown("é".repeat(EXCHANGE_BYTES_MAX).as_bytes(), &["password".to_owned()]);
        assert!(cut && text.len() <= EXCHANGE_BYTES_MAX && text.len() > EXCHANGE_BYTES_MAX - 2);
    }

    #[test]
    fn a_tenant_keeps_its_latest_whatever_others_do() {
        let exchanges = Exchanges::default();
        let exchange = |id: usize| Exchange { request_id: id.to_string(), user_agent: None, received: None, answered: None, cut: false };
        let at = Timestamp::from_millis;
        exchanges.keep(1, at(0), exchange(0));
        (0..=EXCHANGES_OF_TENANT_MAX).for_each(|id| exchanges.keep(2, at(id as i64), exchange(id)));
        assert!(exchanges.find(1, "0", None).is_some());
        assert!(exchanges.find(2, "0", None).is_none(), "its oldest went");
        assert!(exchanges.find(2, "1", None).is_some() && exchanges.find(1, "1", None).is_none());
        assert!(exchanges.find(2, "1", Some(at(2))).is_none() && exchanges.find(2, "2", Some(at(2))).is_some());
        assert!(exchanges.find(2, "1", None).is_none(), "what is past its time does not come back");
        assert!(exchanges.find(1, "0", None).is_some(), "nobody else's goes");
    }
}
