//! Serves the files of `static/` from the binary: hashed addresses, compressed copies, immutable
//! caching.
//!
//! ```
//! let address = mathsoc::web::assets::url("site.css").expect("the site has a style sheet");
//! assert!(address.starts_with("/static/site.") && address.ends_with(".css"));
//! assert_eq!(mathsoc::web::assets::url("no-such-file.css"), None);
//! ```
//!
//! # Steps
//!
//! 1. An unknown address: [`Error::not_found`].
//! 2. `If-None-Match` matches the current version: 304.
//! 3. The encoding with the highest weight in `Accept-Encoding`; among equals brotli, then gzip,
//!    then none.
//!
//! # Defaults
//!
//! | header | value | why |
//! |---|---|---|
//! | `Cache-Control` | a year, `immutable` | a changed file has another address |
//! | `Cache-Control` of `/favicon.ico`, `/robots.txt` | a day | their addresses never change |
//! | `ETag` | the content's hash and the encoding | the encodings differ byte for byte |
//!
//! # Not supported
//!
//! No range requests (the largest file is a font). No files from disk: `build.rs` embeds what
//! exists at build time. If no encoding is acceptable (`identity;q=0` and no compressed copy), the
//! file is sent uncompressed, as RFC 9110 allows.
//!
//! # References
//!
//! [RFC 9110 §12.5.3 `Accept-Encoding`](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3) ·
//! [§13.1.2 `If-None-Match`](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2) ·
//! [RFC 8246 `immutable`](https://www.rfc-editor.org/rfc/rfc8246)

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::error::Error;

const FOREVER: &str = "public, max-age=31536000, immutable";
const A_DAY: &str = "public, max-age=86400";

static ASSETS: &[Asset] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file; `build.rs` writes the table.
struct Asset {
    name: &'static str,
    url: &'static str,
    content_type: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

impl Asset {
    fn named(name: &str) -> Option<&'static Self> {
        ASSETS.binary_search_by(|asset| asset.name.cmp(name)).ok().map(|at| &ASSETS[at])
    }

    fn respond(&self, request: &HeaderMap, cache: &'static str) -> Response {
        let (encoding, body) = self.negotiate(request);
        let etag = format!("\"{}{}\"", self.etag, encoding.map_or(String::new(), |name| format!("-{name}")));
        let shared = [(CACHE_CONTROL, cache), (ETAG, etag.as_str()), (VARY, "accept-encoding")];
        if matches_etag(request, &etag) {
            return (StatusCode::NOT_MODIFIED, shared).into_response();
        }
        let mut response = (shared, [(CONTENT_TYPE, self.content_type)], body).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn negotiate(&self, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let copies = [(Some("br"), self.brotli), (Some("gzip"), self.gzip), (None, Some(self.plain))];
        let accepted: Vec<(String, f32)> = weights(request);
        let mut best = (None, self.plain, 0.0);
        for (encoding, body) in copies {
            let weight = weight(&accepted, encoding.unwrap_or("identity"));
            if let Some(body) = body.filter(|_| weight > best.2) {
                best = (encoding, body, weight);
            }
        }
        (best.0, best.1)
    }
}

/// Returns the address of a file of `static/`, by its name; `None` if there is no such file.
#[must_use]
pub fn url(name: &str) -> Option<&'static str> {
    Asset::named(name).map(|asset| asset.url)
}

/// `GET /static/{*path}`. An address without the hash is a 404.
pub async fn serve(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Result<Response, Error> {
    let Path(path) = path.map_err(|_| Error::not_found())?;
    ASSETS
        .iter()
        .find(|asset| asset.url.strip_prefix("/static/") == Some(path.as_str()))
        .map(|asset| asset.respond(&headers, FOREVER))
        .ok_or_else(Error::not_found)
}

/// `GET /favicon.ico`, for clients that request it without reading the page: the SVG that the page
/// links.
pub async fn favicon(headers: HeaderMap) -> Result<Response, Error> {
    fixed("favicon.svg", &headers)
}

pub async fn robots(headers: HeaderMap) -> Result<Response, Error> {
    fixed("robots.txt", &headers)
}

fn fixed(name: &str, request: &HeaderMap) -> Result<Response, Error> {
    Asset::named(name).map(|asset| asset.respond(request, A_DAY)).ok_or_else(Error::not_found)
}

/// Returns `true` if `If-None-Match` lists this version. The comparison is weak: `W/` is ignored.
fn matches_etag(request: &HeaderMap, etag: &str) -> bool {
    items(request, IF_NONE_MATCH).any(|listed| listed == "*" || listed.trim_start_matches("W/") == etag)
}

/// Returns the weight of each coding in `Accept-Encoding`, in lower case. An invalid weight counts
/// as 0.
fn weights(request: &HeaderMap) -> Vec<(String, f32)> {
    items(request, ACCEPT_ENCODING)
        .map(|item| {
            let (coding, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = parameter.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=').parse();
            (coding.trim().to_ascii_lowercase(), weight.unwrap_or(0.0))
        })
        .collect()
}

fn weight(accepted: &[(String, f32)], coding: &str) -> f32 {
    let of = |name: &str| accepted.iter().find(|(coding, _)| coding == name).map(|(_, weight)| *weight);
    // `identity` is acceptable unless it is forbidden, but every listed coding is preferred.
    of(coding).or_else(|| of("*")).unwrap_or(if coding == "identity" { f32::MIN_POSITIVE } else { 0.0 })
}

/// Returns the comma-separated items of a header that may be repeated. Lines that are not text are
/// skipped.
fn items(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    request
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}
