//! The score against the results of the Observatory's own analyzer, and against sums by hand.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_audit::{Observation, ObservatoryOutcome, ObservedResponse, Score, Tls, score};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    hops: Vec<Redirect>,
    clear: Vec<String>,
    distrusted: bool,
    preflight: Option<Vec<(String, String)>>,
    results: Vec<String>,
    score: u16,
    grade: String,
}

#[derive(Deserialize)]
struct Redirect {
    url: String,
    headers: Vec<(String, String)>,
}

fn response(url: &str, headers: &[(String, String)]) -> ObservedResponse {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    ObservedResponse::new(url, StatusCode::OK, map).unwrap()
}

impl Vector {
    fn observation(&self) -> Observation {
        let tls = Tls {
            version: "TLSv1.3".into(),
            certificate_error: self.distrusted.then(|| "unknown issuer".into()),
            not_after: None,
        };
        let page = response(&self.url, &self.headers).body(&self.body);
        let redirects = self.hops.iter().map(|redirect| response(&redirect.url, &redirect.headers));
        let observation = Observation::new(page, SystemTime::UNIX_EPOCH)
            .redirects(redirects.collect())
            .plain_http(self.clear.iter().map(|url| response(url, &[])).collect())
            .tls(tls);
        match &self.preflight {
            Some(headers) => observation.preflight(response(&self.url, headers)),
            None => observation,
        }
    }
}

#[test]
fn outcomes_and_scores_equal_those_of_the_observatory() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("data/observatory.json")).unwrap();
    assert!(vectors.len() >= 150);
    for vector in &vectors {
        let Score { points, grade, outcomes, .. } = score(&vector.observation()).unwrap();
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

fn page(url: &str, lines: &str) -> Observation {
    let headers: Vec<(String, String)> = lines
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let page = response(url, &headers).body("<script src=/a.js></script>");
    Observation::new(page, SystemTime::UNIX_EPOCH)
}

fn points(observation: &Observation) -> (u16, &'static str) {
    let score = score(observation).unwrap();
    (score.points, score.grade)
}

#[test]
fn a_site_without_security_headers_has_30_points() {
    // 100 − 25 (CSP) − 20 (HSTS) − 5 (nosniff) − 20 (framing); no extra credit below 90.
    assert_eq!(points(&page("https://a.example/", "Content-Type: text/html")), (30, "D"));
    // Over plain HTTP: −20 for the missing redirect.
    let plain_http = page("http://a.example/", "Content-Type: text/html");
    let chain = vec![response("http://a.example/", &[])];
    assert_eq!(points(&plain_http.plain_http(chain)), (10, "F"));
}

const TALISMAN: &str = "Content-Type: text/html
    Content-Security-Policy: default-src 'self'; object-src 'none'
    X-Frame-Options: SAMEORIGIN
    X-Content-Type-Options: nosniff
    Referrer-Policy: strict-origin-when-cross-origin
    Strict-Transport-Security: max-age=31556926; includeSubDomains";

#[test]
fn default_flask_talisman_has_115_points() {
    // 100 + 5 (CSP without 'unsafe-…') + 5 (framing) + 5 (referrer).
    assert_eq!(points(&page("https://a.example/", TALISMAN)), (115, "A+"));
    let session = format!("{TALISMAN}\nSet-Cookie: session=x; HttpOnly; Path=/");
    // A session cookie without Secure under HSTS: −10; 90 points still get the extra credit.
    assert_eq!(points(&page("https://a.example/", &session)), (105, "A+"));
    let open = TALISMAN.replace("default-src 'self'", "default-src 'self' 'unsafe-inline'");
    // −20: no extra credit.
    assert_eq!(points(&page("https://a.example/", &open)), (80, "B+"));
}

#[test]
fn the_preload_list_adds_5_points() {
    let strict = "Content-Type: text/html
        Content-Security-Policy: default-src 'none'; script-src 'self'; frame-ancestors 'none'
        X-Content-Type-Options: nosniff
        Referrer-Policy: no-referrer
        Strict-Transport-Security: max-age=31536000
        Cross-Origin-Opener-Policy: same-origin
        Cross-Origin-Embedder-Policy: require-corp
        Cross-Origin-Resource-Policy: same-origin
        Set-Cookie: __Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax";
    // 10 CSP, 5 cookies, 10 COOP, 10 COEP, 10 CORP, 5 framing, 5 referrer; no script has SRI.
    assert_eq!(points(&page("https://a.example/", strict)), (155, "A+"));
    assert_eq!(points(&page("https://a.example/", strict).preloaded()), (160, "A+"));
}

#[test]
fn a_status_that_the_observatory_rejects_has_no_score() {
    for (status, scored) in [(200, true), (302, true), (401, true), (403, true), (404, false), (500, false)] {
        let status = StatusCode::from_u16(status).unwrap();
        let page = ObservedResponse::new("https://a.example/", status, HeaderMap::new()).unwrap();
        let score = score(&Observation::new(page, SystemTime::UNIX_EPOCH));
        assert_eq!(score.is_some(), scored, "{status}");
    }
}

#[test]
fn a_score_is_never_negative() {
    let outcomes: Vec<ObservatoryOutcome> = score(&page("http://a.example/", "")).unwrap().outcomes;
    let worst = outcomes.iter().max_by_key(|outcome| -outcome.points).unwrap();
    assert_eq!(Score::of(vec![*worst; 9]).points, 0);
}
