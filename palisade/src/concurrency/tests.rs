//! The bounds of a limit, and the places that responses hold.

use http::{Response, StatusCode, header};
use http_body::{Body, SizeHint};

use super::*;

fn network(address: &str) -> Option<ClientNetwork> {
    Some(ClientNetwork::of(address.parse().unwrap()))
}

/// Returns the places and the share of requests, then of streams.
fn bounds(limit: &ConcurrencyLimit) -> [(u64, u64); 2] {
    let snapshot = limit.metrics();
    [snapshot.requests, snapshot.streams].map(|it| (it.max, it.max_per_client))
}

#[test]
fn one_client_has_an_eighth_by_default_and_a_half_at_most() {
    assert_eq!(bounds(&ConcurrencyLimit::new()), [(1024, 128); 2]);
    assert_eq!(bounds(&ConcurrencyLimit::default()), [(1024, 128); 2]);
    let small = ConcurrencyLimit::new().max_requests(16).max_streams(24);
    assert_eq!(bounds(&small), [(16, 2), (24, 3)]);
    for (divisor, shares) in [(0, [8, 12]), (1, [8, 12]), (2, [8, 12]), (4, [4, 6]), (1000, [1, 1])] {
        let limit = small.clone().share_per_client(divisor);
        assert_eq!(bounds(&limit), [(16, shares[0]), (24, shares[1])], "{divisor}");
    }
    let halved = ConcurrencyLimit::new().share_per_client(2).max_requests(16).max_streams(24);
    assert_eq!(bounds(&halved), [(16, 8), (24, 12)]);
    assert_eq!(bounds(&small.dangerous_disable_share_per_client()), [(16, 16), (24, 24)]);
}

#[test]
fn clients_on_this_machine_count_only_if_told_to() {
    let (limit, strict) = (ConcurrencyLimit::new(), ConcurrencyLimit::new().count_loopback());
    for (address, by_default) in
        [("127.0.0.1", false), ("::1", false), ("192.0.2.1", true), ("2001:db8::1", true)]
    {
        assert_eq!(limit.holder(address.parse().unwrap()).is_some(), by_default, "{address}");
        assert_eq!(strict.holder(address.parse().unwrap()), network(address));
    }
}

#[test]
fn a_rejection_tells_a_busy_client_from_a_busy_server() {
    let limit = ConcurrencyLimit::new().max_requests(3).max_streams(2).share_per_client(2);
    let client = network("192.0.2.1");
    let first = limit.take_request(client).unwrap();
    assert_eq!(limit.take_request(client).unwrap_err(), ConcurrencyRejection::ClientBusy);
    let others = [limit.take_request(None).unwrap(), limit.take_request(None).unwrap()];
    assert_eq!(limit.take_request(network("192.0.2.2")).unwrap_err(), ConcurrencyRejection::ServerBusy);
    let stream = limit.take_stream(client).unwrap();
    assert_eq!(limit.take_stream(client).unwrap_err(), ConcurrencyRejection::ClientBusy);
    let snapshot = limit.metrics();
    assert_eq!((snapshot.requests.used, snapshot.streams.used), (3, 1));
    assert_eq!((snapshot.requests.rejected(), snapshot.streams.rejected()), (2, 1));
    drop((first, others, stream));
    assert_eq!((limit.metrics().requests.used, limit.metrics().streams.used), (0, 0));
}

/// Returns the places of requests and of streams that are in use while the response lasts.
fn places_of(response: &Response<()>) -> (u64, u64) {
    let limit = ConcurrencyLimit::new();
    let place = limit.take_request(None).unwrap();
    let place = service::place_of_response(&limit, place, response).unwrap();
    let snapshot = limit.metrics();
    drop(place);
    (snapshot.requests.used, snapshot.streams.used)
}

#[test]
fn a_stream_moves_to_a_place_of_its_own() {
    let mut response = Response::new(());
    assert_eq!(places_of(&response), (1, 0));
    response.headers_mut().insert(header::CONTENT_TYPE, "text/event-stream".parse().unwrap());
    assert_eq!(places_of(&response), (0, 1));
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    assert_eq!(places_of(&response), (0, 1));
}

#[test]
fn a_body_holds_its_place_until_it_is_dropped() {
    let limit = ConcurrencyLimit::new();
    let body = PlacedBody::new("four".to_owned(), Some(limit.take_request(None).unwrap()));
    assert_eq!((body.is_end_stream(), body.size_hint().exact()), (false, Some(4)));
    assert_eq!(limit.metrics().requests.used, 1);
    drop(body);
    assert_eq!(limit.metrics().requests.used, 0);
    let empty = PlacedBody::new(String::new(), None);
    assert!(empty.is_end_stream());
    assert_eq!(SizeHint::exact(&empty.size_hint()), Some(0));
}

#[cfg(feature = "axum")]
#[test]
fn only_a_body_with_a_place_is_wrapped() {
    let limit = ConcurrencyLimit::new();
    let unplaced = PlacedBody::new("itself".to_owned(), None);
    assert_eq!(unplaced.into_unplaced_or(|_| "wrapped".to_owned()), "itself");
    let placed = PlacedBody::new("itself".to_owned(), Some(limit.take_request(None).unwrap()));
    assert_eq!(placed.into_unplaced_or(|_| "wrapped".to_owned()), "wrapped");
}
