//! The keys and scopes of rate limits that need axum: the route, its path parameters, the session.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use http::request::Parts;

#[cfg(feature = "session")]
use crate::core::{
    client::Client,
    rejection::{MissingLayer, Rejection},
    request_context::RequestContext,
};
use crate::rate_limit::{RateLimit, RateLimitKey, RateLimitLayer};
#[cfg(feature = "session")]
use crate::session::Session;

impl RateLimit {
    /// Makes a layer that counts by a parameter of the route's path, such as `id` of
    /// `/challenges/{id}`. A request without the parameter has no key.
    ///
    /// Put it on the routes that have the parameter. Around a whole `Router`, where no route is
    /// known, every request is rejected with a 500 that says so.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::get};
    /// use palisade::RateLimit;
    /// use palisade::rate_limit::store::MemoryStore;
    /// use tower::{Layer, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = RateLimit::new("votes", "1/minute", MemoryStore::new())?.per_path_param("id");
    /// let routes = Router::new().route("/vote/{id}", get(async || "counted"));
    /// let request = |uri| Request::get(uri).body(Body::empty());
    ///
    /// let app = routes.clone().route_layer(limit.clone());
    /// for (uri, status) in [("/vote/1", 200), ("/vote/2", 200), ("/vote/1", 429)] {
    ///     assert_eq!(app.clone().oneshot(request(uri)?).await?.status(), status, "{uri}");
    /// }
    ///
    /// let wrong_place = limit.layer(routes);
    /// assert_eq!(wrong_place.oneshot(request("/vote/1")?).await?.status(), 500);
    /// # Ok(())
    /// # }
    /// ```
    pub fn per_path_param(self, name: impl Into<Arc<str>>) -> RateLimitLayer {
        let name = name.into();
        let layer = RateLimitLayer::per(self, move |parts| {
            let params = pin!(RawPathParams::from_request_parts(parts, &()));
            // This extractor is ready at the first poll.
            let Poll::Ready(Ok(params)) = params.poll(&mut Context::from_waker(Waker::noop())) else {
                return None;
            };
            let value = params.iter().find(|(param, _)| *param == &*name)?.1;
            Some(RateLimitKey::parameter(&name, value))
        });
        layer.needs_route(has_route)
    }

    /// Makes a layer that counts by the account that is signed in, and by the client's address if
    /// none is. So a class behind one address does not share the quota of one visitor.
    ///
    /// It needs [`Sessions`](crate::Sessions) outside of it; without them, every request is
    /// rejected with a 500 that says so. The session is read for each counted request, which calls
    /// its store and counts as use of the session. If the store is down, the address counts.
    ///
    /// An account's key is its id, so [`check`](Self::check) with the id shares the counter.
    ///
    /// # Security
    ///
    /// The account is not loaded: a session of an outdated [epoch](crate::extract::Account::epoch)
    /// still counts for its account.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::get};
    /// use palisade::rate_limit::store::MemoryStore;
    /// use palisade::request::PeerAddr;
    /// use palisade::session::{AuthProof, Session, SessionRejection};
    /// use palisade::front_door::Guards;
    /// use palisade::{Keyring, RateLimit, Sessions};
    /// use tower::{Layer, ServiceExt};
    ///
    /// async fn log_in(session: Session) -> Result<(), SessionRejection> {
    ///     // A real site verifies a password.
    ///     session.log_in(AuthProof::dangerous_allow_unverified("7", 1)).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = RateLimit::new("pages", "1/minute", MemoryStore::new())?;
    /// let routes = Router::new()
    ///     .route("/", get(async || "a page"))
    ///     .route_layer(limit.per_user()) // the page has the limit, the login has not
    ///     .route("/login", get(log_in));
    /// let keyring = Keyring::random();
    /// let sessions = Sessions::in_cookie(&keyring).dangerous_forgets_on_restart();
    /// let app = (Guards::new().hosts(["localhost"])?, sessions).layer(routes);
    ///
    /// let peer = PeerAddr("127.0.0.1:40000".parse()?);
    /// let request = |uri: &str, cookie: &str| {
    ///     let request = Request::get(uri).header("host", "localhost").header("cookie", cookie);
    ///     request.extension(peer).body(Body::empty())
    /// };
    /// let response = app.clone().oneshot(request("/login", "")?).await?;
    /// let cookie = response.headers()["set-cookie"].to_str()?.to_owned();
    ///
    /// for (cookie, status) in [("", 200), ("", 429), (&*cookie, 200), (&*cookie, 429)] {
    ///     assert_eq!(app.clone().oneshot(request("/", cookie)?).await?.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "session")]
    pub fn per_user(self) -> RateLimitLayer {
        self.per_async(|parts| {
            let session = parts.extensions.get::<Session>().cloned();
            let client = RequestContext::of(&parts.extensions).and_then(RequestContext::client);
            let address = client.map(Client::ip);
            async move {
                let sign_in = session.ok_or(NO_SESSION)?.sign_in().await;
                // A store that is down has been logged, and leaves the address.
                match sign_in.ok().flatten() {
                    Some(sign_in) => Ok(sign_in.user.into()),
                    None => address.map(RateLimitKey::from).ok_or_else(|| Rejection::from(Client::MISSING)),
                }
            }
        })
    }
}

#[cfg(feature = "session")]
const NO_SESSION: MissingLayer = MissingLayer(
    "`RateLimit::per_user` needs the visitor's session, and there is no `Sessions` layer outside of it. Add the limit to \
     the router inside: `router.layer(limit.per_user())`, then `Sessions` or `Palisade::protect` around that router.",
);

impl RateLimitLayer {
    /// Counts each route of a group separately, as Flask-Limiter's default limits do. Requests
    /// without a route share one count: the 404s.
    ///
    /// Add the layer by `Router::layer`. Around a whole `Router`, where no route is known, every
    /// request is rejected with a 500 that says so.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, routing::get};
    /// use palisade::RateLimit;
    /// use palisade::rate_limit::store::MemoryStore;
    /// use tower::{Layer, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = RateLimit::new("pages", "1/minute", MemoryStore::new())?.global().per_route();
    /// let routes = Router::new().route("/a", get(async || "a")).route("/b", get(async || "b"));
    /// let request = |uri| Request::get(uri).body(Body::empty());
    ///
    /// let app = routes.clone().layer(limit.clone());
    /// for (uri, status) in [("/a", 200), ("/b", 200), ("/a", 429)] {
    ///     assert_eq!(app.clone().oneshot(request(uri)?).await?.status(), status, "{uri}");
    /// }
    ///
    /// let wrong_place = limit.layer(routes);
    /// assert_eq!(wrong_place.oneshot(request("/a")?).await?.status(), 500);
    /// # Ok(())
    /// # }
    /// ```
    pub fn per_route(self) -> Self {
        let layer = self.scope_by(|parts| {
            let route = parts.extensions.get::<MatchedPath>();
            route.map_or_else(String::new, |route| route.as_str().to_owned())
        });
        layer.needs_route(has_route)
    }
}

fn has_route(parts: &Parts) -> bool {
    parts.extensions.get::<MatchedPath>().is_some()
}
