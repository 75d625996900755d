//! The cost of a request in instructions, which does not depend on the load of the machine: run by
//! `make bench-check`.
//!
//! The measurement starts with a request and ends with its response, as a server calls a service.
//! Everything before it is preparation, the first twenty requests included, so that one-time work
//! is done by then.

mod guards;
mod limits;
mod secrets;
mod stack;
mod whole;
mod work;

use gungraun::prelude::*;

use palisade::rate_limit::quota::Strategy;

use limits::{ONE, TWO};
use work::Work;

// The floor is a bare service that sends the same headers as the layers, cloned from a map.
#[library_benchmark]
#[bench::bare(stack::bare())]
#[bench::floor(stack::floor())]
#[bench::json(stack::json())]
#[bench::json_with_error_pages(stack::json_with_error_pages())]
#[bench::page_with_nonce(stack::page_with_nonce())]
#[bench::over_tls(stack::over_tls())]
#[bench::behind_a_proxy(stack::behind_a_proxy())]
#[bench::refused(stack::refused())]
#[bench::refused_with_a_page(stack::refused_with_a_page())]
#[bench::axum_floor(stack::axum_floor())]
#[bench::axum_json(stack::axum_json())]
#[bench::axum_json_around(stack::axum_json_around())]
#[bench::router(stack::router())]
#[bench::router_in_a_tuple(stack::router_in_a_tuple())]
#[bench::router_protected(stack::router_protected())]
#[bench::router_in_a_tuple_whole(whole::router_in_a_tuple())]
#[bench::router_protected_whole(whole::router_protected())]
#[bench::whole(whole::whole())]
#[bench::whole_signed_in(whole::whole_signed_in())]
#[bench::whole_form(whole::whole_form())]
#[bench::whole_limited(whole::whole_limited())]
fn request<W: Work>(work: W) -> W::Done {
    work.done()
}

#[library_benchmark]
#[bench::proxies_none(guards::proxies_none())]
#[bench::proxies_by_hops(guards::proxies_by_hops())]
#[bench::proxies_by_address(guards::proxies_by_address())]
#[bench::hosts(guards::hosts())]
#[bench::https_from_here(guards::https_from_here())]
#[bench::https_over_tls(guards::https_over_tls())]
#[bench::csrf_get(guards::csrf_get())]
#[bench::csrf_post(guards::csrf_post())]
#[bench::csrf_post_by_origin(guards::csrf_post_by_origin())]
#[bench::cookies(guards::cookies())]
#[bench::headers(guards::headers())]
#[bench::headers_with_nonce(guards::headers_with_nonce())]
#[bench::headers_of_a_page(guards::headers_of_a_page())]
#[bench::csp_with_nonce(guards::csp_with_nonce())]
fn guard<W: Work>(work: W) -> W::Done {
    work.done()
}

#[library_benchmark]
#[bench::sealed(secrets::sealed())]
#[bench::opened(secrets::opened())]
#[bench::signed(secrets::signed())]
#[bench::verified(secrets::verified())]
#[bench::session_untouched(secrets::session_untouched())]
#[bench::session_read(secrets::session_read())]
#[bench::token_checked(secrets::token_checked())]
fn secret<W: Work>(work: W) -> W::Done {
    work.done()
}

#[library_benchmark]
#[bench::fixed_window_one(limits::decided(Strategy::FixedWindow, ONE))]
#[bench::fixed_window_two(limits::decided(Strategy::FixedWindow, TWO))]
#[bench::sliding_window_one(limits::decided(Strategy::SlidingWindowCounter, ONE))]
#[bench::sliding_window_two(limits::decided(Strategy::SlidingWindowCounter, TWO))]
#[bench::gcra_one(limits::decided(Strategy::Gcra, ONE))]
#[bench::gcra_two(limits::decided(Strategy::Gcra, TWO))]
#[bench::moving_window_one(limits::decided(Strategy::MovingWindow, ONE))]
#[bench::moving_window_two(limits::decided(Strategy::MovingWindow, TWO))]
#[bench::call_two(limits::checked())]
#[bench::gate_two(limits::layer(TWO))]
#[bench::gate_refused(limits::layer("1/year; 2/year"))]
fn quota<W: Work>(work: W) -> W::Done {
    work.done()
}

library_benchmark_group!(name = instructions, benchmarks = [request, guard, secret, quota]);
main!(library_benchmark_groups = instructions);
