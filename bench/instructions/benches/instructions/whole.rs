//! Everything at once, as an application puts it around its router: a visitor who is nobody, one who is signed in, and a form.

use std::convert::Infallible;

use http::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response};
use palisade::rate_limit::store::MemoryStore;
use palisade::{CsrfToken, CsrfTokens, ErrorPages, Palisade, RateLimit, Session, Sessions};
use palisade::clock::Clock;
use palisade::rate_limit::FallbackStore;
use palisade::session::AuthProof;
use tower::{Layer, Service, service_fn};

use crate::kept::keyring;
use crate::limits::TWO;
use crate::stack::{JSON, palisade};
use crate::work::{Body, Work, answered, now, request};

type Layers = (ErrorPages, Palisade, palisade::rate_limit::RateLimitLayer, Sessions, CsrfTokens);

fn layers() -> Layers {
    let clock = Clock::manual().0;
    let store = FallbackStore::from(MemoryStore::with_clock(clock.clone()));
    let limit = RateLimit::new("all", TWO.parse().expect("quotas"), store).clock(clock.clone());
    let sessions = Sessions::new(&keyring()).clock(clock.clone());
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

/// What a browser has from the page that follows a sign-in.
#[derive(Clone)]
struct Member {
    cookie: HeaderValue,
    token: String,
}

impl Member {
    fn of(layers: &Layers) -> Self {
        let page = service_fn(|request: Request<_>| async move {
            let session = request.extensions().get::<Session>().expect("a session").clone();
            session.log_in(AuthProof::dangerous_allow_unverified("ada", 0)).await.expect("a session in the cookie");
            let token = CsrfToken::of(request.extensions()).expect("a token");
            Ok::<_, Infallible>(Response::new(Body::from(token.to_string())))
        });
        let answer = now(layers.layer(page).call(request())).expect("an answer");
        let line = answer.headers()[SET_COOKIE].to_str().expect("a cookie");
        let cookie = line.split(';').next().unwrap_or_default().parse().expect("a pair");
        let body = now(http_body_util::BodyExt::collect(answer.into_body())).expect("a body").to_bytes();
        Self { cookie, token: String::from_utf8(body.into()).expect("a token") }
    }

    fn asks(&self) -> Request<Body> {
        let mut request = request();
        request.headers_mut().insert(COOKIE, self.cookie.clone());
        request
    }

    fn posts(&self) -> Request<Body> {
        let mut request = self.asks().map(|_| Body::from(format!("csrf_token={}&note=hello", self.token)));
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
        session.sign_in().await.expect("a session in the cookie").expect("somebody");
        Ok::<_, Infallible>(json())
    });
    let layers = layers();
    let member = Member::of(&layers);
    answered(layers.layer(page), move || member.asks())
}

pub fn whole_form() -> impl Work {
    let layers = layers();
    let member = Member::of(&layers);
    let page = service_fn(|_: Request<_>| async { Ok::<_, Infallible>(json()) });
    answered(layers.layer(page), move || member.posts())
}
