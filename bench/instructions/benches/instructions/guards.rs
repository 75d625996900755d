//! Each guard alone: its three functions, on a request whose client is known.

use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use palisade::cookies::Cookies;
use palisade::csp::{Csp, PreparedCsp};
use palisade::csrf::Csrf;
use palisade::guard::Guard;
use palisade::host::Hosts;
use palisade::https::Https;
use palisade::proxy::Proxies;
use palisade::request::{RequestContext, Scheme};
use palisade::{CspNonce, PageHeaders, SecurityHeaders};

use crate::work::{Body, Work, asking, prepared, request};

/// A typical response of an application.
fn response() -> Response<Body> {
    let mut response = Response::new(Body::default());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// A request whose client is known.
fn client_request() -> Request<Body> {
    let mut request = request();
    Proxies::none().begin(&mut request);
    request
}

fn posted() -> Request<Body> {
    let mut request = client_request();
    *request.method_mut() = http::Method::POST;
    request
}

fn guarded<G: Guard>(
    guard: G,
    request: impl Fn() -> Request<Body>,
    response: impl Fn() -> Response<Body>,
) -> impl Work {
    prepared(
        move || (request(), response()),
        move |(mut request, mut response)| {
            let state = guard.begin(&mut request);
            let result = guard.check(&request, &state);
            guard.finish(&state, &mut response);
            (request, response, state, result)
        },
    )
}

pub fn proxies_none() -> impl Work {
    guarded(Proxies::none(), request, response)
}

fn forwarded() -> Request<Body> {
    let request = Request::get("/challenges?page=2");
    asking(request.header("x-forwarded-for", "203.0.113.9, 192.0.2.7").header("x-forwarded-proto", "https"))
}

pub fn proxies_by_hops() -> impl Work {
    guarded(Proxies::hops(1), forwarded, response)
}

pub fn proxies_by_address() -> impl Work {
    guarded(Proxies::trusted(["127.0.0.0/8", "10.0.0.0/8"]).expect("networks"), forwarded, response)
}

pub fn hosts() -> impl Work {
    guarded(Hosts::only(["localhost"]).expect("a host"), client_request, response)
}

pub fn https_from_here() -> impl Work {
    guarded(Https::new(), client_request, response)
}

pub fn https_over_tls() -> impl Work {
    let over_tls = || {
        let mut request = request();
        request.extensions_mut().insert(Scheme::Https);
        Proxies::none().begin(&mut request);
        request
    };
    guarded(Https::new(), over_tls, response)
}

pub fn cookies() -> impl Work {
    let with_cookie = || {
        let mut response = response();
        response.headers_mut().insert(SET_COOKIE, HeaderValue::from_static("theme=dark; Path=/"));
        response
    };
    guarded(Cookies::new(), client_request, with_cookie)
}

pub fn csrf_get() -> impl Work {
    guarded(Csrf::new(), client_request, response)
}

pub fn csrf_post() -> impl Work {
    guarded(Csrf::new(), posted, response)
}

pub fn csrf_post_by_origin() -> impl Work {
    let by_origin = || {
        let mut request = posted();
        request.headers_mut().remove("sec-fetch-site");
        request.headers_mut().insert("origin", HeaderValue::from_static("http://localhost"));
        request
    };
    guarded(Csrf::new(), by_origin, response)
}

pub fn headers() -> impl Work {
    guarded(SecurityHeaders::strict(), client_request, response)
}

pub fn headers_with_nonce() -> impl Work {
    let with_nonce = || {
        let request = client_request();
        RequestContext::of(request.extensions()).map(|context| CspNonce::of(context).as_str().len());
        request
    };
    guarded(SecurityHeaders::strict(), with_nonce, response)
}

pub fn headers_of_a_page() -> impl Work {
    let page = PageHeaders::new().no_store();
    let of_a_page = move || {
        let mut response = response();
        response.extensions_mut().insert(page.clone());
        response
    };
    guarded(SecurityHeaders::strict(), client_request, of_a_page)
}

pub fn csp_with_nonce() -> impl Work {
    let policy: PreparedCsp = Csp::strict().prepare();
    prepared(|| "4Zt0pQm3xk2W8vJrNcB1yF", move |nonce| policy.header(Some(nonce)))
}
