//! Protection against cross-site request forgery (CSRF): requests that pages of other sites make.
//!
//! ```
//! use palisade::front_door::Guards;
//! use palisade::csrf::{Csrf, TrustedOriginError};
//!
//! // `Guards` and `Palisade` include the check. This site also accepts requests of an application on
//! // another origin:
//! let csrf = Csrf::new().trusted_origins(["https://app.example"])?;
//! let guards = Guards::new().cross_origin(csrf);
//! assert!(Csrf::new().trusted_origins(["*.example"]).is_err(), "there are no wildcards");
//! # Ok::<(), TrustedOriginError>(())
//! ```
//!
//! There are two independent checks:
//!
//! | check | layer | depends on | default |
//! |---|---|---|---|
//! | origin | [`Csrf`], in [`Palisade`](crate::Palisade) | headers that browsers send | on |
//! | token | [`CsrfTokens`], inside of the sessions (feature `csrf`) | a secret in the page | off |
//!
//! # What the origin check does, in order
//!
//! 1. GET, HEAD and OPTIONS pass, because they must not change anything. Requests that open a
//!    WebSocket are checked all the same, and so is every other method.
//! 2. A request whose `Origin` is in [`Csrf::trusted_origins`] passes as *verified*.
//! 3. `Sec-Fetch-Site: same-origin` or `none` passes as verified, whatever the `Origin`: browsers
//!    send `Origin: null` if the page sends no referrer. Any other value is rejected.
//! 4. Without `Sec-Fetch-Site`, an `Origin` equal to the site's own scheme, host and port passes
//!    as verified. Any other `Origin`, `null` included, is rejected.
//! 5. A request with neither header passes without being verified: programs such as curl, and very
//!    old browsers.
//!
//! A rejection is a 403 with [`CsrfRejection::CrossSite`] (`cross_site`).
//!
//! # What the token check does, in order
//!
//! 1. GET, HEAD and OPTIONS pass.
//! 2. With [`CsrfTokens::skip_if_origin_verified`], verified requests pass.
//! 3. A token in the header `X-CSRFToken` or `X-CSRF-Token` is verified (scripts, JSON).
//! 4. Else the token in the field `csrf_token` of a form is verified: urlencoded or multipart,
//!    within the first 64 KB of the body; the first field of the name counts. The rest of the body
//!    waits until then, and is never buffered. The handler reads the whole body.
//! 5. A missing, expired, foreign or invalid token is rejected with a 403 ([`CsrfTokenError`]).
//!
//! A form whose body is malformed (400), too slow (408) or too large (413) is rejected with a
//! [`BodyRejection`](crate::body_limit::BodyRejection).
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | origin check | on | no other site needs to send forms here |
//! | trusted origins | none, no wildcards | a short list can be reviewed |
//! | `Referer` | ignored | privacy tools and `Referrer-Policy: no-referrer` remove it |
//! | token | required even if the origin is verified | two checks with nothing in common |
//! | [`CsrfTokens::time_limit`] | 1 hour | longer than the idle timeout of sessions, so that a form that was open for long is not lost |
//! | [`CsrfTokens::scan_limit`] | 64 KB | fields come before files; memory per request is bounded |
//! | names of field and headers | see above | those of Flask-WTF, Django and Rails |
//!
//! # Long forms
//!
//! A token stays valid while the browser sends the cookie of its session, even if that session has
//! passed its idle timeout: the cookie proves which browser asked for the form. The handler then
//! sees an expired session, with no data and no sign-in. A sign-in, a sign-out or another tab that
//! has started a new session ends the token.
//!
//! Pages of signed-in visitors are not cached, so the browser's "back" may show an empty form after
//! a 403. [`Palisade::rejected_forms`](crate::Palisade::rejected_forms) shows the rejected form again. For
//! forms that take long to fill in, also set a longer [`CsrfTokens::time_limit`] and
//! [`Sessions::idle_timeout`](crate::Sessions::idle_timeout), or save drafts by script.
//!
//! # What it does not do
//!
//! - It does not protect a GET that changes something.
//! - Behind a proxy that terminates TLS, the own origin is wrong until
//!   [`Proxies`](crate::proxy::Proxies) are configured. Browsers without `Sec-Fetch-Site` are then
//!   rejected.
//! - It does not stop webhooks and other programs: they send neither `Origin` nor
//!   `Sec-Fetch-Site`, so they pass the origin check without being verified. Put their routes in a
//!   group without [`CsrfTokens`].
//! - The token check does not read JSON bodies, queries, cookies or compressed bodies.
//! - tower-http has an origin check too; this one knows proxies and rejects with typed reasons.
//!
//! # See also
//!
//! [`cookies`](crate::cookies) for `SameSite`; [`session`](crate::session) for the session that a
//! token belongs to.
//!
//! References: W3C Fetch Metadata; RFC 6454 (Origin); OWASP Cross-Site Request Forgery Prevention
//! Cheat Sheet; BREACH (breachattack.com); Go's `http.CrossOriginProtection`; Flask-WTF
//! `CSRFProtect`.

#[cfg(feature = "csrf")]
mod future;
mod mode;
mod origin;
#[cfg(feature = "csrf")]
pub(crate) mod params;
#[cfg(feature = "csrf")]
mod peeked;
mod rejection;
#[cfg(feature = "csrf")]
mod scan;
#[cfg(feature = "csrf")]
mod settings;
#[cfg(feature = "csrf")]
mod signer;
#[cfg(feature = "csrf")]
mod token;
#[cfg(feature = "csrf")]
mod tokens;
mod verdict;

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{Request, Response};

