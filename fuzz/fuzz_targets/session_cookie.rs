//! Whatever a browser sends as a session or remember cookie is a session of ours or none: no panic, no error, nobody signed in.
#![no_main]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderValue, Request, Response};
use libfuzzer_sys::fuzz_target;
use palisade::{Keyring, Session, Sessions};
use tower::{Layer, ServiceExt, service_fn};

static SESSIONS: LazyLock<Sessions> = LazyLock::new(|| {
    let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq").expect("a strong key");
    Sessions::new(&keyring).remember(Duration::from_secs(86_400))
});

fuzz_target!(|line: &[u8]| {
    let Ok(line) = HeaderValue::from_bytes(line) else { return };
    let mut request = Request::new(());
    request.headers_mut().insert(COOKIE, line);
    let site = SESSIONS.layer(service_fn(async |request: Request<()>| {
        let session = request.extensions().get::<Session>().expect("the layer puts it there").clone();
        assert_eq!(session.sign_in().await, Ok(None), "nobody can seal but us");
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    let answer = pin!(site.oneshot(request));
    let Poll::Ready(Ok(response)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("sessions in cookies wait for nobody");
    };
    assert_eq!(response.status(), 200);
});
