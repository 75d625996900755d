//! The cost of the layers, in-process and one request at a time, beside the same response without
//! them.
//!
//! `floor` sends the headers that `palisade` sends, cloned from a map made beforehand: the lowest
//! cost of sending them.

use std::convert::Infallible;

use divan::{Bencher, counter::ItemsCount};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use palisade::front_door::Guards;
use palisade::request::{PeerAddr, RequestContext};
use palisade::{CspNonce, ErrorPages};
use tower::{Layer, Service, ServiceExt, service_fn};

type Body = Full<bytes::Bytes>;

fn main() {
    divan::main();
}

fn request() -> Request<()> {
    let mut request = Request::get("/challenges?page=2")
        .header("host", "localhost")
        .body(())
        .expect("the request is valid");
    request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 5000).into()));
    request
}

fn response() -> Response<Body> {
    Response::new(Body::from("{\"status\": \"ok\"}"))
}

fn hosts() -> Guards {
    Guards::new().hosts(["localhost"]).expect("localhost is a valid host")
}

fn run<S>(bencher: Bencher<'_, '_>, service: S)
where
    S: Service<Request<()>, Response = Response<Body>, Error = Infallible> + Clone + Sync,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("the runtime starts");
    bencher
        .counter(ItemsCount::new(1u32))
        .with_inputs(request)
        .bench_values(|request| runtime.block_on(service.clone().oneshot(request)));
}

#[divan::bench]
fn bare(bencher: Bencher<'_, '_>) {
    run(bencher, service_fn(|_: Request<()>| async { Ok(response()) }));
}

#[divan::bench]
fn floor(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("the runtime starts");
    let guarded = hosts().layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(response()) }));
    let sent = runtime.block_on(guarded.oneshot(request())).expect("the service does not fail");
    let headers: HeaderMap = sent.headers().clone();
    run(
        bencher,
        service_fn(move |_: Request<()>| {
            let mut response = response();
            response.headers_mut().clone_from(&headers);
            async { Ok(response) }
        }),
    );
}

#[divan::bench]
fn palisade(bencher: Bencher<'_, '_>) {
    run(bencher, hosts().layer(service_fn(|_: Request<()>| async { Ok(response()) })));
}

#[divan::bench]
fn palisade_with_nonce(bencher: Bencher<'_, '_>) {
    let page = |request: Request<()>| async move {
        let nonce =
            RequestContext::of(request.extensions()).map(CspNonce::of).expect("`Palisade` makes the context");
        Ok(Response::new(Body::from(nonce.to_string())))
    };
    run(bencher, hosts().layer(service_fn(page)));
}

#[divan::bench]
fn palisade_and_error_pages(bencher: Bencher<'_, '_>) {
    let inner = service_fn(|_: Request<()>| async { Ok(response()) });
    run(bencher, ErrorPages::plain().layer(hosts().layer(inner)));
}
