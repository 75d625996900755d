//! A site with forms, a stand-in for sessions, and requests.

use palisade::csrf::CsrfRejection;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::map_request;
use axum::routing::{any, get, post};
use http::Response;
use palisade::csrf::CsrfTokenError;
use palisade::front_door::Guards;
use palisade::request::SessionTag;
use palisade::{CsrfToken, CsrfTokens, ErrorPages, Keyring, Rejection};

use crate::support::{Answer, HERE, ask, with_peer};

pub const OLD: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";
pub const NEW: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";
pub const URLENCODED: &str = "application/x-www-form-urlencoded";
pub const MULTIPART: &str = "multipart/form-data; boundary=----line";

pub fn tokens() -> CsrfTokens {
    CsrfTokens::new(&Keyring::new(OLD).unwrap())
}

/// The session that the header `session` names; a stand-in for the session layer.
#[derive(Debug)]
struct Visitor {
    tag: Option<[u8; 16]>,
    begun: Arc<AtomicUsize>,
}

impl SessionTag for Visitor {
    fn current(&self) -> Option<[u8; 16]> {
        self.tag
    }

    fn next(&self) -> [u8; 16] {
        self.begun.fetch_add(usize::from(self.tag.is_none()), Ordering::Relaxed);
        self.tag.unwrap_or_else(|| tag("begun"))
    }
}

fn tag(name: &str) -> [u8; 16] {
    std::array::from_fn(|at| name.as_bytes().get(at).copied().unwrap_or_default())
}

/// Adds the stand-in to routes, and returns the counter of new sessions.
pub fn with_sessions(app: Router) -> (Router, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&begun);
    let app = app.layer(map_request(move |mut request: Request| {
        let session = request.headers().get("session").map(|name| tag(name.to_str().unwrap()));
        let visitor = Visitor { tag: session, begun: Arc::clone(&counter) };
        request.extensions_mut().insert::<Arc<dyn SessionTag>>(Arc::new(visitor));
        async move { request }
    }));
    (app, begun)
}

/// A site with a form at `/` and an echo at `/echo`.
pub struct Site {
    pub app: Router,
    pub begun: Arc<AtomicUsize>,
}

impl Site {
    pub fn new(tokens: CsrfTokens) -> Self {
        let app = Router::new()
            .route("/", get(async |token: CsrfToken| token.to_string()))
            .route("/input", get(async |token: CsrfToken| token.input()))
            .route("/meta", get(async |token: CsrfToken| token.meta()))
            .route("/unprinted", get(async |_: CsrfToken| "no form today"))
            .route("/echo", any(async |request: Request| Response::new(request.into_body())))
            .route("/read", post(async |body: Bytes| body.len().to_string()))
            .layer(tokens);
        let (app, begun) = with_sessions(app);
        let app = app.layer(Guards::new()).layer(ErrorPages::plain());
        Self { app, begun }
    }

    pub async fn ask(&self, request: Request) -> Answer {
        ask(&self.app, request).await
    }

    pub async fn get(&self, session: &str, path: &str) -> Answer {
        self.ask(request("GET", path, session).body(Body::empty()).unwrap()).await
    }

    /// Returns the token that a page shows in this session.
    pub async fn token(&self, session: &str) -> String {
        self.get(session, "/").await.body
    }

    /// Sends a form with this token.
    pub async fn sent(&self, session: &str, token: &str) -> Result<(), CsrfTokenError> {
        let body = format!("name=Ada&csrf_token={token}");
        csrf_result(&self.ask(form(URLENCODED, session, &body)).await, &body)
    }
}

pub fn request(method: &str, path: &str, session: &str) -> http::request::Builder {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    if !session.is_empty() {
        request = request.header("session", session);
    }
    let peer = HERE.parse().unwrap();
    request.extension(palisade::request::PeerAddr(peer))
}

pub fn form(kind: &str, session: &str, body: &str) -> Request {
    let request = request("POST", "/echo", session).header("content-type", kind);
    with_peer(request.body(Body::from(body.to_owned())).unwrap(), HERE)
}

/// Returns the body of a form with a file after the token.
pub fn multipart(token: &str, file: &str) -> String {
    format!(
        "------line\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\n{token}\r\n------line\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\
         \r\n\r\n{file}\r\n------line--\r\n"
    )
}

/// Returns the CSRF error of a request that sent this body to `/echo`, if there is one.
pub fn csrf_result(answer: &Answer, body: &str) -> Result<(), CsrfTokenError> {
    match answer.response.extensions.get::<Rejection>() {
        None => {
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body));
            Ok(())
        }
        Some(rejection) => {
            assert_eq!(answer.status, 403);
            assert!(
                answer.header("content-security-policy").is_some(),
                "rejections have the security headers"
            );
            assert!(answer.body.contains("go back"), "the page says what to do: {}", answer.body);
            let errors = [
                CsrfTokenError::Missing,
                CsrfTokenError::NoSession,
                CsrfTokenError::Expired,
                CsrfTokenError::Invalid,
            ];
            let error = errors.into_iter().find(|error| *rejection == CsrfRejection::Token(*error));
            Err(error.unwrap_or_else(|| panic!("{rejection:?}")))
        }
    }
}
