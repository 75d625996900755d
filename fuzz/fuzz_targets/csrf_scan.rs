//! Fuzzes the search for a CSRF token in a form: it never panics, passes on every byte, rejects
//! foreign tokens, and does not depend on how the body is split.
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
use palisade::csrf::PeekedBody;
use palisade::request::{RequestContext, SessionTag};
use palisade::{CsrfTokens, Keyring, Rejection};
use tower::{Layer, ServiceExt, service_fn};

static TOKENS: LazyLock<CsrfTokens> = LazyLock::new(|| {
    let keyring = Keyring::random();
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

/// A body in chunks of this length.
struct ChunkedBody(Bytes, usize);

impl http_body::Body for ChunkedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.1.min(self.0.len());
        let chunk = self.0.split_to(length);
        Poll::Ready((!chunk.is_empty()).then(|| Ok(Frame::data(chunk))))
    }
}

/// Sends the form to a service that echoes the body.
fn echo(tokens: &CsrfTokens, content_type: &str, body: ChunkedBody) -> Response<Full<Bytes>> {
    let echo = service_fn(async |request: Request<PeekedBody<ChunkedBody>>| {
        let bytes = request.into_body().collect().await.expect("the body is infallible").to_bytes();
        Ok::<_, Infallible>(Response::new(Full::new(bytes)))
    });
    let mut request = Request::post("/").body(body).expect("a valid request");
    if let Ok(content_type) = content_type.parse() {
        request.headers_mut().insert("content-type", content_type);
    }
    RequestContext::begin(request.extensions_mut()).bind(Arc::new(Visitor));
    let response = pin!(tokens.layer(echo).oneshot(request));
    match response.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        _ => panic!("the future is not ready"),
    }
}

fuzz_target!(|input: (String, Vec<u8>, u8)| {
    let (boundary, body, length) = input;
    let body = Bytes::from(body);
    for content_type in
        ["application/x-www-form-urlencoded", &format!("multipart/form-data; boundary={boundary}")]
    {
        let rejections = [usize::MAX, usize::from(length).max(1)].map(|length| {
            let response =
                echo(&TOKENS.clone().report_only(), content_type, ChunkedBody(body.clone(), length));
            let passed = response.into_body().collect();
            let Poll::Ready(Ok(passed)) = pin!(passed).poll(&mut Context::from_waker(Waker::noop())) else {
                panic!("the future is not ready")
            };
            assert_eq!(passed.to_bytes(), body);
            echo(&TOKENS, content_type, ChunkedBody(body.clone(), length))
                .extensions()
                .get::<Rejection>()
                .cloned()
        });
        assert!(rejections[0].is_some(), "no token was issued");
        assert_eq!(rejections[0], rejections[1], "the chunks make no difference");
    }
});
