//! `LoginLimit`: a class gets in, a guesser does not, and nobody locks another person out.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use palisade::Keyring;
use palisade::clock::{Clock, ManualClock};
use palisade::login_limit::{KnownDevice, KnownDevices, LoginLimit};
use palisade::rate_limit::store::MemoryStore;
use palisade::rate_limit::{FallbackStore, RateLimitKey, RateLimitRejection};
use palisade::request::{Client, Scheme};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn limit() -> (LoginLimit, ManualClock) {
    let (clock, manual) = Clock::manual();
    let store = FallbackStore::new(MemoryStore::with_clock(clock.clone())).clock(clock);
    (LoginLimit::new("login", store), manual)
}

fn devices() -> KnownDevices {
    KnownDevices::new(&Keyring::random())
}

fn client(scheme: Scheme) -> Client {
    Client::direct("192.0.2.7:40000".parse().unwrap(), scheme)
}

/// Returns the browser after it has got this `Set-Cookie`.
fn with_cookie(devices: &KnownDevices, set_cookie: &HeaderValue) -> KnownDevice {
    let pair = set_cookie.to_str().unwrap().split(';').next().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(&format!("theme=dark; {pair}")).unwrap());
    devices.read(&headers, &client(Scheme::Https))
}

fn known_at(devices: &KnownDevices, email: &str) -> KnownDevice {
    with_cookie(devices, &devices.unknown().remember(&RateLimitKey::email(email)))
}

/// Returns if the attempt passed.
async fn fails(limit: &LoginLimit, email: &str, address: IpAddr, device: &KnownDevice) -> bool {
    limit.attempt(RateLimitKey::email(email), address, device).await.is_ok()
}

/// Returns if the owner got in.
async fn succeeds(limit: &LoginLimit, email: &str, address: IpAddr, device: &KnownDevice) -> bool {
    match limit.attempt(RateLimitKey::email(email), address, device).await {
        Ok(attempt) => {
            attempt.succeeded().await;
            true
        }
        Err(_) => false,
    }
}

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0xC612_0000 + number).into()
}

#[tokio::test]
async fn a_class_behind_one_address_gets_in_with_two_mistakes_each() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    for pupil in 0..30 {
        let email = format!("pupil{pupil}@school.example");
        assert!(fails(&limit, &email, address(1), &stranger).await, "{email}");
        assert!(fails(&limit, &email, address(1), &stranger).await, "{email}");
        assert!(succeeds(&limit, &email, address(1), &stranger).await, "{email}");
    }
}

#[tokio::test]
async fn successes_cost_nothing() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    for login in 0..10_000 {
        assert!(succeeds(&limit, "ada@school.example", address(1), &stranger).await, "{login}");
    }
}

#[tokio::test]
async fn a_guesser_at_many_accounts_is_stopped_and_the_class_is_not() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    let mut guesses = 0;
    for pupil in 0..1_000 {
        guesses +=
            u32::from(fails(&limit, &format!("pupil{pupil}@school.example"), address(2), &stranger).await);
    }
    assert_eq!(guesses, 100);
    assert!(succeeds(&limit, "pupil1@school.example", address(1), &stranger).await);
}

#[tokio::test]
async fn a_stranger_with_a_thousand_addresses_locks_nobody_out() {
    let (limit, time) = limit();
    let devices = devices();
    let (stranger, own) = (devices.unknown(), known_at(&devices, "vic@school.example"));
    let (mut guesses, mut fresh) = (0, 100_000);
    for second in 0..6 * 60 * 60 {
        time.advance(Duration::from_secs(1));
        let guesser = address(1_000 + second % 1_000);
        guesses += u32::from(fails(&limit, " VIC@school.example", guesser, &stranger).await);
        if second % 600 == 0 {
            let home = address(1);
            assert!(succeeds(&limit, "vic@school.example", home, &own).await, "known browser, {second} s");
            fresh += 1;
            let new = address(fresh);
            assert!(succeeds(&limit, "vic@school.example", new, &stranger).await, "new browser, {second} s");
        }
    }
    // Each address has three attempts, and all of them together a hundred more.
    assert_eq!(guesses, 3_100);
}

#[tokio::test]
async fn a_known_browser_has_delays_of_its_own() {
    let (limit, time) = limit();
    let devices = devices();
    let own = known_at(&devices, "ada@school.example");
    for _ in 0..3 {
        assert!(fails(&limit, "ada@school.example", address(1), &own).await);
    }
    assert!(
        !fails(&limit, "ada@school.example", address(9), &own).await,
        "another address, the same browser"
    );
    assert!(succeeds(&limit, "ada@school.example", address(1), &devices.unknown()).await);
    time.advance(Duration::from_secs(1));
    assert!(succeeds(&limit, "ada@school.example", address(1), &own).await);
    assert!(fails(&limit, "ada@school.example", address(1), &own).await, "the success deleted the failures");
    let other_account = fails(&limit, "bob@school.example", address(1), &own).await;
    assert!(other_account && !own.knows(&RateLimitKey::email("bob@school.example")));
}

#[tokio::test]
async fn a_refused_attempt_counts_nowhere() {
    let (limit, time) = limit();
    let stranger = devices().unknown();
    for _ in 0..3 {
        assert!(fails(&limit, "ada@school.example", address(1), &stranger).await);
    }
    for _ in 0..500 {
        assert!(!fails(&limit, "ada@school.example", address(1), &stranger).await, "the delay is running");
    }
    time.advance(Duration::from_secs(1));
    assert!(succeeds(&limit, "ada@school.example", address(1), &stranger).await);
    for pupil in 0..97 {
        let email = format!("pupil{pupil}@school.example");
        assert!(fails(&limit, &email, address(1), &stranger).await, "{email}: 3 of 100 were used");
    }
    assert!(!fails(&limit, "last@school.example", address(1), &stranger).await);
}