use self::mode::{Mode, ReportCounter};
use self::origin::Origin;
pub use self::origin::TrustedOriginError;
pub use self::rejection::CsrfRejection;
#[cfg(feature = "csrf")]
pub use self::rejection::CsrfTokenError;
use self::verdict::OriginVerdict;
#[cfg(feature = "csrf")]
pub use self::{
    future::CsrfTokenFuture,
    peeked::PeekedBody,
    token::CsrfToken,
    tokens::{CsrfFieldError, CsrfTokenService, CsrfTokens},
};
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::Rejection;
use crate::core::request_context::{LayerMark, RequestContext};

/// The origin check: rejects requests that pages of other sites have made. See the [module
/// page](self).
///
/// ```
/// use http::{Request, Response};
/// use palisade::csrf::{Csrf, CsrfRejection};
/// use palisade::proxy::Proxies;
/// use palisade::request::PeerAddr;
/// use palisade::Rejection;
/// use tower::{Layer, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let application = tower::service_fn(async |_: Request<()>| {
/// #     Ok::<_, std::convert::Infallible>(Response::new(String::from("saved")))
/// # });
/// let site = Proxies::none().layer(Csrf::new().layer(application));
/// let forged = Request::post("/delete")
///     .header("host", "example.org")
///     .header("origin", "https://evil.example")
///     .extension(PeerAddr("192.0.2.7:40000".parse()?))
///     .body(())?;
/// let response = site.oneshot(forged).await?;
/// assert_eq!(response.status(), 403);
/// let rejection = response.extensions().get::<Rejection>().expect("it carries its reason");
/// assert_eq!(*rejection, CsrfRejection::CrossSite);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "CrossOriginProtection")]
#[doc(alias = "XSRF")]
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Csrf(Arc<Settings>);

#[derive(Clone, Debug, Default)]
struct Settings {
    trusted: Vec<Origin>,
    mode: Mode,
    reported: ReportCounter,
    /// Reject only requests with a password that the browser adds by itself.
    only_basic_auth: bool,
}

impl Csrf {
    /// Makes a check that rejects, and trusts no other origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds origins whose pages may send requests here, in the form `https://app.example`.
    ///
    /// # Errors
    /// If a text is not a scheme, a host and an optional port.
    #[doc(alias = "CSRF_TRUSTED_ORIGINS")]
    pub fn trusted_origins<T: AsRef<str>>(
        self,
        origins: impl IntoIterator<Item = T>,
    ) -> Result<Self, TrustedOriginError> {
        let origins: Vec<_> =
            origins.into_iter().map(|text| Origin::trusted(text.as_ref())).collect::<Result<_, _>>()?;
        Ok(self.change(|settings| settings.trusted.extend(origins)))
    }

    /// Logs and counts the requests that the check would reject, and lets them pass.
    pub fn report_only(self) -> Self {
        self.change(|settings| settings.mode = Mode::ReportOnly)
    }

    /// Turns the origin check off.
    ///
    /// # Security
    /// Any page on the web can then act in the name of its visitors, unless
    /// [`CsrfTokens`] prevents it.
    pub fn dangerous_disable_origin_check(self) -> Self {
        self.change(|settings| settings.mode = Mode::Off)
    }

    /// Rejects only requests of other sites with `Authorization: Basic`, which browsers add by
    /// themselves. For groups of routes that read no cookie.
    pub(crate) fn only_basic_auth(self) -> Self {
        self.change(|settings| settings.only_basic_auth = true)
    }

    /// The number of requests that [`report_only`](Self::report_only) let pass. Clones share it.
    pub fn reported(&self) -> u64 {
        self.0.reported.count()
    }

    /// Puts the verdict into the request's extensions. A request that changes nothing gets none.
    pub(crate) fn attach_verdict<B>(&self, request: &mut Request<B>, context: &RequestContext) {
        if self.0.mode != Mode::Off && verdict::changes_state(request) {
            let verdict = verdict::judge_origin(request, context, &self.0.trusted);
            request.extensions_mut().insert(verdict);
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// Returns `true` if the origin check has verified that a page of this site, or of a trusted origin,
/// sent the request.
#[cfg(all(feature = "axum", feature = "session"))]
pub(crate) fn is_origin_verified(extensions: &http::Extensions) -> bool {
    extensions.get() == Some(&OriginVerdict::Verified)
}

/// Returns `true` if the request has a name and a password that the browser may have added.
fn has_basic_auth<B>(request: &Request<B>) -> bool {
    request.headers().get_all(AUTHORIZATION).iter().any(|value| {
        let scheme = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
        ["basic", "digest", "negotiate", "ntlm"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known.as_bytes()))
    })
}

impl Guard for Csrf {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::Csrf);
        self.attach_verdict(request, &context);
        context
    }

    fn check<B>(&self, request: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        if self.0.mode == Mode::Off {
            return Ok(());
        }
        match request.extensions().get() {
            Some(OriginVerdict::UnknownClient) => Err(Client::MISSING.into()),
            Some(OriginVerdict::CrossSite) if self.0.only_basic_auth && !has_basic_auth(request) => Ok(()),
            Some(OriginVerdict::CrossSite) => {
                verdict::log_cross_site(request, context);
                let (method, path) = (request.method(), request.uri().path());
                self.0.reported.reject_or_report(self.0.mode, method, path, CsrfRejection::CrossSite)
            }
            Some(OriginVerdict::Verified | OriginVerdict::NoEvidence) | None => Ok(()),
        }
    }

    fn finish<B>(&self, _: &RequestContext, _: &mut Response<B>) {}
}

guard_layers!(Csrf);
