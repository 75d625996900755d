use palisade::rate_limit::store::MemoryStore;
use palisade::test::Browser;
use test_support::servers::Server;

use super::*;

fn process(counters: &FallbackStore) -> Browser {
    Browser::new(app(Palisade::development(), counters).unwrap())
}

/// Returns how many requests pass before one is rejected, of 50 at most.
async fn passing(browser: &mut Browser, path: &str) -> usize {
    for count in 0..50 {
        let page = browser.get(path).await;
        if page.status == 429 {
            assert!(page.headers.contains_key("retry-after"), "{path}");
            return count;
        }
        assert_eq!(page.status, 200, "{path}");
    }
    50
}

#[tokio::test]
async fn each_route_has_its_limit() {
    let mut browser = process(&MemoryStore::new().into());
    for (path, count) in [("/search", 5), ("/export", 2), ("/healthz", 50), ("/pictures/a", 40)] {
        assert_eq!(passing(&mut browser, path).await, count, "{path}");
    }
    assert_eq!(passing(&mut browser, "/").await, 10, "the others cost the default nothing");
    let mut neighbour = browser.from("127.0.0.2");
    assert_eq!(neighbour.get("/").await.status, 200, "each client has a count");
}

#[tokio::test]
async fn guesses_of_one_password_are_slowed_down() {
    let counters = MemoryStore::new().into();
    let log_in = async |address: &str, email: &str, password: &str| {
        let mut browser = process(&counters).from(address);
        browser.post("/login", &[("email", email), ("password", password)]).await.status.as_u16()
    };
    for spelling in ["ada@example.org", "Ada@example.org", " ada@example.org"] {
        assert_eq!(log_in("127.0.0.1", spelling, "a guess").await, 403);
    }
    // The right password has to wait as well, from anywhere.
    assert_eq!(log_in("127.0.0.2", "ada@example.org", "secret").await, 429);
    assert_eq!(log_in("127.0.0.1", "bob@example.org", "secret").await, 200);
}

#[tokio::test]
async fn two_processes_share_their_counters() {
    let server = Server::redis();
    let store = async || FallbackStore::new(Store::open(&server.uri).await.unwrap());
    let (mut one, mut other) = (process(&store().await), process(&store().await));
    assert_eq!(passing(&mut one, "/export").await, 2);
    assert_eq!(other.get("/export").await.status, 429);
}

#[tokio::test]
async fn a_malformed_quota_is_an_error() {
    let error = RateLimit::new("search", "5 per fortnight", MemoryStore::new()).unwrap_err();
    assert!(error.to_string().contains("fortnight"), "{error}");
}
