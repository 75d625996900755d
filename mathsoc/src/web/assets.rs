//! The files of `static/`, inside the binary: hashed addresses, compressed copies, cached forever.
//!
//! ```
//! let address = mathsoc::web::assets::url("site.css").expect("the site has a style sheet");
//! assert!(address.starts_with("/static/site.") && address.ends_with(".css"));
//! assert_eq!(mathsoc::web::assets::url("no-such-file.css"), None);
//! ```
//!
//! # What a request gets
//!
//! 1. An address that is not in the table: `Error::NotFound`.
//! 2. `If-None-Match` names the version we would send: 304.
//! 3. The encoding that `Accept-Encoding` gives the highest weight; among equals brotli, then gzip, then none.
//!
//! # Defaults
//!
//! | header | value | why |
//! |---|---|---|
//! | `Cache-Control` | a year, `immutable` | a changed file has another address |
//! | `Cache-Control` of `/favicon.ico`, `/robots.txt` | a day | their addresses never change |
//! | `ETag` | the content's hash and the encoding | the encodings differ byte for byte |
//!
//! # What it does not do
//!
//! No ranges (the largest file is a font), no files from disk: `build.rs` embeds what is there when it runs. When
//! nothing accepted is left (`identity;q=0` and no compressed copy) the file is sent plain, as RFC 9110 allows.
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

/// One file; `build.rs` writes the table of them.
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

    fn respond(&self, asked: &HeaderMap, cache: &'static str) -> Response {
        let (encoding, body) = self.chosen(asked);
        let etag = format!("\"{}{}\"", self.etag, encoding.map_or(String::new(), |name| format!("-{name}")));
        let shared = [(CACHE_CONTROL, cache), (ETAG, etag.as_str()), (VARY, "accept-encoding")];
        if knows(asked, &etag) {
            return (StatusCode::NOT_MODIFIED, shared).into_response();
        }
        let mut response = (shared, [(CONTENT_TYPE, self.content_type)], body).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn chosen(&self, asked: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let copies = [(Some("br"), self.brotli), (Some("gzip"), self.gzip), (None, Some(self.plain))];
        let accepted: Vec<(String, f32)> = weights(asked);
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

/// Where a file of `static/` is served, by its name there; `None` if there is no such file.
#[must_use]
pub fn url(name: &str) -> Option<&'static str> {
    Asset::named(name).map(|asset| asset.url)
}

/// `GET /static/{*path}`.
///
/// # Errors
///
/// `Error::NotFound` when no file has this address, an address without its hash among them.
pub async fn serve(path: Result<Path<String>, PathRejection>, asked: HeaderMap) -> Result<Response, Error> {
    let Path(path) = path.map_err(|_| Error::NotFound)?;
    ASSETS
        .iter()
        .find(|asset| asset.url.strip_prefix("/static/") == Some(path.as_str()))
        .map(|asset| asset.respond(&asked, FOREVER))
        .ok_or(Error::NotFound)
}

/// `GET /favicon.ico`, for those who ask without reading the page: the drawing that the page names.
///
/// # Errors
///
/// `Error::NotFound` when `static/` has no such file.
pub async fn favicon(asked: HeaderMap) -> Result<Response, Error> {
    fixed("favicon.svg", &asked)
}

/// `GET /robots.txt`.
///
/// # Errors
///
/// `Error::NotFound` when `static/` has no such file.
pub async fn robots(asked: HeaderMap) -> Result<Response, Error> {
    fixed("robots.txt", &asked)
}

fn fixed(name: &str, asked: &HeaderMap) -> Result<Response, Error> {
    Asset::named(name).map(|asset| asset.respond(asked, A_DAY)).ok_or(Error::NotFound)
}

/// Whether `If-None-Match` names this version. Its comparison is the weak one: `W/` makes no difference.
fn knows(asked: &HeaderMap, etag: &str) -> bool {
    items(asked, IF_NONE_MATCH).any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

/// What `Accept-Encoding` says of each coding, in lower case. A weight that is not a number counts as 0.
fn weights(asked: &HeaderMap) -> Vec<(String, f32)> {
    items(asked, ACCEPT_ENCODING)
        .map(|item| {
            let (coding, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = parameter.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=').parse();
            (coding.trim().to_ascii_lowercase(), weight.unwrap_or(0.0))
        })
        .collect()
}

fn weight(accepted: &[(String, f32)], coding: &str) -> f32 {
    let of = |name: &str| accepted.iter().find(|(coding, _)| coding == name).map(|(_, weight)| *weight);
    // Nobody has to name `identity`: unless it is forbidden it comes after everything that is named.
    of(coding).or_else(|| of("*")).unwrap_or(if coding == "identity" { f32::MIN_POSITIVE } else { 0.0 })
}

/// The comma-separated items of a header that may come on several lines; a line that is not text is skipped.
fn items(asked: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    asked
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}
