//! Extractors and responses for axum: arguments of handlers, and values that handlers return.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use palisade::request::{ClientIp, PeerAddr};
//! use palisade::front_door::Guards;
//! use palisade::{CspNonce, PageHeaders, Rejection};
//! use tower::{Layer, ServiceExt};
//!
//! async fn page(ip: ClientIp, nonce: CspNonce) -> Result<(PageHeaders, String), Rejection> {
//!     Ok((PageHeaders::new(), format!("<script nonce=\"{nonce}\">/* for {} */</script>", ip.0)))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let routes = Router::new().route("/", get(page));
//! let app = Guards::new().hosts(["localhost"])?.layer(routes.clone());
//! let peer = PeerAddr("127.0.0.1:40000".parse()?);
//! let request = || Request::get("/").header("host", "localhost").extension(peer).body(Body::empty());
//! assert_eq!(app.oneshot(request()?).await?.status(), 200);
//!
//! let response = routes.oneshot(request()?).await?; // no layer resolves the client
//! assert_eq!(response.status(), 500);
//! assert_eq!(response.extensions().get::<Rejection>().map(Rejection::code), Some("missing_layer"));
//! # Ok(())
//! # }
//! ```
//!
//! # Extractors
//!
//! | argument | value | layer | without the layer |
//! |---|---|---|---|
//! | [`Client`], [`ClientIp`], [`Scheme`] | the client's address and scheme | [`Proxies`](crate::proxy::Proxies) | 500, `missing_layer` |
//! | [`RequestId`] | the id of this request | [`RequestIds`](crate::request_id::RequestIds) | a random id, which error pages show too |
//! | [`CspNonce`] | the nonce of this response | [`SecurityHeaders`](crate::SecurityHeaders) | a nonce that no header allows |
//! | [`Session`](crate::Session) | the visitor's session | [`Sessions`](crate::Sessions) | 500, `missing_layer` |
//! | [`SignedIn`], `Option<SignedIn>` | the account that is signed in | [`Sessions`](crate::Sessions) | 500, `missing_layer` |
//! | [`RejectedForm`], `Option<RejectedForm>` | a rejected form that this page is to show again | [`Palisade::rejected_forms`](crate::Palisade::rejected_forms) | 404, `None` |
//! | [`BearerToken`](crate::bearer::BearerToken) | the token of `Authorization: Bearer …` | none | |
//! | [`CsrfToken`] | the token for the forms of this page | [`CsrfTokens`](crate::CsrfTokens) | 500, `missing_layer` |
//! | [`Shutdown`] | the server's graceful shutdown | the server [`serve`](crate::serve()) | 500, `missing_layer` |
//!
//! # Return values
//!
//! | value | response |
//! |---|---|
//! | [`PageHeaders`], beside a body | overrides security headers for this page |
//! | [`Redirect`] | a redirect that stays on the site |
//! | [`SafeHtml`], alone or in axum's `Html` | 200, `text/html` |
//! | [`Rejection`], or a module's reasons such as [`SessionRejection`](crate::session::SessionRejection) | its status and code; [`ErrorPages`](crate::error_page::ErrorPages) writes the body |
//! | [`InternalError`] | 500; the cause goes to the log only |
//! | [`Error`], for any error by `?` | see [`error`](mod@crate::error) |
//!
//! # What it does not do
//!
//! It is the only module that depends on axum. Without the feature `axum`, all layers work on any
//! tower service, and the same values are in the request's extensions.
//!
//! # See also
//!
//! [`request`](crate::request) for the values, [`rejection`](crate::rejection) for the reasons.

#[cfg(feature = "session")]
pub(crate) mod form_fields;
#[cfg(feature = "rate-limit")]
mod rate_limit;
#[cfg(feature = "session")]
mod rejected_form;
#[cfg(feature = "session")]
mod signed_in;

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;
use http::{Request, StatusCode};

