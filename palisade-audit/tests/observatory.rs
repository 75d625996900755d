//! The score that the MDN HTTP Observatory gives: what its own analyzer said of made-up sites, and sums made by hand.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_audit::{Answer, Outcome, Score, Seen, Tls, score};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    hops: Vec<Hop>,
    clear: Vec<String>,
    distrusted: bool,
    preflight: Option<Vec<(String, String)>>,
    results: Vec<String>,
    score: u16,
    grade: String,
}

#[derive(Deserialize)]
struct Hop {
    url: String,
    headers: Vec<(String, String)>,
}

fn answer(url: &str, headers: &[(String, String)]) -> Answer {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    Answer::new(url, StatusCode::OK, map).unwrap()
}

impl Vector {
    fn seen(&self) -> Seen {
        let tls = Tls {
            version: "TLSv1.3".into(),
            distrust: self.distrusted.then(|| "unknown issuer".into()),
            not_after: None,
        };
        let mut seen = Seen::new(answer(&self.url, &self.headers).body(&self.body), SystemTime::UNIX_EPOCH)
            .hops(self.hops.iter().map(|hop| answer(&hop.url, &hop.headers)).collect())
            .clear(self.clear.iter().map(|url| answer(url, &[])).collect())
            .tls(tls);
        if let Some(headers) = &self.preflight {
            seen = seen.preflight(answer(&self.url, headers));
        }
        seen
    }
}

#[test]
fn every_outcome_and_score_is_what_the_observatory_says() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("data/observatory.json")).unwrap();
    assert!(vectors.len() >= 150);
    for vector in &vectors {
        let Score { points, grade, outcomes, .. } = score(&vector.seen()).unwrap();
        let results: Vec<&str> = outcomes.iter().map(|outcome| outcome.result).collect();
        assert_eq!(results, vector.results, "{:?} {}", vector.headers, vector.body);
        assert_eq!((points, grade), (vector.score, &*vector.grade), "{:?}", vector.headers);
    }
    let reached =
        |name: &str| vectors.iter().any(|vector| vector.results.iter().any(|result| result == name));
    for name in [
        "csp-implemented-with-no-unsafe-default-src-none",
        "cookies-session-without-httponly-flag",
        "hsts-invalid-cert",
    ] {
        assert!(reached(name), "{name}");
    }
}

fn page(url: &str, lines: &str) -> Seen {
    let headers: Vec<(String, String)> = lines
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Seen::new(answer(url, &headers).body("<script src=/a.js></script>"), SystemTime::UNIX_EPOCH)
}

fn points(seen: &Seen) -> (u16, &'static str) {
    let score = score(seen).unwrap();
    (score.points, score.grade)
}

#[test]
fn a_site_without_a_header_has_thirty() {
    // 100 − 25 (no CSP) − 20 (no HSTS) − 5 (no nosniff) − 20 (framing); no extra below 90.
    assert_eq!(points(&page("https://a.example/", "Content-Type: text/html")), (30, "D"));
    // In the clear there is the missing redirect besides: −20.
    let clear = page("http://a.example/", "Content-Type: text/html");
    let way = vec![answer("http://a.example/", &[])];
    assert_eq!(points(&clear.clear(way)), (10, "F"));
}

const TALISMAN: &str = "Content-Type: text/html
    Content-Security-Policy: default-src 'self'; object-src 'none'
    X-Frame-Options: SAMEORIGIN
    X-Content-Type-Options: nosniff
    Referrer-Policy: strict-origin-when-cross-origin
    Strict-Transport-Security: max-age=31556926; includeSubDomains";

#[test]
fn flask_talisman_as_it_is_has_a_hundred_and_fifteen() {
    // 100 + 5 (CSP without 'unsafe-…') + 5 (framing) + 5 (referrer).
    assert_eq!(points(&page("https://a.example/", TALISMAN)), (115, "A+"));
    let session = format!("{TALISMAN}\nSet-Cookie: session=x; HttpOnly; Path=/");
    // The session's cookie without Secure, under HSTS: −10, and 90 still gets the extra.
    assert_eq!(points(&page("https://a.example/", &session)), (105, "A+"));
    let open = TALISMAN.replace("default-src 'self'", "default-src 'self' 'unsafe-inline'");
    // −20: no extra.
    assert_eq!(points(&page("https://a.example/", &open)), (80, "B+"));
}

#[test]
fn the_most_without_the_preload_list() {
    let strict = "Content-Type: text/html
        Content-Security-Policy: default-src 'none'; script-src 'self'; frame-ancestors 'none'
        X-Content-Type-Options: nosniff
        Referrer-Policy: no-referrer
        Strict-Transport-Security: max-age=31536000
        Cross-Origin-Opener-Policy: same-origin
        Cross-Origin-Embedder-Policy: require-corp
        Cross-Origin-Resource-Policy: same-origin
        Set-Cookie: __Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax";
    // 10 CSP, 5 cookies, 10 opener, 10 embedder, 10 resource, 5 framing, 5 referrer; 5 for integrity is not in this page.
    assert_eq!(points(&page("https://a.example/", strict)), (155, "A+"));
    assert_eq!(points(&page("https://a.example/", strict).preloaded()), (160, "A+"));
}

#[test]
fn a_status_that_the_observatory_refuses_has_no_score() {
    for (status, scored) in [(200, true), (302, true), (401, true), (403, true), (404, false), (500, false)] {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer::new("https://a.example/", status, HeaderMap::new()).unwrap();
        assert_eq!(score(&Seen::new(answer, SystemTime::UNIX_EPOCH)).is_some(), scored, "{status}");
    }
}

#[test]
fn what_is_taken_away_never_ends_below_nothing() {
    let outcomes: Vec<Outcome> = score(&page("http://a.example/", "")).unwrap().outcomes;
    let worst = outcomes.iter().max_by_key(|outcome| -outcome.points).unwrap();
    assert_eq!(Score::of(vec![*worst; 9]).points, 0);
}
