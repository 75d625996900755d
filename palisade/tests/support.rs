//! A small site, requests to it, and its responses.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use http::{HeaderMap, Request, Response, StatusCode};
use palisade::ErrorPages;
use palisade::front_door::Guards;
use palisade::request::PeerAddr;
use tower::ServiceExt;

pub const STRANGER: &str = "203.0.113.9:40000";
pub const PROXY: &str = "10.0.0.1:40000";
pub const HERE: &str = "127.0.0.1:40000";

/// Returns a site with a page, a form, a broken page and a panicking one.
pub fn site() -> Router {
    Router::new()
        .route("/", get(|| async { "home" }))
        .route("/form", post(|| async { "taken" }))
        .route("/panic", get(|| async { panic_on_purpose() }))
}

fn panic_on_purpose() -> &'static str {
    panic!("secret cause")
}

/// Returns the site behind the guards, with error pages.
pub fn guarded(guards: Guards) -> Router {
    site().layer(guards).layer(ErrorPages::plain())
}

/// Returns a browser's GET from this peer over plain http.
pub fn get_from(peer: &str, target: &str) -> Request<Body> {
    let request = Request::get(target).header("host", "example.org").header("accept", "text/html");
    with_peer(request.body(Body::empty()).unwrap(), peer)
}

pub fn with_peer(mut request: Request<Body>, peer: &str) -> Request<Body> {
    request.extensions_mut().insert(PeerAddr(peer.parse::<SocketAddr>().unwrap()));
    request
}

/// Returns a GET that the proxy at `PROXY` forwards for a client on https.
pub fn https_get(target: &str) -> Request<Body> {
    let mut request = get_from(PROXY, target);
    request.headers_mut().insert("x-forwarded-for", "198.51.100.7".parse().unwrap());
    request.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
    request
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub response: http::response::Parts,
}

impl Answer {
    /// Returns the value of a header.
    ///
    /// # Panics
    ///
    /// If the header was sent more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.get_all(name).iter();
        let line = lines.next()?;
        assert!(lines.next().is_none(), "{name} was sent more than once");
        Some(line.to_str().unwrap())
    }

    /// Returns all headers except those of the body, as sorted lines.
    pub fn header_set(&self) -> Vec<String> {
        let body = ["content-type", "content-length", "allow", "vary"];
        let kept = self.headers.iter().filter(|(name, _)| !body.contains(&name.as_str()));
        let mut lines: Vec<_> =
            kept.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }
}

pub async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let response: Response<Body> = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers.clone(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        response: parts,
    }
}