#[cfg(feature = "session")]
pub use self::rejected_form::RejectedForm;
#[cfg(feature = "session")]
pub use self::signed_in::{Account, SignedIn};
use crate::body_limit::{BodyLimit, LimitableBody, LimitedBody};
use crate::core::client::{Client, ClientIp, Scheme};
use crate::core::internal_error::InternalError;
use crate::core::nonce::CspNonce;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::{LayerMark, RequestContext};
use crate::core::request_id::RequestId;
use crate::core::safe_html::SafeHtml;
#[cfg(feature = "csrf")]
use crate::csrf::CsrfToken;
use crate::error::Error;
use crate::headers::PageHeaders;
#[cfg(feature = "redirect")]
use crate::redirect::Redirect;
use crate::serve::Shutdown;

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        RequestContext::of(&parts.extensions)
            .and_then(RequestContext::client)
            .cloned()
            .ok_or_else(|| Self::MISSING.into())
    }
}

impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Client::from_request_parts(parts, state).await.map(|client| Self(client.ip()))
    }
}

impl<S: Sync> FromRequestParts<S> for Scheme {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Client::from_request_parts(parts, state).await.map(|client| client.scheme())
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(RequestContext::begin(&mut parts.extensions).request_id())
    }
}

impl<S: Sync> FromRequestParts<S> for CspNonce {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        match RequestContext::of(&parts.extensions) {
            Some(context) if context.has_entered(LayerMark::Headers) => Ok(Self::of(context)),
            _ => Err(MissingLayer(
                "A handler extracts `CspNonce`, but no layer sends a policy with it. Write `Palisade` or \
                 `SecurityHeaders` around its routes.",
            )
            .into()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Shutdown {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        const MISSING: MissingLayer = MissingLayer(
            "The request did not come through `palisade::serve`, so its server's shutdown is unknown. Write \
             `palisade::serve(listener, app)`; under another server, put `Shutdown::when(stop)` into the request's \
             extensions, and in a test `Shutdown::never()`.",
        );
        parts.extensions.get().cloned().ok_or_else(|| MISSING.into())
    }
}

/// The body is boxed once more, if the request has one and no limit yet.
impl LimitableBody for Body {
    type Limited = Self;

    fn limit(request: Request<Self>, limit: BodyLimit) -> Request<Self> {
        LimitedBody::limit(request, limit).map(|body| body.into_unlimited_or(Self::new))
    }
}

#[cfg(feature = "bearer")]
impl<S: Sync> FromRequestParts<S> for crate::bearer::BearerToken {
    type Rejection = crate::bearer::BearerRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Self::of(&parts.headers)
    }
}

#[cfg(feature = "csrf")]
impl<S: Sync> FromRequestParts<S> for CsrfToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        // A token is bound to the session's id, which reading can change: a session may have expired,
        // and a remember token may start one. A page that needs no session is not rejected while the
        // store is down.
        #[cfg(feature = "session")]
        if let Some(session) = parts.extensions.get::<crate::session::Session>().cloned() {
            let _ = session.load_if_sent().await;
        }
        Ok(Self::of(&parts.extensions)?)
    }
}

impl IntoResponseParts for PageHeaders {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}

/// Implements `IntoResponse`, so that handlers return the reasons as errors.
macro_rules! into_response {
    ($($(#[$feature:meta])* $reason:ty),+ $(,)?) => {$(
        $(#[$feature])*
        impl IntoResponse for $reason {
            fn into_response(self) -> Response {
                Rejection::from(self).into_response()
            }
        }
    )+};
}

into_response! {
    MissingLayer,
    #[cfg(feature = "bearer")]
    crate::bearer::BearerRejection,
    #[cfg(feature = "keyring")]
    crate::keyring::SignedLinkRejection,
    #[cfg(feature = "password")]
    crate::password::HashingError,
    #[cfg(feature = "rate-limit")]
    crate::rate_limit::RateLimitRejection,
    #[cfg(feature = "session")]
    crate::session::SessionRejection,
    #[cfg(feature = "upload")]
    crate::upload::UploadRejection,
    #[cfg(feature = "webhook")]
    crate::webhook::WebhookRejection,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}

#[cfg(feature = "redirect")]
impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        Self::into_response(self)
    }
}

impl IntoResponse for SafeHtml {
    fn into_response(self) -> Response {
        Html(self.into_string()).into_response()
    }
}

impl From<SafeHtml> for Body {
    fn from(html: SafeHtml) -> Self {
        html.into_string().into()
    }
}

impl IntoResponse for InternalError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
