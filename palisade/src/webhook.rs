//! Signed webhooks: checks that a request comes from the service that knows the secret.
//!
//! ```
//! use axum::body::{Body, Bytes};
//! use axum::http::{HeaderMap, Request};
//! use axum::{Router, extract::State, routing::post};
//! use palisade::webhook::{Webhook, WebhookRejection};
//! use tower::ServiceExt;
//!
//! async fn pushed(
//!     State(github): State<Webhook>,
//!     headers: HeaderMap,
//!     body: Bytes, // the bytes that were signed: parse them afterwards
//! ) -> Result<&'static str, WebhookRejection> {
//!     github.verify(&headers, &body)?;
//!     Ok("thank you")
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let github = Webhook::github("It's a Secret to Everybody")?;
//! let app: Router = Router::new().route("/github", post(pushed)).with_state(github);
//!
//! let signature = "sha256=757107ea0eb2509fc211221c\
//!     ce984b8a37570b6d7586c22c46f4379c8b043e17";
//! let send = |body: &'static str| {
//!     Request::post("/github").header("x-hub-signature-256", signature).body(Body::from(body))
//! };
//! assert_eq!(app.clone().oneshot(send("Hello, World!")?).await?.status(), 200);
//! assert_eq!(app.oneshot(send("Hello, Mallory!")?).await?.status(), 403);
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. The header with the signature is read: `X-Hub-Signature-256: sha256=…` for
//!    [`Webhook::github`], `Stripe-Signature: t=…,v1=…` for [`Webhook::stripe`].
//! 2. The HMAC-SHA-256 of the body (Stripe: of the time and the body) is compared with each
//!    signature in constant time, for the current and the previous secret.
//! 3. Stripe's time may differ from the clock by 5 minutes, so that an old request cannot be sent
//!    again.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | secret | at least 16 bytes | a short one can be guessed from one request |
//! | [`Webhook::tolerance`] | 5 minutes | Stripe's own libraries use it |
//!
//! # What it does not do
//!
//! - It does not remember requests. GitHub's signature has no time: store `X-GitHub-Delivery`, and
//!   ignore a delivery that you know.
//! - It does not read the body: limit it ([`BodyLimit`](crate::body_limit)), and give the bytes
//!   unchanged. JSON that was parsed and written again has another signature.
//! - Services send no cookie and no CSRF token: protect the route by
//!   [`Palisade::for_webhooks`](crate::Palisade::for_webhooks).
//!
//! References: GitHub, Validating webhook deliveries; Stripe, Verify webhook signatures manually;
//! RFC 2104.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName};
use sha2::Sha256;

use crate::core::clock::Clock;
use crate::core::rejection::rejection_reasons;

const GITHUB: HeaderName = HeaderName::from_static("x-hub-signature-256");
const STRIPE: HeaderName = HeaderName::from_static("stripe-signature");
const MIN_SECRET_BYTES: usize = 16;
/// A header has one signature for each secret that the service knows.
const MAX_SIGNATURES: usize = 10;

/// The secret that a service signs its requests with. See the [module page](self).
#[derive(Clone)]
#[doc(alias("HMAC", "X-Hub-Signature-256", "Stripe-Signature"))]
#[must_use]
pub struct Webhook {
    scheme: SignatureScheme,
    keys: Vec<Hmac<Sha256>>,
    tolerance: Duration,
    clock: Clock,
}

#[derive(Clone, Copy, Debug)]
enum SignatureScheme {
    GitHub,
    Stripe,
}

impl Webhook {
    /// Verifies GitHub's `X-Hub-Signature-256`; Gitea and Forgejo send it too.
    ///
    /// # Errors
    /// If the secret has fewer than 16 bytes.
    pub fn github(secret: &str) -> Result<Self, WebhookSecretError> {
        Self::new(SignatureScheme::GitHub, secret)
    }

    /// Verifies Stripe's `Stripe-Signature`. The secret of an endpoint begins with `whsec_`.
    ///
    /// # Errors
    /// If the secret has fewer than 16 bytes.
    pub fn stripe(secret: &str) -> Result<Self, WebhookSecretError> {
        Self::new(SignatureScheme::Stripe, secret)
    }

    /// Accepts another secret too, while you replace it at the service.
    ///
    /// # Errors
    /// If the secret has fewer than 16 bytes.
    pub fn previous(mut self, secret: &str) -> Result<Self, WebhookSecretError> {
        self.keys.push(key(secret)?);
        Ok(self)
    }

