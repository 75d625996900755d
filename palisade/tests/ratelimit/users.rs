//! Limits per signed-in user: by the account of the session, else by the client's address.

use std::future::ready;

use axum::Router;
use axum::extract::Path;
use axum::routing::{any, get as on_get};
use http::Request;
use palisade::clock::Clock;
use palisade::rate_limit::{FallbackStore, RateLimitKey, RateLimitLayer};
use palisade::rejection::MissingLayer;
use palisade::session::store::{MemorySessions, RedisSessions};
use palisade::session::{AuthProof, SessionRejection};
use palisade::{Rejection, Session, Sessions};

use super::support::{Server, behind, get, get_by, hello, limit, lone, memory, statuses, times, wrapped};
use crate::session::keyring;
use crate::support::{STRANGER, ask, with_peer};

type Body = axum::body::Body;

const ELSEWHERE: &str = "198.51.100.1:9";

async fn log_in(Path(user): Path<String>, session: Session) -> Result<(), SessionRejection> {
    session.log_in(AuthProof::dangerous_allow_unverified(user, 1)).await
}

/// Returns a site whose page has this limit, inside of these sessions.
fn site(layer: RateLimitLayer, sessions: Sessions) -> Router {
    let limited = Router::new().route("/", any(hello)).route("/other", any(hello)).layer(layer);
    wrapped(limited.route("/login/{user}", on_get(log_in)).layer(sessions))
}

fn in_cookies() -> Sessions {
    Sessions::in_cookie(&keyring()).dangerous_forgets_on_restart()
}

/// Signs in, and returns the cookie.
async fn cookie_of(app: &Router, user: &str) -> String {
    let answer = ask(app, get(&format!("/login/{user}"))).await;
    assert_eq!(answer.status, 200);
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn page_by(peer: &str, cookie: &str) -> Request<Body> {
    let mut request = get("/");
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    with_peer(request, peer)
}

#[tokio::test]
async fn users_behind_one_address_have_their_own_counts() {
    for sessions in [in_cookies(), Sessions::in_store(MemorySessions::new(), &keyring())] {
        let app = site(lone("2/minute").per_user(), sessions);
        let (ada, bob) = (cookie_of(&app, "ada").await, cookie_of(&app, "bob").await);
        let asks = [&ada, &ada, &ada, &bob, &bob].map(|cookie| page_by(STRANGER, cookie));
        assert_eq!(statuses(&app, asks).await, [200, 200, 429, 200, 200]);
        assert_eq!(times(&app, 3).await, [200, 200, 429], "visitors count by their address");
    }
}

#[tokio::test]
async fn a_user_has_one_count_at_every_address() {
    let app = site(lone("2/minute").per_user(), in_cookies());
    let (one, two) = (cookie_of(&app, "ada").await, cookie_of(&app, "ada").await);
    let asks = [page_by(STRANGER, &one), page_by(ELSEWHERE, &two), page_by(ELSEWHERE, &two)];
    assert_eq!(statuses(&app, asks).await, [200, 200, 429]);
    assert_eq!(statuses(&app, [get_by(STRANGER), get_by(ELSEWHERE)]).await, [200, 200]);
}

#[tokio::test]
async fn an_invented_cookie_counts_by_address() {
    let app = site(lone("1/minute").per_user(), in_cookies());
    let asks = ["session=one", "session=two"].map(|cookie| page_by(STRANGER, cookie));
    assert_eq!(statuses(&app, asks).await, [200, 429]);
}

#[tokio::test]
async fn per_user_without_sessions_is_rejected() {
    let answer = ask(&behind(lone("1/minute").per_user()), get("/")).await;
    let rejection = answer.response.extensions.get::<Rejection>().unwrap();
    assert_eq!((answer.status.as_u16(), rejection.code()), (500, MissingLayer::CODE));
    assert!(rejection.message().contains("`Sessions`"), "{}", rejection.message());
}

#[tokio::test]
async fn per_user_without_a_client_is_rejected() {
    let routes = Router::new().route("/", any(hello)).layer(lone("1/minute").per_user());
    let answer = ask(&routes.layer(in_cookies()), get("/")).await;
    let rejection = answer.response.extensions.get::<Rejection>().unwrap();
    assert_eq!((answer.status.as_u16(), rejection.code()), (500, MissingLayer::CODE));
}

#[tokio::test]
async fn a_lost_session_store_leaves_the_address() {
    let working = site(lone("9/minute").per_user(), Sessions::in_store(MemorySessions::new(), &keyring()));
    let (ada, bob) = (cookie_of(&working, "ada").await, cookie_of(&working, "bob").await);
    let down = RedisSessions::new("redis://127.0.0.1:1/0?namespace=test").unwrap();
    let app = site(lone("1/minute").per_user(), Sessions::in_store(down, &keyring()));
    let asks = [page_by(STRANGER, &ada), page_by(STRANGER, &bob), page_by(ELSEWHERE, &bob)];
    assert_eq!(statuses(&app, asks).await, [200, 429, 200]);
}

#[tokio::test]
async fn a_call_shares_the_users_count() {
    let (store, ..) = memory();
    let pages = limit("pages", "2/minute", &store);
    let app = site(pages.clone().per_user(), in_cookies());
    let ada = cookie_of(&app, "ada").await;
    assert_eq!(pages.check("ada").await.unwrap().remaining, 1);
    let asks = [&ada, &ada].map(|cookie| page_by(STRANGER, cookie));
    assert_eq!(statuses(&app, asks).await, [200, 429]);
}

#[tokio::test]
async fn settings_apply_to_a_loaded_key() {
    let server = Server::new(&Clock::manual().0);
    let store = FallbackStore::new(server.store());
    let layer = limit("pages", "2/minute", &store).per_user().headers();
    let layer =
        layer.scope_by(|parts| parts.uri.path().to_owned()).count_if(|response| response.status != 404);
    let app = site(layer, in_cookies());
    let ada = cookie_of(&app, "ada").await;
    let answer = ask(&app, page_by(STRANGER, &ada)).await;
    assert_eq!(answer.header("x-ratelimit-remaining"), Some("1"));
    let mut other = page_by(STRANGER, &ada);
    *other.uri_mut() = "/other".parse().unwrap();
    assert_eq!(ask(&app, other).await.header("x-ratelimit-remaining"), Some("1"));
}

#[tokio::test]
async fn a_key_that_fails_to_load_rejects() {
    let closed = || Rejection::new(http::StatusCode::UNAUTHORIZED, "no_key", "Send an API key.");
    let app = behind(lone("1/minute").per_async(move |_| ready(Err(closed()))));
    assert_eq!(times(&app, 2).await, [401, 401]);
    let app = behind(lone("1/minute").per_async(|_| ready(Ok(RateLimitKey::NONE))));
    assert_eq!(times(&app, 1).await, [400], "a missing key");
}
