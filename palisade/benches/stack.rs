//! What the layers cost beside the same response without them: in-process, one request at a time.
//!
//! `floor` sends the very headers that `palisade` sends, cloned from a map made beforehand: nothing that sends them
//! can be cheaper.

use std::convert::Infallible;

use divan::{Bencher, counter::ItemsCount};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use palisade::request::{PeerAddr, RequestContext};
use palisade::{CspNonce, ErrorPages, Palisade};
use tower::{Layer, Service, ServiceExt, service_fn};

type Body = Full<bytes::Bytes>;

fn main() {
    divan::main();
}

fn request() -> Request<()> {
    let mut request =
        Request::get("/challenges?page=2").header("host", "localhost").body(()).expect("a request");
    request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 5000).into()));
    request
}

fn answer() -> Response<Body> {
    Response::new(Body::from("{\"status\": \"ok\"}"))
}

fn hosts() -> Palisade {
    Palisade::new().hosts(["localhost"]).expect("a host")
}

fn run<S>(bencher: Bencher<'_, '_>, service: S)
where
    S: Service<Request<()>, Response = Response<Body>, Error = Infallible> + Clone + Sync,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    bencher
        .counter(ItemsCount::new(1u32))
        .with_inputs(request)
        .bench_values(|request| runtime.block_on(service.clone().oneshot(request)));
}

#[divan::bench]
fn bare(bencher: Bencher<'_, '_>) {
    run(bencher, service_fn(|_: Request<()>| async { Ok(answer()) }));
}

#[divan::bench]
fn floor(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let guarded = hosts().layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(answer()) }));
    let sent = runtime.block_on(guarded.oneshot(request())).expect("an answer");
    let headers: HeaderMap = sent.headers().clone();
    run(
        bencher,
        service_fn(move |_: Request<()>| {
            let mut response = answer();
            response.headers_mut().clone_from(&headers);
            async { Ok(response) }
        }),
    );
}

#[divan::bench]
fn palisade(bencher: Bencher<'_, '_>) {
    run(bencher, hosts().layer(service_fn(|_: Request<()>| async { Ok(answer()) })));
}

#[divan::bench]
fn palisade_with_nonce(bencher: Bencher<'_, '_>) {
    let page = |request: Request<()>| async move {
        let nonce = RequestContext::of(request.extensions()).map(CspNonce::of).expect("behind the layer");
        Ok(Response::new(Body::from(nonce.to_string())))
    };
    run(bencher, hosts().layer(service_fn(page)));
}

#[divan::bench]
fn palisade_and_error_pages(bencher: Bencher<'_, '_>) {
    let inner = service_fn(|_: Request<()>| async { Ok(answer()) });
    run(bencher, ErrorPages::plain().layer(hosts().layer(inner)));
}
