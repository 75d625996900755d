//! The whole stack, and the floor.

use std::convert::Infallible;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use palisade::proxy::Proxies;
use palisade::request::{RequestContext, Scheme};
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::front_door::Guards;
use palisade::{CspNonce, ErrorPages, Palisade};
use tower::{Layer, Service, service_fn};

use crate::work::{Body, Work, answered, asking, now, request};

pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn inner() -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone {
    service_fn(|_: Request<Body>| async {
        let mut response = Response::new(Body::from("{\"status\": \"ok\"}"));
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        Ok(response)
    })
}

pub fn palisade() -> Guards {
    Guards::new().hosts(["localhost"]).expect("a host")
}

/// The headers that the layers send.
fn sent_headers() -> HeaderMap {
    now(palisade().layer(inner()).call(request())).expect("a response").headers().clone()
}

pub fn bare() -> impl Work {
    answered(inner(), request)
}

pub fn floor() -> impl Work {
    let headers = sent_headers();
    let floor = service_fn(move |_: Request<Body>| {
        let mut response = Response::new(Body::from("{\"status\": \"ok\"}"));
        response.headers_mut().clone_from(&headers);
        async { Ok::<_, Infallible>(response) }
    });
    answered(floor, request)
}

pub fn json() -> impl Work {
    answered(palisade().layer(inner()), request)
}

pub fn json_with_error_pages() -> impl Work {
    answered(ErrorPages::plain().layer(palisade().layer(inner())), request)
}

pub fn page_with_nonce() -> impl Work {
    let page = service_fn(|request: Request<Body>| async move {
        let nonce = RequestContext::of(request.extensions()).map(CspNonce::of).expect("inside of the layer");
        Ok::<_, Infallible>(Response::new(Body::from(nonce.to_string())))
    });
    answered(palisade().layer(page), request)
}

pub fn over_tls() -> impl Work {
    let over_tls = || {
        let mut request = request();
        request.extensions_mut().insert(Scheme::Https);
        request
    };
    answered(palisade().layer(inner()), over_tls)
}

pub fn behind_a_proxy() -> impl Work {
    let forwarded = || {
        asking(
            Request::get("/challenges?page=2")
                .header("x-forwarded-for", "192.0.2.7")
                .header("x-forwarded-proto", "https"),
        )
    };
    answered(palisade().trusted_proxies(Proxies::hops(1)).layer(inner()), forwarded)
}

fn with_foreign_host() -> Request<Body> {
    let mut request = request();
    request.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
    request
}

pub fn refused() -> impl Work {
    answered(palisade().layer(inner()), with_foreign_host)
}

pub fn refused_with_a_page() -> impl Work {
    let inner = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Page::default())) });
    answered(ErrorPages::plain().layer(palisade().layer(inner)), with_foreign_host)
}

pub type Page = axum::body::Body;

pub fn page_request() -> Request<Page> {
    request().map(Page::new)
}

pub fn axum_floor() -> impl Work {
    let headers = sent_headers();
    let handler = move || {
        let headers = headers.clone();
        async { (headers, Html("{\"status\": \"ok\"}")) }
    };
    answered(Router::<()>::new().route("/challenges", get(handler)).into_service(), page_request)
}

async fn home() -> Html<&'static str> {
    Html("{\"status\": \"ok\"}")
}

/// The layer on each route, as in axum's `Router::layer`.
pub fn axum_json() -> impl Work {
    answered(
        Router::<()>::new().route("/challenges", get(home)).layer(palisade()).into_service(),
        page_request,
    )
}

/// The layer around the router instead of on each route.
pub fn axum_json_around() -> impl Work {
    answered(
        palisade().layer(Router::<()>::new().route("/challenges", get(home)).into_service()),
        page_request,
    )
}

/// A router of 51 routes.
pub fn routes() -> Router {
    let pages = (0..50).fold(Router::new(), |router, page| router.route(&format!("/page/{page}"), get(home)));
    pages.route("/challenges", get(home))
}

pub fn router() -> impl Work {
    answered(routes().into_service(), page_request)
}

/// The layers as a tuple, in a router of their own, as before the front door.
pub fn router_in_a_tuple() -> impl Work {
    let layers = (ErrorPages::plain(), palisade(), Deadline::default(), BodyLimit::default());
    answered(Router::<()>::new().fallback_service(layers.layer(routes())).into_service(), page_request)
}

pub fn router_protected() -> impl Work {
    answered(Palisade::from(palisade()).protect(routes()).into_service(), page_request)
}
