//! The layers around and beside the parts that applications are built of: axum's router and
//! server, tower-http, axum-server, hyper.

mod layers;
mod routers;
mod servers;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use palisade::Palisade;
use palisade::request::ClientIp;

use crate::support::{Answer, HERE, ask, with_peer};

fn palisade() -> Palisade {
    Palisade::for_hosts(["localhost"]).unwrap()
}

/// Puts the site's layers around a router.
fn protect<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    palisade().protect(router)
}

/// Returns a router with a page that shows the client's address.
fn pages() -> Router {
    Router::new()
        .route("/", get(async |ClientIp(ip)| ip.to_string()))
        .route("/long", get(async || "long ".repeat(1000)))
        .route("/panic", get(async || -> () { panic!("on purpose") }))
        .route("/hang", get(async || std::future::pending::<()>().await))
}

/// Requests a page from this machine.
async fn visit(app: &Router, path: &str) -> Answer {
    visit_with(app, path, &[]).await
}

async fn visit_with(app: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask_bytes(app, with_peer(request.body(Body::empty()).unwrap(), HERE)).await
}

/// Sends a request; a body that is not text, such as a compressed one, counts as empty.
async fn ask_bytes(app: &Router, request: Request<Body>) -> Answer {
    let app = app.clone().layer(axum::middleware::map_response(async |response: http::Response<Body>| {
        if response.headers().contains_key("content-encoding") {
            return response.map(|_| Body::empty());
        }
        response
    }));
    ask(&app, request).await
}

/// Asserts the status, and that the answer went through the site's layers.
#[track_caller]
fn assert_protected(answer: &Answer, status: u16) {
    let status = StatusCode::from_u16(status).unwrap();
    assert_eq!((answer.status, is_protected(answer)), (status, true), "{:?}", answer.headers);
}

fn is_protected(answer: &Answer) -> bool {
    ["content-security-policy", "x-frame-options"].iter().all(|name| answer.header(name).is_some())
}
