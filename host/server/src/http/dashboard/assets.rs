//! Style, script and icon: in the binary, each under an address that changes with its content.
//!
//! Knows nothing of pages.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{DASHBOARD_BASE, protect};
use crate::http::App;

/// One file.
struct Asset {
    name: &'static str,
    media: &'static str,
    content: &'static str,
    /// Its name with the beginning of its digest.
    address: String,
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        ("style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
        ("script.js", "text/javascript; charset=utf-8", include_str!("assets/script.js")),
        ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ]
    .map(|(name, media, content)| {
        let digest = HEXLOWER.encode(&Sha256::digest(content));
        let digest: String = digest.chars().take(12).collect();
        Asset { name, media, content, address: format!("{digest}-{name}") }
    })
});

/// Where a file is; an address of nothing if there is none of this name.
pub(super) fn address(app: &App, name: &str) -> String {
    let address = ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.address.as_str());
    app.link(&format!("{DASHBOARD_BASE}/assets/{address}"))
}

/// Answers with a file.
pub(super) async fn serve(Path(address): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.address == address) else {
        let mut response = StatusCode::NOT_FOUND.into_response();
        protect(&mut response);
        return response;
    };
    let mut response = ([(header::CONTENT_TYPE, asset.media)], asset.content).into_response();
    protect(&mut response);
    // What is under this address never changes.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
