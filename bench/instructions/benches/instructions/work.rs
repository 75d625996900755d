//! A unit of work with prepared input.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use palisade::request::PeerAddr;
use tower::Service;

pub type Body = http_body_util::Full<bytes::Bytes>;

/// The number of warm-up runs.
const WARM_UP: usize = 20;

/// A unit of work that is run once.
pub trait Work {
    type Done;

    fn done(self) -> Self::Done;
}

struct Prepared<A, F>(A, F);

impl<A, T, F: FnMut(A) -> T> Work for Prepared<A, F> {
    /// The closure is returned too, so that dropping it is not measured.
    type Done = (T, F);

    #[inline(never)]
    fn done(self) -> (T, F) {
        let Self(input, mut work) = self;
        (black_box(work(black_box(input))), work)
    }
}

/// Work with new input for each run; the warm-up runs come first.
pub fn prepared<A, T>(make: impl Fn() -> A, mut work: impl FnMut(A) -> T) -> impl Work {
    (0..WARM_UP).for_each(|_| drop(work(make())));
    Prepared(make(), work)
}

/// A service that handles a request.
pub fn answered<S, A, B>(service: S, request: impl Fn() -> Request<A>) -> impl Work
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
{
    let mut service = service;
    prepared(request, move |request| now(service.call(request)).expect("a response"))
}

/// Returns the output of a future that is ready at once.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// A browser's request for a page of this machine.
pub fn request() -> Request<Body> {
    asking(Request::get("/challenges?page=2"))
}

/// Adds a browser's headers to any method and address.
pub fn asking(request: http::request::Builder) -> Request<Body> {
    let mut request = request
        .header("host", "localhost")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        .header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
        .header("accept-language", "en-GB,en;q=0.5")
        .header("accept-encoding", "gzip, deflate, br")
        .header("sec-fetch-site", "same-origin")
        .body(Body::default())
        .expect("a request");
    request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 5000).into()));
    request
}
