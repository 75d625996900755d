//! What the layers of one request share: who is asking, and the nonce of the page.
//!
//! One allocation per request, made by whichever layer comes first, found again in the request's extensions by
//! the others and by the extractors. Layers therefore work alone and in any company.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http::Extensions;

use crate::core::client::Client;
use crate::core::session_tag::SessionTag;

/// A handle to what the layers of one request share.
#[derive(Clone, Default)]
pub struct RequestContext(Arc<Shared>);

#[derive(Default)]
struct Shared {
    client: OnceLock<Client>,
    nonce: OnceLock<[u8; NONCE_CHARS]>,
    binding: OnceLock<Arc<dyn SessionTag>>,
    page_follows: AtomicBool,
    personal: AtomicBool,
    #[cfg(feature = "rate-limit")]
    counted: AtomicBool,
}

/// 128 bits in base64url without padding.
pub(crate) const NONCE_CHARS: usize = 22;

impl RequestContext {
    /// The exchange that these request extensions belong to, begun here if nobody has yet.
    pub fn begin(extensions: &mut Extensions) -> Self {
        extensions.get_or_insert_default::<Self>().clone()
    }

    /// The exchange that these request extensions belong to, if a layer began one.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Who is asking, once [`Proxies`](crate::Proxies) has looked.
    pub fn client(&self) -> Option<&Client> {
        self.0.client.get()
    }

    /// Says who is asking. The first word counts: a second resolver further in changes nothing.
    pub(crate) fn set_client(&self, client: Client) {
        let _ = self.0.client.set(client);
    }

    pub(crate) fn nonce(&self) -> &OnceLock<[u8; NONCE_CHARS]> {
        &self.0.nonce
    }

    /// What ties a token to the visitor's session, where a layer keeps sessions.
    pub fn binding(&self) -> Option<&dyn SessionTag> {
        self.0.binding.get().map(|binding| &**binding)
    }

    /// Says what ties a token to the visitor's session. The first word counts.
    pub fn bind(&self, binding: Arc<dyn SessionTag>) {
        let _ = self.0.binding.set(binding);
    }

    /// Says that the page has something in it that only this visitor may have.
    #[cfg(feature = "csrf")]
    pub(crate) fn be_personal(&self) {
        self.0.personal.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_personal(&self) -> bool {
        self.0.personal.load(Ordering::Relaxed)
    }

    /// Says that a limit has counted the request, on which a default further out may rely.
    #[cfg(feature = "rate-limit")]
    pub(crate) fn be_counted(&self) {
        self.0.counted.store(true, Ordering::Relaxed);
    }

    #[cfg(feature = "rate-limit")]
    pub(crate) fn is_counted(&self) -> bool {
        self.0.counted.load(Ordering::Relaxed)
    }

    /// Says that an outer layer writes the body of an error after the headers are complete.
    #[cfg(feature = "error-page")]
    pub(crate) fn expect_page(&self) {
        self.0.page_follows.store(true, Ordering::Relaxed);
    }

    pub(crate) fn page_follows(&self) -> bool {
        self.0.page_follows.load(Ordering::Relaxed)
    }
}

/// The nonce is the page's secret, and is not shown.
impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("client", &self.0.client).finish_non_exhaustive()
    }
}
