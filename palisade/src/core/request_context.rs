//! The values that the layers of one request share: the client and the nonce.
//!
//! The outermost layer makes it with one allocation and puts it into the request's extensions; the other
//! layers and the extractors find it there. Layers therefore work alone and in any combination.

use std::fmt;
#[cfg(feature = "serve")]
use std::sync::atomic::AtomicU8;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
#[cfg(feature = "serve")]
use std::sync::{Mutex, PoisonError};

use http::Extensions;

#[cfg(feature = "serve")]
use crate::core::capacity::Place;
use crate::core::client::Client;
use crate::core::rejection::MissingLayer;
use crate::core::request_id::RequestId;
#[cfg(feature = "error-page")]
use crate::core::requester::{Requester, RequesterHint};

/// A handle to the values that the layers of one request share.
///
/// ```
/// use palisade::request::RequestContext;
///
/// let mut extensions = http::Extensions::new();
/// let context = RequestContext::begin(&mut extensions);
/// assert!(RequestContext::of(&extensions).is_some_and(|context| context.client().is_none()));
///
/// context.set_request_id("an-id-of-your-own".parse()?);
/// assert_eq!(context.request_id().as_str(), "an-id-of-your-own");
/// # Ok::<(), palisade::request::RequestIdError>(())
/// ```
#[derive(Clone, Default)]
pub struct RequestContext(Arc<Shared>);

#[derive(Default)]
struct Shared {
    client: OnceLock<Client>,
    request_id: OnceLock<RequestId>,
    nonce: OnceLock<[u8; NONCE_CHARS]>,
    #[cfg(feature = "error-page")]
    requester: OnceLock<RequesterHint>,
    entered: AtomicU16,
    shows_causes: AtomicBool,
    personal: AtomicBool,
    #[cfg(feature = "rate-limit")]
    counted: AtomicBool,
    #[cfg(feature = "serve")]
    kept: KeptPlace,
}

/// The place of a layer's limit that the server keeps until the response is sent.
#[cfg(feature = "serve")]
#[derive(Default)]
struct KeptPlace {
    state: AtomicU8,
    place: Mutex<Option<Place>>,
}

#[cfg(feature = "serve")]
impl KeptPlace {
    const NONE: u8 = 0;
    const OFFERED: u8 = 1;
    const KEPT: u8 = 2;
}

/// 128 bits in base64url without padding.
pub(crate) const NONCE_CHARS: usize = 22;

impl RequestContext {
    /// Returns the context of these request extensions, and makes it if there is none.
    pub fn begin(extensions: &mut Extensions) -> Self {
        extensions.get_or_insert_default::<Self>().clone()
    }

    /// Returns the context of these request extensions, if a layer has made it.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The client, once [`Proxies`](crate::proxy::Proxies) has resolved it.
    pub fn client(&self) -> Option<&Client> {
        self.0.client.get()
    }

    /// Sets the client. The first call counts; a second resolver further in changes nothing.
    pub(crate) fn set_client(&self, client: Client) {
        let _ = self.0.client.set(client);
    }

    /// Returns the id of this request, and makes a random one if there is none.
    pub fn request_id(&self) -> RequestId {
        *self.0.request_id.get_or_init(RequestId::random)
    }

    /// Returns the id of this request if it is decided already.
    pub(crate) fn decided_request_id(&self) -> Option<RequestId> {
        self.0.request_id.get().copied()
    }

    /// Sets the id of this request. The first call counts.
    pub fn set_request_id(&self, id: RequestId) {
        let _ = self.0.request_id.set(id);
    }

    pub(crate) fn nonce(&self) -> &OnceLock<[u8; NONCE_CHARS]> {
        &self.0.nonce
    }

    /// Marks the response as personal: it contains something that only this visitor may see.
    #[cfg(feature = "csrf")]
    pub(crate) fn mark_personal(&self) {
        self.0.personal.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_personal(&self) -> bool {
        self.0.personal.load(Ordering::Relaxed)
    }

    /// Marks the request as counted by a rate limit, for the default limit further out.
    #[cfg(feature = "rate-limit")]
    pub(crate) fn mark_counted(&self) {
        self.0.counted.store(true, Ordering::Relaxed);
    }

    #[cfg(feature = "rate-limit")]
    pub(crate) fn is_counted(&self) -> bool {
        self.0.counted.load(Ordering::Relaxed)
    }

    /// Lets layers give their places to the server, which keeps them until the last byte of the
    /// response is sent: see [`keep_place`](Self::keep_place).
    #[cfg(feature = "serve")]
    pub(crate) fn set_server_keeps_places(&self) {
        self.0.kept.state.store(KeptPlace::OFFERED, Ordering::Relaxed);
    }

    /// Gives a place to the server.
    ///
    /// # Errors
    /// The place, if there is no server that keeps places, or it keeps one already.
    #[cfg(feature = "serve")]
    pub(crate) fn keep_place(&self, place: Place) -> Result<(), Place> {
        let KeptPlace { state, place: kept } = &self.0.kept;
        let (from, to) = (KeptPlace::OFFERED, KeptPlace::KEPT);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if state.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return Err(place);
        }
        *kept = Some(place);
        Ok(())
    }

    /// Returns the place that the server keeps, if there is one: the response is sent, or will never
    /// be. No further place is kept.
    #[cfg(feature = "serve")]
    pub(crate) fn take_place(&self) -> Option<Place> {
        let KeptPlace { state, place } = &self.0.kept;
        match state.swap(KeptPlace::NONE, Ordering::Relaxed) {
            KeptPlace::KEPT => place.lock().unwrap_or_else(PoisonError::into_inner).take(),
            _ => None,
        }
    }

