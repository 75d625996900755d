//! All layers together, around a router: for a visitor, for a signed-in member, and for a form.

use std::convert::Infallible;

use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response};
use palisade::clock::Clock;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::MemoryStore;
use palisade::session::AuthProof;
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::front_door::Guards;
use palisade::{CsrfToken, CsrfTokens, ErrorPages, Palisade, RateLimit, Session, Sessions};
use axum::Router;
use tower::{Layer, Service, service_fn};

use crate::limits::TWO;
use crate::secrets::keyring;
use crate::stack::{JSON, page_request, palisade, routes};
use crate::work::{Body, Work, answered, now, request};

type Layers = (ErrorPages, Guards, palisade::rate_limit::RateLimitLayer, Sessions, CsrfTokens);

fn layers() -> Layers {
    layers_with(TWO)
}

fn layers_with(quotas: &str) -> Layers {
    let clock = Clock::manual().0;
    let store = FallbackStore::from(MemoryStore::with_clock(clock.clone()));
    let limit = RateLimit::new("all", quotas, store).expect("quotas").clock(clock.clone());
    let sessions = Sessions::in_cookie(&keyring()).dangerous_forgets_on_restart().clock(clock.clone());
    let tokens = CsrfTokens::new(&keyring()).clock(clock);
    (ErrorPages::plain(), palisade(), limit.per_client().default_limit(), sessions, tokens)
}

fn json() -> Response<Body> {
    let mut response = Response::new(Body::from("{\"status\": \"ok\"}"));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

pub fn whole() -> impl Work {
    let page = service_fn(|_: Request<_>| async { Ok::<_, Infallible>(json()) });
    answered(layers().layer(page), request)
}

/// A program beyond its quota: the answer is a 429 in JSON. The warm-up uses the quota up.
pub fn whole_limited() -> impl Work {
    let page = service_fn(|_: Request<_>| async { Ok::<_, Infallible>(json()) });
    let program = || {
        let mut request = request();
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        request
    };
    answered(layers_with("1/year; 2/year").layer(page), program)
}

/// The cookie and the token of a member after signing in.
#[derive(Clone)]
struct Member {
    cookie: HeaderValue,
    token: String,
}

impl Member {
    fn of(layers: &Layers) -> Self {
        let page = service_fn(|request: Request<_>| async move {
            let session = request.extensions().get::<Session>().expect("a session").clone();
            session
                .log_in(AuthProof::dangerous_allow_unverified("ada", 0))
                .await
                .expect("a session in the cookie");
            let token = CsrfToken::of(request.extensions()).expect("a token");
            Ok::<_, Infallible>(Response::new(Body::from(token.to_string())))
        });
        let response = now(layers.layer(page).call(request())).expect("a response");
        let line = response.headers()[SET_COOKIE].to_str().expect("a cookie");
        let cookie = line.split(';').next().unwrap_or_default().parse().expect("a pair");
        let body = now(http_body_util::BodyExt::collect(response.into_body())).expect("a body").to_bytes();
        Self { cookie, token: String::from_utf8(body.into()).expect("a token") }
    }

    fn get(&self) -> Request<Body> {
        let mut request = request();
        request.headers_mut().insert(COOKIE, self.cookie.clone());
        request
    }

    fn post(&self) -> Request<Body> {
        let mut request = self.get().map(|_| Body::from(format!("csrf_token={}&note=hello", self.token)));
        *request.method_mut() = Method::POST;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        request.headers_mut().insert(ORIGIN, HeaderValue::from_static("http://localhost"));
        request
    }
}

pub fn whole_signed_in() -> impl Work {
    let page = service_fn(|request: Request<_>| async move {
        let session = request.extensions().get::<Session>().expect("a session");
        session.sign_in().await.expect("a session in the cookie").expect("a signed-in member");
        Ok::<_, Infallible>(json())
    });
    let layers = layers();
    let member = Member::of(&layers);
    answered(layers.layer(page), move || member.get())
}

pub fn whole_form() -> impl Work {
    let layers = layers();
    let member = Member::of(&layers);
    let page = service_fn(|_: Request<_>| async { Ok::<_, Infallible>(json()) });
    answered(layers.layer(page), move || member.post())
}

/// The layers as a tuple, in a router of their own, as before the front door.
pub fn router_in_a_tuple() -> impl Work {
    let (pages, guards, limit, sessions, tokens) = layers();
    let layers = (pages, guards, Deadline::default(), BodyLimit::default(), limit, sessions, tokens);
    answered(Router::<()>::new().fallback_service(layers.layer(routes())).into_service(), page_request)
}

pub fn router_protected() -> impl Work {
    let (pages, guards, limit, sessions, _) = layers();
    let palisade = Palisade::from(guards).error_pages(pages).rate_limit(limit).sessions(sessions);
    answered(palisade.protect(routes()).into_service(), page_request)
}
