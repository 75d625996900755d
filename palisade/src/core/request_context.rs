//! The values that the layers of one request share: the client and the nonce.
//!
//! The outermost layer makes it with one allocation and puts it into the request's extensions; the other
//! layers and the extractors find it there. Layers therefore work alone and in any combination.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http::Extensions;

use crate::core::client::Client;

/// A handle to the values that the layers of one request share.
///
/// ```
/// use palisade::request::RequestContext;
///
/// let mut extensions = http::Extensions::new();
/// RequestContext::begin(&mut extensions);
/// assert!(RequestContext::of(&extensions).is_some_and(|context| context.client().is_none()));
/// ```
#[derive(Clone, Default)]
pub struct RequestContext(Arc<Shared>);

#[derive(Default)]
struct Shared {
    client: OnceLock<Client>,
    nonce: OnceLock<[u8; NONCE_CHARS]>,
    page_follows: AtomicBool,
    personal: AtomicBool,
    #[cfg(feature = "rate-limit")]
    counted: AtomicBool,
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

    /// Marks that an outer layer writes the bodies of errors after the headers are complete.
    #[cfg(feature = "error-page")]
    pub(crate) fn expect_page(&self) {
        self.0.page_follows.store(true, Ordering::Relaxed);
    }

    pub(crate) fn page_follows(&self) -> bool {
        self.0.page_follows.load(Ordering::Relaxed)
    }
}

/// Hides the nonce, which is a secret of the page.
impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext").field("client", &self.0.client).finish_non_exhaustive()
    }
}
