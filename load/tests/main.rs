//! The short form of each scenario: a test for each promise.
//!
//! They assert counts and memory. Times are printed, since a loaded machine is slow.

#![allow(clippy::unwrap_used, reason = "in a test it says what went wrong")]

use load::report::table;
use load::scenarios::{ALL, Size, named};

async fn check(promise: &str) {
    let row = named(promise).run(Size::Short).await;
    let is_kept = row.outcome.is_kept();
    let skipped = row.outcome.skipped.clone();
    let text = table(&[row]);
    eprint!("{text}");
    if let Some(why) = skipped {
        test_support::allow_skip("load", &why);
    }
    assert!(is_kept, "{text}");
}

#[test]
fn every_scenario_has_a_test() {
    let tests = include_str!("main.rs");
    for scenario in ALL {
        assert!(tests.contains(&format!("async fn {}()", scenario.promise)), "{}", scenario.promise);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_ins_at_once_are_served_or_wait() {
    check("log_ins_at_once_are_served_or_wait").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_hold_their_page_alone() {
    check("slow_readers_hold_their_page_alone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_and_bodies_are_cut() {
    check("slow_heads_and_bodies_are_cut").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_floods_take_no_memory() {
    check("http2_floods_take_no_memory").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_http2_streams_have_a_bound() {
    check("unread_http2_streams_have_a_bound").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_redis_allows_nothing_wrongly() {
    check("a_lost_redis_allows_nothing_wrongly").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_failover_keeps_the_counts() {
    check("a_redis_failover_keeps_the_counts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_memcached_allows_nothing_wrongly() {
    check("a_lost_memcached_allows_nothing_wrongly").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jumping_clock_allows_nothing_wrongly() {
    check("a_jumping_clock_allows_nothing_wrongly").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_postgres_loses_no_write() {
    check("a_lost_postgres_loses_no_write").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_no_write() {
    check("a_full_disk_loses_no_write").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_log_stops_no_page() {
    check("a_lost_log_stops_no_page").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_write() {
    check("a_killed_server_loses_no_write").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_site_loses_no_write() {
    check("a_killed_site_loses_no_write").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_images_share_one_memory() {
    check("hostile_images_share_one_memory").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_session_store_ends_no_session() {
    check("a_full_session_store_ends_no_session").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_counting_store_resets_nothing() {
    check("a_full_counting_store_resets_nothing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_cannot_hold_the_server() {
    check("one_address_cannot_hold_the_server").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_leaves_streams_to_others() {
    check("one_address_leaves_streams_to_others").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_log_stops_no_page_of_the_site() {
    check("a_lost_log_stops_no_page_of_the_site").await;
}