#[tokio::test]
async fn an_attempt_at_a_busy_server_costs_the_address_nothing() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    for pupil in 0..200 {
        let email = RateLimitKey::email(&format!("p{pupil}@school.example"));
        limit.attempt(email, address(1), &stranger).await.unwrap().withdraw().await;
    }
    assert!(succeeds(&limit, "last@school.example", address(1), &stranger).await);
}

#[tokio::test]
async fn attempts_at_once_do_not_pass_together() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    let tries: Vec<_> = (0..300)
        .map(|_| {
            let (limit, stranger) = (limit.clone(), stranger.clone());
            tokio::spawn(async move { fails(&limit, "ada@school.example", address(1), &stranger).await })
        })
        .collect();
    let mut passed = 0;
    for attempt in tries {
        passed += u32::from(attempt.await.unwrap());
    }
    assert!((3..=4).contains(&passed), "{passed}");
}

#[tokio::test]
async fn a_wide_network_has_room_for_a_school() {
    let (limit, _) = limit();
    let limit = limit.wide_networks(["198.18.0.0/24"], "200/hour".parse().unwrap()).unwrap();
    let stranger = devices().unknown();
    for (address, room) in [(address(7), 200), (address(7_000), 100)] {
        let mut passed = 0;
        for pupil in 0..300 {
            passed += u32::from(fails(&limit, &format!("p{pupil}@school.example"), address, &stranger).await);
        }
        assert_eq!(passed, room, "{address}");
    }
    let error = limit.wide_networks(["10.0.0.0/99"], "1/hour".parse().unwrap()).unwrap_err();
    assert!(error.to_string().contains("`10.0.0.0/99` is neither an address nor a network"), "{error}");
}

#[tokio::test]
async fn resets_let_people_in_again() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    let ada = RateLimitKey::email("ada@school.example");
    for _ in 0..3 {
        assert!(fails(&limit, "ada@school.example", address(1), &stranger).await);
    }
    assert!(!fails(&limit, "ada@school.example", address(1), &stranger).await);
    limit.reset_client_at(ada.clone(), address(1)).await.unwrap();
    assert!(fails(&limit, "ada@school.example", address(1), &stranger).await);

    let limit = limit.failures_per_client("4/day".parse().unwrap());
    for pupil in 0..10 {
        fails(&limit, &format!("p{pupil}@school.example"), address(3), &stranger).await;
    }
    assert!(!succeeds(&limit, "last@school.example", address(3), &stranger).await);
    limit.reset_client(address(3)).await.unwrap();
    assert!(succeeds(&limit, "last@school.example", address(3), &stranger).await);

    let limit = limit.first_attempts("1/day".parse().unwrap()).further_attempts("1/day".parse().unwrap());
    assert!(fails(&limit, "cem@school.example", address(4), &stranger).await);
    let rejection = limit.attempt("cem@school.example", address(5), &stranger).await.unwrap_err();
    let rejection = palisade::Rejection::from(rejection);
    assert_eq!(rejection.status(), 429);
    assert!(rejection.message().contains("ask for a new password by mail"), "{}", rejection.message());
    limit.reset_account("cem@school.example").await.unwrap();
    assert!(fails(&limit, "cem@school.example", address(5), &stranger).await);
}

#[tokio::test]
async fn an_empty_account_is_rejected_and_a_disabled_limit_counts_nothing() {
    let (limit, _) = limit();
    let stranger = devices().unknown();
    let empty = limit.attempt(RateLimitKey::email("  "), address(1), &stranger).await.unwrap_err();
    assert_eq!(empty, RateLimitRejection::MissingKey);
    let limit = limit.dangerous_disable_limit();
    for _ in 0..1_000 {
        assert!(fails(&limit, "ada@school.example", address(1), &stranger).await);
    }
}

#[test]
fn a_cookie_of_another_key_time_or_account_is_an_unknown_browser() {
    let (clock, time) = Clock::manual();
    let devices = devices().clock(clock);
    let ada = RateLimitKey::email("ada@school.example");
    let set_cookie = devices.unknown().remember(&ada);
    assert!(with_cookie(&devices, &set_cookie).knows(&ada));
    assert!(!with_cookie(&self::devices(), &set_cookie).knows(&ada), "another keyring");
    let text = set_cookie.to_str().unwrap();
    for attribute in
        ["__Host-device=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/", "Max-Age=34560000"]
    {
        assert!(text.contains(attribute), "{text}");
    }
    let changed = text.replacen("device=A", "device=B", 1).replacen("device=", "device=A", 1);
    assert!(!with_cookie(&devices, &HeaderValue::from_str(&changed).unwrap()).knows(&ada));
    time.advance(399 * DAY);
    assert!(with_cookie(&devices, &set_cookie).knows(&ada));
    time.advance(DAY);
    assert!(!with_cookie(&devices, &set_cookie).knows(&ada), "400 days have passed");
}

#[test]
fn a_browser_knows_its_last_eight_accounts_and_stays_one_browser() {
    let devices = devices();
    let account = |number: usize| RateLimitKey::email(&format!("p{number}@school.example"));
    let mut device = devices.unknown();
    for number in 0..9 {
        device = with_cookie(&devices, &device.remember(&account(number)));
    }
    let known: Vec<usize> = (0..9).filter(|number| device.knows(&account(*number))).collect();
    assert_eq!(known, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(device.remember(&account(8)).len() < 500, "the cookie stays small");
}
