//! Uploading a plugin by the admin API.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;

use super::file;
use super::limits::{ANSWER_BYTES_MAX, PLUGIN_BYTES_MAX, PUSH_S_MAX};
use super::sign::read_signature;
use crate::config::Hidden;
use crate::error::{Error, Result};
use crate::http::ADMIN_BASE;

/// Where a plugin goes.
#[derive(Debug)]
pub struct Target<'a> {
    /// The server's URL, without the API's path.
    pub server: &'a str,
    /// The tenant's id.
    pub tenant: &'a str,
    /// A key of an operator who may upload there.
    pub key: &'a Hidden,
}

/// What a server made of an upload.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Whether it is there since this upload; otherwise the same file was there before.
    pub is_new: bool,
    /// The plugin, as the admin API shows it.
    pub plugin: Value,
}

/// Uploads a file, with the signature in another one if there is one.
///
/// # Errors
/// If a file cannot be read, the server cannot be reached, or it refuses the plugin: then its own words.
pub fn push(plugin: &Path, signature: Option<&Path>, target: &Target<'_>) -> Result<Pushed> {
    let wasm = file::read(plugin, PLUGIN_BYTES_MAX)?;
    let signature = signature.map(read_signature).transpose()?;
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let query = signature.map(|text| format!("?signature={}", encoded(&text))).unwrap_or_default();
    let url = format!("{}{ADMIN_BASE}/tenants/{}/plugins{query}", target.server.trim_end_matches('/'), encoded(target.tenant));
    let (status, text) =
        send(&url, wasm, target.key).map_err(|cause| Error::conflict(format!("{} cannot be reached.", target.server)).with_cause(cause))?;
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    match status {
        200 | 201 => Ok(Pushed { is_new: status == 201, plugin: said }),
        _ => Err(Error::invalid(refusal(status, &said))),
    }
}

fn send(url: &str, wasm: Vec<u8>, key: &Hidden) -> Result<(u16, String), ureq::Error> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // A key goes to the server that was named and no other.
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(PUSH_S_MAX)))
        .build()
        .new_agent();
    let request = Request::builder()
        .method("POST")
        .uri(url)
        .header("authorization", format!("Bearer {}", key.reveal()))
        .header("content-type", "application/wasm")
        .header("accept", "application/json")
        .body(wasm)?;
    let mut answer = agent.run(request)?;
    let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
    Ok((answer.status().as_u16(), text))
}

/// A problem (RFC 9457) in one paragraph.
fn refusal(status: u16, problem: &Value) -> String {
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let Some(detail) = text("detail").or_else(|| text("title")) else {
        return format!("The server answered {status} and nothing that a Doorlist would say. Is the URL right?");
    };
    let mut told = match text("stage") {
        Some(stage) => format!("The server refuses the plugin at the stage {stage}. {detail}"),
        None => format!("The server refuses ({status}). {detail}"),
    };
    for each in problem.get("problems").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| each.get(name).and_then(Value::as_str).unwrap_or_default();
        told.push_str(&format!("\n  {} {}", part("pointer"), part("message")));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refusals_are_the_servers_words() {
        for (status, problem, expected) in [
            (
                400,
                json!({"detail": "It imports env.", "stage": "imports"}),
                "The server refuses the plugin at the stage imports. It imports env.",
            ),
            (409, json!({"detail": "It is there."}), "The server refuses (409). It is there."),
            (401, json!({"title": "Unauthorized"}), "The server refuses (401). Unauthorized"),
            (400, json!({"detail": "No.", "problems": [{"pointer": "/a", "message": "Bad."}]}), "The server refuses (400). No.\n  /a Bad."),
            (502, json!(null), "The server answered 502 and nothing that a Doorlist would say. Is the URL right?"),
        ] {
            assert_eq!(refusal(status, &problem), expected);
        }
    }
}
