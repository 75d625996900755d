//! Request ids: one id for each request, in the response, on error pages, in log lines and spans.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use palisade::proxy::Proxies;
//! use palisade::request::{PeerAddr, RequestId};
//! use palisade::request_id::RequestIds;
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let routes = Router::new().route("/", get(|id: RequestId| async move { id.to_string() }));
//! let proxies = Proxies::trusted(["10.0.0.1"])?;
//! let app = (proxies, RequestIds::new()).layer(routes); // inside of the layer that knows the client
//!
//! let request = |peer: &str| {
//!     let peer = PeerAddr(peer.parse().expect("an address with a port"));
//!     Request::get("/").header("x-request-id", "7f3a").extension(peer).body(Body::empty())
//! };
//! let behind_the_proxy = app.clone().oneshot(request("10.0.0.1:40000")?).await?;
//! assert_eq!(behind_the_proxy.headers()["x-request-id"], "7f3a");
//! assert_eq!(axum::body::to_bytes(behind_the_proxy.into_body(), 100).await?, "7f3a");
//!
//! let stranger = app.oneshot(request("203.0.113.9:40000")?).await?;
//! assert_ne!(stranger.headers()["x-request-id"], "7f3a");
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. If the peer is a trusted [proxy](crate::proxy), its `X-Request-Id` is the id: 1 to 64
//!    letters, digits and characters of `-_.=:/+`, in one header line.
//! 2. Else the trace id of its `traceparent` (W3C Trace Context) is the id.
//! 3. Otherwise the id is random: 16 hexadecimal digits.
//! 4. The id and the client's address are recorded in the current span, if it has the fields
//!    `request_id` and `client_ip`. [`make_span`] makes such a span.
//! 5. Every response gets the id as `X-Request-Id`, rejections and panics included. A handler's own
//!    value is replaced.
//!
//! [`Palisade::request_ids`](crate::front_door) is the setting of the front door, which contains this
//! layer. Without it, a request still has one random id, for the extractor
//! [`RequestId`], [`ErrorPages`](crate::ErrorPages) and the log.
//!
//! # Spans
//!
//! [`make_span`] is a function for tower-http's `TraceLayer`. Each line that is logged during the
//! request then has the method, the route, the id and the client's address:
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use palisade::proxy::Proxies;
//! use palisade::request::PeerAddr;
//! use palisade::request_id::{RequestIds, make_span};
//! use tower::ServiceExt;
//! use tower_http::trace::TraceLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = Router::new()
//!     .route("/articles/{id}", get(async || tracing::info!("read")))
//!     .layer(RequestIds::new())
//!     .layer(Proxies::none())
//!     .layer(TraceLayer::new_for_http().make_span_with(make_span)); // the last is outermost
//! // request{method=GET route="/articles/{id}" request_id=9c1b… client_ip=192.0.2.7}: read
//! let peer = PeerAddr("192.0.2.7:40000".parse()?);
//! let request = Request::get("/articles/7").extension(peer).body(Body::empty())?;
//! assert_eq!(app.oneshot(request).await?.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! Add the `TraceLayer` with `Router::layer`, where the route is known. The span has no path, and no
//! query, because both can contain secrets, such as the token of a password reset.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`header`](RequestIds::header) | `X-Request-Id` | Heroku, Envoy, Rails and tower-http use it |
//! | incoming ids | from trusted proxies; [`ignore_incoming`](RequestIds::ignore_incoming) turns it off | any client can send the header |
//!
//! A proxy may pass on the client's header. For nginx, write
//! `proxy_set_header X-Request-Id $request_id;`. An id that a client has chosen contains no markup,
//! but it may repeat another request's.
//!
//! # What it does not do
//!
//! - It makes no spans by itself, and exports no traces: use `TraceLayer` and
//!   `tracing-opentelemetry`.
//! - It sends no id to the services that a handler calls.
//!
//! # See also
//!
//! [`request`](crate::request) for [`RequestId`] and the context that
//! layers share.
//!
//! References: W3C Trace Context, `traceparent`.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tracing::{Span, field};

use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
use crate::core::request_id::RequestId;

