//! Looking for a token in a form neither panics, nor loses a byte, nor takes another's word for ours, in whatever pieces the
//! form comes.
#![no_main]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use libfuzzer_sys::fuzz_target;
use palisade::{CsrfTokens, Keyring, Rejection};
use palisade::csrf::PeekedBody;
use palisade::request::{RequestContext, SessionTag};
use tower::{Layer, ServiceExt, service_fn};

static TOKENS: LazyLock<CsrfTokens> = LazyLock::new(|| {
    let keyring = Keyring::new("4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq").expect("a strong key");
    CsrfTokens::new(&keyring).scan_limit(1 << 10)
});

#[derive(Debug)]
struct Visitor;

impl SessionTag for Visitor {
    fn presented(&self) -> Option<[u8; 16]> {
        Some([7; 16])
    }

    fn next(&self) -> [u8; 16] {
        [7; 16]
    }
}

/// A body in pieces of this length.
struct Pieces(Bytes, usize);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.1.min(self.0.len());
        let piece = self.0.split_to(length);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }
}

/// What comes out at the other side.
fn sent(tokens: &CsrfTokens, kind: &str, body: Pieces) -> Response<Full<Bytes>> {
    let echo = service_fn(async |request: Request<PeekedBody<Pieces>>| {
        let bytes = request.into_body().collect().await.expect("it cannot break").to_bytes();
        Ok::<_, Infallible>(Response::new(Full::new(bytes)))
    });
    let mut request = Request::post("/").body(body).expect("it is one");
    if let Ok(kind) = kind.parse() {
        request.headers_mut().insert("content-type", kind);
    }
    RequestContext::begin(request.extensions_mut()).bind(Arc::new(Visitor));
    let answer = pin!(tokens.layer(echo).oneshot(request));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        _ => panic!("it waits for nothing"),
    }
}

fuzz_target!(|input: (String, Vec<u8>, u8)| {
    let (boundary, body, length) = input;
    let body = Bytes::from(body);
    for kind in ["application/x-www-form-urlencoded", &format!("multipart/form-data; boundary={boundary}")] {
        let faults = [usize::MAX, usize::from(length).max(1)].map(|length| {
            let passed = sent(&TOKENS.clone().report_only(), kind, Pieces(body.clone(), length));
            let passed = passed.into_body().collect();
            let Poll::Ready(Ok(passed)) = pin!(passed).poll(&mut Context::from_waker(Waker::noop())) else {
                panic!("it waits for nothing")
            };
            assert_eq!(passed.to_bytes(), body);
            sent(&TOKENS, kind, Pieces(body.clone(), length)).extensions().get::<Rejection>().cloned()
        });
        assert!(faults[0].is_some(), "nobody was given a token");
        assert_eq!(faults[0], faults[1], "the same in whatever pieces");
    }
});