    /// Marks that the request has entered this layer.
    pub(crate) fn enter(&self, layer: LayerMark) {
        // The layers of one request run one after the other.
        let entered = self.0.entered.load(Ordering::Relaxed);
        self.0.entered.store(entered | layer.bit(), Ordering::Relaxed);
    }

    /// Returns `true` if the request has entered this layer.
    pub(crate) fn has_entered(&self, layer: LayerMark) -> bool {
        self.0.entered.load(Ordering::Relaxed) & layer.bit() != 0
    }

    /// Returns the error for the first of these layers that stands outside of the caller.
    pub(crate) fn reject_outside(&self, layers: &[(LayerMark, &'static str)]) -> Result<(), MissingLayer> {
        match layers.iter().find(|(layer, _)| self.has_entered(*layer)) {
            Some((_, text)) => Err(MissingLayer(text)),
            None => Ok(()),
        }
    }

    /// Returns the error for a handler that needs sessions without their layer: behind a front door,
    /// its route is in a group without them, or the door has none.
    #[cfg(feature = "csrf")]
    pub(crate) fn sessions_missing(extensions: &Extensions, without_door: MissingLayer) -> MissingLayer {
        match Self::of(extensions) {
            Some(context) if context.has_entered(LayerMark::Guards) => MissingLayer(
                "A handler needs the session or a CSRF token, and its route has no sessions. If the `Palisade` around \
                 it is a group without them (`for_api`, `for_webhooks`, `for_probes`, `without_sessions`), move the \
                 route to the router that the `Palisade` with sessions protects. Otherwise write `Palisade::sessions`; \
                 among single layers, `Sessions::in_store(store, &keyring)` and `CsrfTokens::new(&keyring)` inside of it.",
            ),
            _ => without_door,
        }
    }

    /// Shows the causes of errors on their pages: in development only, never to the public.
    pub fn set_shows_causes(&self) {
        self.0.shows_causes.store(true, Ordering::Relaxed);
    }

    /// Returns `true` if error pages may show causes.
    pub fn shows_causes(&self) -> bool {
        self.0.shows_causes.load(Ordering::Relaxed)
    }

    /// Notes who asks, for error pages that depend on it. The first call counts.
    #[cfg(feature = "error-page")]
    pub(crate) fn set_requester(&self, hint: RequesterHint) {
        let _ = self.0.requester.set(hint);
    }

    /// Returns the requester, if error pages depend on it.
    #[cfg(feature = "error-page")]
    pub(crate) fn requester(&self) -> Option<Requester> {
        self.0.requester.get().map(RequesterHint::requester)
    }

    /// Returns `true` if an outer layer writes a page for an error after the headers are complete.
    /// Its bodies for programs and for htmx have no nonce.
    pub(crate) fn page_follows(&self) -> bool {
        #[cfg(feature = "error-page")]
        return self.requester() == Some(Requester::Person);
        #[cfg(not(feature = "error-page"))]
        false
    }
}

impl Client {
    /// Returns the client of the request with these extensions, if a layer has resolved it. The key
    /// of a rate limit, for example, sees only the head of the request.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        RequestContext::of(extensions).and_then(RequestContext::client)
    }
}

impl RequestId {
    /// Returns the id of the request with these extensions, if a layer has begun the request.
    pub fn of(extensions: &Extensions) -> Option<Self> {
        RequestContext::of(extensions).map(RequestContext::request_id)
    }
}

/// A layer whose place among the others is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerMark {
    #[cfg_attr(not(feature = "error-page"), allow(dead_code, reason = "asked for by others"))]
    ErrorPages,
    /// The stateless layers of the front door.
    Guards,
    /// A layer that will complete the response with security headers.
    Headers,
    /// Not a layer: the security headers have been added to the response.
    HeadersSent,
    Hosts,
    Https,
    Csrf,
    ConcurrencyLimit,
    Deadline,
    BodyLimit,
    RateLimit,
    Sessions,
    CsrfTokens,
}

impl LayerMark {
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Lists the layers that reject requests, each with a text: the first part, its name, the second
/// part. Layers after the semicolon come first.
macro_rules! rejecting_layers {
    ($before:literal, $after:literal $(; $mark:ident $name:literal)?) => {
        &[
            $(($crate::core::request_context::LayerMark::$mark, concat!($before, $name, $after)),)?
            ($crate::core::request_context::LayerMark::Hosts, concat!($before, "Hosts", $after)),
            ($crate::core::request_context::LayerMark::Https, concat!($before, "Https", $after)),
            ($crate::core::request_context::LayerMark::Csrf, concat!($before, "Csrf", $after)),
            ($crate::core::request_context::LayerMark::ConcurrencyLimit, concat!($before, "ConcurrencyLimit", $after)),
            ($crate::core::request_context::LayerMark::Deadline, concat!($before, "Deadline", $after)),
            ($crate::core::request_context::LayerMark::BodyLimit, concat!($before, "BodyLimit", $after)),
            ($crate::core::request_context::LayerMark::RateLimit, concat!($before, "RateLimitLayer", $after)),
            ($crate::core::request_context::LayerMark::Sessions, concat!($before, "Sessions", $after)),
            ($crate::core::request_context::LayerMark::CsrfTokens, concat!($before, "CsrfTokens", $after)),
        ]
    };
}
pub(crate) use rejecting_layers;

/// Hides the nonce, which is a secret of the page.
impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext").field("client", &self.0.client).finish_non_exhaustive()
    }
}