    /// Sets how far Stripe's time may differ from the clock.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        Self { tolerance, ..self }
    }

    /// Uses this clock instead of the system's.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Checks the signature of a request.
    ///
    /// # Errors
    /// If the signature is missing, wrong or too old.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), WebhookRejection> {
        match self.scheme {
            SignatureScheme::GitHub => {
                let header = header(headers, &GITHUB)?;
                let signature = header.strip_prefix("sha256=").ok_or(WebhookRejection::Invalid)?;
                self.check(&[body], &[signature])
            }
            SignatureScheme::Stripe => {
                let header = header(headers, &STRIPE)?;
                let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
                let time = fields().find(|(name, _)| *name == "t").ok_or(WebhookRejection::Invalid)?.1;
                let signatures: Vec<&str> =
                    fields().filter(|(name, _)| *name == "v1").map(|it| it.1).take(MAX_SIGNATURES).collect();
                self.check(&[time.as_bytes(), b".", body], &signatures)?;
                let seconds: u64 = time.parse().map_err(|_| WebhookRejection::Invalid)?;
                let difference = seconds.saturating_mul(1_000_000).abs_diff(self.clock.now());
                if u128::from(difference) > self.tolerance.as_micros() {
                    return Err(WebhookRejection::Stale);
                }
                Ok(())
            }
        }
    }

    fn new(scheme: SignatureScheme, secret: &str) -> Result<Self, WebhookSecretError> {
        let tolerance = Duration::from_secs(300);
        Ok(Self { scheme, keys: vec![key(secret)?], tolerance, clock: Clock::system() })
    }

    /// Checks that one of the keys has made one of the signatures.
    fn check(&self, message: &[&[u8]], signatures: &[&str]) -> Result<(), WebhookRejection> {
        for key in &self.keys {
            let mut mac = key.clone();
            message.iter().for_each(|part| mac.update(part));
            for signature in signatures {
                let mut bytes = [0; 32];
                let is_hex = hex::decode_to_slice(signature, &mut bytes).is_ok();
                if is_hex && mac.clone().verify_slice(&bytes).is_ok() {
                    return Ok(());
                }
            }
        }
        Err(WebhookRejection::Invalid)
    }
}

fn key(secret: &str) -> Result<Hmac<Sha256>, WebhookSecretError> {
    if secret.len() < MIN_SECRET_BYTES {
        return Err(WebhookSecretError(secret.len()));
    }
    Ok(<Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).expect("HMAC accepts keys of any length"))
}

/// Returns the only value of a header. Of two, the application could trust the wrong one.
fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, WebhookRejection> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(WebhookRejection::Missing)?;
    if values.next().is_some() {
        return Err(WebhookRejection::Invalid);
    }
    value.to_str().map_err(|_| WebhookRejection::Invalid)
}

/// Hides the secret.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({:?}, {} hidden)", self.scheme, self.keys.len())
    }
}

/// The error for a secret that is too short. It has the length.
///
/// ```
/// use palisade::webhook::Webhook;
///
/// let error = Webhook::stripe("whsec_").unwrap_err();
/// assert!(error.to_string().starts_with("the webhook's secret has 6 bytes"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the webhook's secret has {0} bytes and needs 16: make one with `openssl rand -base64 32`, or copy all of it \
     from the service"
)]
pub struct WebhookSecretError(usize);

rejection_reasons! {
    /// The reason why a webhook is rejected.
    ///
    /// ```
    /// use palisade::Rejection;
    /// use palisade::webhook::WebhookRejection;
    ///
    /// let rejection = Rejection::from(WebhookRejection::Stale);
    /// assert_eq!((rejection.status().as_u16(), rejection.code()), (403, "webhook_stale"));
    /// ```
    pub enum WebhookRejection {
        /// 403: the request has no signature.
        Missing => (FORBIDDEN, "webhook_unsigned", "The request has no signature."),
        /// 403: no secret has made the signature for this body.
        Invalid => (FORBIDDEN, "webhook_invalid", "The request's signature is wrong."),
        /// 403: the signature is right, and its time differs too much from the clock.
        Stale => (FORBIDDEN, "webhook_stale", "The request's signature is too old."),
    }
}

crate::core::error_text::debug_is_text!(WebhookSecretError);
