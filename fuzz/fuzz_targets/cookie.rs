//! Fuzzes session cookies: a cookie that is not sealed by the site is no session, and reading a
//! sealed one never panics.
#![no_main]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Request, Response};
use libfuzzer_sys::fuzz_target;
use palisade::keyring::DerivedKey;
use palisade::session::store::MemorySessions;
use palisade::{Keyring, Session, Sessions};
use tower::{Layer, ServiceExt, service_fn};

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    Keyring::random()
});
static KEYS: LazyLock<DerivedKey> = LazyLock::new(|| KEYRING.derive("session"));

/// Returns the user that the cookie signs in, after a write to the session.
fn signed_in_user(sessions: Sessions, cookie: HeaderValue) -> Option<String> {
    let page = service_fn(async |request: Request<()>| {
        let session = request.extensions().get::<Session>().expect("inside of the layer").clone();
        let who = session.sign_in().await.expect("memory answers").map(|sign_in| sign_in.user);
        session.set("seen", true).await.expect("memory answers");
        Ok::<_, Infallible>(Response::new(who))
    });
    let mut request = Request::new(());
    request.headers_mut().insert("cookie", cookie);
    match pin!(sessions.layer(page).oneshot(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response.into_body(),
        _ => panic!("the future is not ready"),
    }
}

fuzz_target!(|input: &[u8]| {
    let kinds = || {
        let sealed = Sessions::in_cookie(&KEYRING).ended_in(MemorySessions::new());
        let stored = Sessions::in_store(MemorySessions::new(), &KEYRING);
        [("record session", sealed), ("name session", stored)]
            .map(|(context, sessions)| (context, sessions.remember(std::time::Duration::from_secs(60))))
    };
    for (context, sessions) in kinds() {
        let text = URL_SAFE_NO_PAD.encode(input);
        for line in [input, format!("session={text}; remember={text}").as_bytes()] {
            if let Ok(line) = HeaderValue::from_bytes(line) {
                assert_eq!(signed_in_user(sessions.clone(), line), None, "the cookie is not sealed");
            }
        }
        let ours = format!("session={}", URL_SAFE_NO_PAD.encode(KEYS.seal(input, context.as_bytes())));
        signed_in_user(sessions, HeaderValue::try_from(ours).expect("base64"));
    }
});
