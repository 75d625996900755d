//! Sealing and signing: cookies, sessions, CSRF tokens.

use std::convert::Infallible;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response};
use palisade::clock::Clock;
use palisade::guard::Guard;
use palisade::keyring::DerivedKey;
use palisade::proxy::Proxies;
use palisade::{CsrfToken, CsrfTokens, Keyring, Session, Sessions};
use tower::{Layer, Service, service_fn};

use crate::work::{Body, Work, answered, now, prepared, request};

pub fn keyring() -> Keyring {
    Keyring::new("6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk").expect("a strong key")
}

fn keys() -> DerivedKey {
    keyring().derive("bench")
}

/// The size of a small session.
const BYTES: [u8; 64] = [7; 64];

pub fn sealed() -> impl Work {
    let keys = keys();
    prepared(|| BYTES, move |bytes| keys.seal(&bytes, b"record session"))
}

pub fn opened() -> impl Work {
    let (keys, sealed) = (keys(), keys().seal(&BYTES, b"record session"));
    prepared(move || sealed.clone(), move |sealed| keys.open(&sealed, b"record session"))
}

pub fn signed() -> impl Work {
    let keys = keys();
    prepared(|| BYTES, move |bytes| keys.sign(&[&bytes]))
}

pub fn verified() -> impl Work {
    let (keys, signature) = (keys(), keys().sign(&[&BYTES]));
    prepared(move || signature, move |signature| keys.verify(&[&BYTES], &signature))
}

/// A visitor with a session cookie and its CSRF token.
#[derive(Clone)]
struct Visitor {
    clock: Clock,
    cookie: HeaderValue,
    token: HeaderValue,
}

impl Visitor {
    fn new() -> Self {
        let clock = Clock::manual().0;
        let page = service_fn(|request: Request<_>| async move {
            let session = request.extensions().get::<Session>().expect("a session").clone();
            session.set("theme", "dark").await.expect("a session in the cookie");
            let token = CsrfToken::of(request.extensions()).expect("a token");
            Ok::<_, Infallible>(Response::new(Body::from(token.to_string())))
        });
        let tokens = CsrfTokens::new(&keyring()).clock(clock.clone());
        let mut site = sessions(&clock).layer(tokens.layer(page));
        let response = now(site.call(client_request())).expect("a response");
        let line = response.headers()[SET_COOKIE].to_str().expect("a cookie");
        let cookie = line.split(';').next().unwrap_or_default().parse().expect("a pair");
        let body = now(http_body_util::BodyExt::collect(response.into_body())).expect("a body").to_bytes();
        Self { clock, cookie, token: HeaderValue::from_bytes(&body).expect("a token") }
    }

    fn get(&self) -> Request<Body> {
        let mut request = client_request();
        request.headers_mut().insert(COOKIE, self.cookie.clone());
        request
    }

    fn post(&self) -> Request<Body> {
        let mut request = self.get();
        *request.method_mut() = Method::POST;
        request.headers_mut().insert("x-csrftoken", self.token.clone());
        request
    }
}

fn sessions(clock: &Clock) -> Sessions {
    Sessions::in_cookie(&keyring()).dangerous_forgets_on_restart().clock(clock.clone())
}

fn client_request() -> Request<Body> {
    let mut request = request();
    Proxies::none().begin(&mut request);
    request
}

pub fn session_untouched() -> impl Work {
    let visitor = Visitor::new();
    let page = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::default())) });
    answered(sessions(&visitor.clock).layer(page), move || visitor.get())
}

pub fn session_read() -> impl Work {
    let visitor = Visitor::new();
    let page = service_fn(|request: Request<Body>| async move {
        let session = request.extensions().get::<Session>().expect("a session");
        let theme = session.get::<String>("theme").await.expect("a session in the cookie");
        Ok::<_, Infallible>(Response::new(Body::from(theme.expect("the stored value"))))
    });
    answered(sessions(&visitor.clock).layer(page), move || visitor.get())
}

pub fn token_checked() -> impl Work {
    let visitor = Visitor::new();
    let page = service_fn(|_: Request<_>| async { Ok::<_, Infallible>(Response::new(Body::default())) });
    let tokens = CsrfTokens::new(&keyring()).clock(visitor.clock.clone());
    answered(sessions(&visitor.clock).layer(tokens.layer(page)), move || visitor.post())
}
