//! Bearer tokens come from one header, are hidden, and are compared as hashes.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::routing::get;
use http::HeaderMap;
use palisade::bearer::{BearerRejection, BearerToken, TokenHash, TokenHashError};
use palisade::{Palisade, Rejection};

use crate::support::{Answer, HERE, ask, get_from};

async fn report(
    State(stored): State<TokenHash>,
    token: BearerToken,
) -> Result<&'static str, BearerRejection> {
    if token.hash() == stored { Ok("the report") } else { Err(BearerRejection::Invalid) }
}

fn app(token: &BearerToken) -> Router {
    let routes = Router::new().route("/", get(report)).with_state(token.hash());
    Palisade::development().for_api().protect(routes)
}

async fn sent(app: &Router, lines: &[&str]) -> Answer {
    let mut request = get_from(HERE, "/");
    request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
    request.headers_mut().insert("accept", HeaderValue::from_static("application/json"));
    for line in lines {
        request.headers_mut().append("authorization", line.parse().unwrap());
    }
    ask(app, request).await
}

#[tokio::test]
async fn the_right_token_passes() {
    let token = BearerToken::generate("acme");
    let app = app(&token);
    for scheme in ["Bearer", "bearer", "BEARER "] {
        assert_eq!(sent(&app, &[&format!("{scheme} {}", token.as_str())]).await.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_401_names_the_scheme() {
    use BearerRejection::{Invalid, Malformed, Missing};
    let token = BearerToken::generate("acme");
    let app = app(&token);
    let (right, wrong) = (token.as_str().to_owned(), BearerToken::generate("acme").as_str().to_owned());
    let long = "a".repeat(4_097);
    for (lines, reason, challenge) in [
        (vec![], Missing, "Bearer"),
        (vec!["Basic YTpi".to_owned()], Missing, "Bearer"),
        (vec![format!("Bearer {wrong}")], Invalid, "Bearer error=\"invalid_token\""),
        (vec![format!("Bearer {right}x")], Invalid, "Bearer error=\"invalid_token\""),
        (vec!["Bearer".to_owned()], Malformed, "Bearer error=\"invalid_request\""),
        (vec!["Bearer ".to_owned()], Malformed, "Bearer error=\"invalid_request\""),
        (vec![format!("Bearer {right} x")], Malformed, "Bearer error=\"invalid_request\""),
        (vec![format!("Bearer {right},")], Malformed, "Bearer error=\"invalid_request\""),
        (vec![format!("Bearer {long}")], Malformed, "Bearer error=\"invalid_request\""),
        (
            vec![format!("Bearer {right}"), format!("Bearer {right}")],
            Malformed,
            "Bearer error=\"invalid_request\"",
        ),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = sent(&app, &lines).await;
        assert_eq!(answer.status, 401, "{lines:?}");
        assert_eq!(answer.header("www-authenticate"), Some(challenge), "{lines:?}");
        assert_eq!(*answer.response.extensions.get::<Rejection>().unwrap(), reason, "{lines:?}");
        assert!(!answer.body.contains(&right), "the token is not repeated");
    }
}

#[test]
fn tokens_are_random_and_hidden() {
    let token = BearerToken::generate("acme");
    let random = token.as_str().strip_prefix("acme_").unwrap();
    assert_eq!(random.len(), 43);
    assert_ne!(token.as_str(), BearerToken::generate("acme").as_str());
    assert_eq!(format!("{token:?}"), "BearerToken(hidden)");
    let headers = HeaderMap::from_iter([(
        http::header::AUTHORIZATION,
        format!("Bearer {}", token.as_str()).parse().unwrap(),
    )]);
    assert_eq!(BearerToken::of(&headers).unwrap().hash(), token.hash());
}

#[test]
fn a_token_is_not_its_own_hash() {
    let token = BearerToken::generate("acme");
    assert_eq!(token.as_str().parse::<TokenHash>(), Err(TokenHashError));
    let hash = token.hash().to_string();
    assert_eq!(hash.to_uppercase().parse(), Ok(token.hash()));
    for text in ["", &hash[1..], &format!("{hash}0")] {
        assert_eq!(text.parse::<TokenHash>(), Err(TokenHashError), "{text}");
    }
}

#[test]
#[should_panic(expected = "the prefix of a token")]
fn a_prefix_with_spaces_panics() {
    BearerToken::generate("my app");
}