/// The layer that takes in request ids and sends them. See the [module page](self).
///
/// Give it to [`Palisade::request_ids`](crate::front_door), or put it inside of
/// [`Proxies`](crate::proxy::Proxies): it has to know whether a trusted proxy has sent the request.
///
/// ```
/// use http::HeaderName;
/// use palisade::request_id::RequestIds;
///
/// let correlation = HeaderName::from_static("x-correlation-id");
/// let ids = RequestIds::new().header(correlation).ignore_incoming();
/// assert_ne!(format!("{ids:?}"), format!("{:?}", RequestIds::default()));
/// ```
#[doc(alias = "PropagateRequestIdLayer")]
#[doc(alias = "SetRequestIdLayer")]
#[doc(alias = "X-Request-Id")]
#[derive(Clone, Debug)]
#[must_use]
pub struct RequestIds {
    header: HeaderName,
    incoming: bool,
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestIds {
    /// Makes the layer with every default.
    pub fn new() -> Self {
        Self { header: X_REQUEST_ID, incoming: true }
    }

    /// Sets the header that has the id, in requests and in responses.
    pub fn header(self, header: HeaderName) -> Self {
        Self { header, ..self }
    }

    /// Makes a random id for every request, also behind a trusted proxy.
    pub fn ignore_incoming(self) -> Self {
        Self { incoming: false, ..self }
    }

    /// Returns the id that a proxy has sent.
    fn incoming(&self, headers: &HeaderMap) -> Option<RequestId> {
        only(headers, &self.header)
            .and_then(|id| id.parse().ok())
            .or_else(|| trace_id(only(headers, &TRACEPARENT)?)?.parse().ok())
    }
}

/// Returns the value of a header that was sent once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    line.to_str().ok()
}

/// Returns the trace id of a `traceparent`: `version-traceid-parentid-flags`. A later version may
/// have more parts.
fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let mut digits = |count: usize| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        parts.next().filter(|part| part.len() == count && part.bytes().all(is_digit))
    };
    let (version, trace, parent, _flags) = (digits(2)?, digits(32)?, digits(16)?, digits(2)?);
    let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
    let is_valid = version != "ff" && !is_zero(trace) && !is_zero(parent);
    (is_valid && (version != "00" || parts.next().is_none())).then_some(trace)
}

impl Guard for RequestIds {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = RequestContext::begin(request.extensions_mut());
        let client = context.client();
        if self.incoming
            && client.is_some_and(Client::via_proxy)
            && let Some(id) = self.incoming(request.headers())
        {
            context.set_request_id(id);
        }
        // Decided here, so that a span further in has the id.
        let id = context.request_id();
        let span = Span::current();
        if !span.is_disabled() {
            span.record("request_id", field::display(id));
            if let Some(client) = client {
                span.record("client_ip", field::display(client.ip()));
            }
        }
        context
    }

    fn check<B>(&self, _: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        match context.client() {
            None if self.incoming => Err(Client::MISSING.into()),
            _ => Ok(()),
        }
    }

    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        let id = HeaderValue::from_str(context.request_id().as_str());
        response.headers_mut().insert(&self.header, id.expect("an id is a header's value"));
    }
}

guard_layers!(RequestIds);

/// Makes the span of a request, at level `INFO`, with the fields `method`, `route`, `request_id` and
/// `client_ip`. The [module page](self#spans) has an example.
///
/// A field that is not known yet is empty. [`RequestIds`] further in records the id and the
/// client's address. The route is known inside of axum's `Router::layer`.
pub fn make_span<B>(request: &Request<B>) -> Span {
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        route = field::Empty,
        request_id = field::Empty,
        client_ip = field::Empty,
    );
    #[cfg(feature = "axum")]
    if let Some(route) = crate::core::axum_compat::route(request.extensions()) {
        span.record("route", route);
    }
    let context = RequestContext::of(request.extensions());
    if let Some(id) = context.and_then(RequestContext::decided_request_id) {
        span.record("request_id", field::display(id));
    }
    if let Some(client) = context.and_then(RequestContext::client) {
        span.record("client_ip", field::display(client.ip()));
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_trace_id_of_traceparent() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for valid in [
            format!("00-{id}-00f067aa0ba902b7-01"),
            format!("cc-{id}-00f067aa0ba902b7-01-what-the-future-brings"),
        ] {
            assert_eq!(trace_id(&valid), Some(id), "{valid}");
        }
        for invalid in [
            String::new(),
            id.to_owned(),
            format!("00-{id}-00f067aa0ba902b7"),
            format!("00-{id}-00f067aa0ba902b7-01-more"),
            format!("ff-{id}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{id}-0000000000000000-01"),
            format!("00-{id}0-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(trace_id(&invalid), None, "{invalid}");
        }
    }
}
