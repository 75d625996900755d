//! So many requests in so long, by whom you like, on any store: as a layer and as a call.
//!
//! ```
//! # use axum::{Router, routing::post};
//! # use palisade::{Palisade, RateLimit, Refusal, store::MemoryStore};
//! let login = RateLimit::new("login", "5/minute; 20/hour".parse()?, MemoryStore::new());
//! let app: Router = Router::new()
//!     .route("/login", post(|| async {}).layer(login.clone().per_client())) // five a minute per address
//!     .layer(Palisade::new());
//!
//! // and five a minute per account, where only the handler knows which
//! async fn log_in(login: RateLimit, email: &str) -> Result<(), Refusal> {
//!     login.check(email).await?;
//!     Ok(())
//! }
//! # Ok::<(), palisade::QuotaError>(())
//! ```
//!
//! What passes a layer, in this order:
//! 1. a method that is not limited ([`methods`](RateLimit::methods)), a request that is exempt
//!    ([`exempt_when`](RateLimit::exempt_when));
//! 2. a request whose caller is known; one without a key is refused, or counted with all others like it
//!    ([`unkeyed_together`](RateLimit::unkeyed_together)), but never passes uncounted;
//! 3. a request within every quota; all of them are charged in one step, or none is. Any other is a 429 that says when to
//!    come back;
//! 4. nothing, when the store does not answer: a 503, unless the limit is
//!    [`open_when_down`](RateLimit::open_when_down).
//!
//! | default | why |
//! |---|---|
//! | fixed-window | as Flask-Limiter; cheap, and the same on every store |
//! | every request costs 1 | [`cost`](RateLimit::cost) |
//! | what the layer charged stays charged | [`deduct_when`](RateLimit::deduct_when) gives it back |
//! | IPv6 clients count by /64 | one household has that many addresses |
//! | closed when the store is down | a limit that opens by itself guards nothing |
//! | `Retry-After` on refusals only; no `X-RateLimit-…` | [`fields`](RateLimit::fields) |
//!
//! A limit further in does not replace one further out: both count. Give routes with limits of their own a group of
//! their own.
//!
//! References: Flask-Limiter 4.1.1; RFC 6585 §4 (429); RFC 9110 §10.2.3 (Retry-After); draft-ietf-httpapi-ratelimit-headers.

mod fields;
mod key;
mod layer;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, response};

use crate::clock::Clock;
use crate::quota::{Quotas, Strategy};
use crate::refusal::Refusal;
use crate::store::{Answer, Ask, Charge, Outcome, Standing, Store, StoreError, Verdict};

pub use fields::Fields;
pub use key::Key;
pub use layer::{LimitFuture, LimitLayer, Limited};

/// A limit: its name, its quotas, and where it counts. Clones count together.
#[derive(Clone)]
pub struct RateLimit(Arc<Rules>);

#[derive(Clone)]
struct Rules {
    name: Box<str>,
    quotas: Quotas,
    store: Store,
    strategy: Strategy,
    charge: Charge,
    methods: Option<Vec<Method>>,
    per_method: bool,
    unkeyed_together: bool,
    open_when_down: bool,
    report_only: bool,
    message: Option<Arc<str>>,
    fields: Fields,
    clock: Clock,
    cost: Arc<Asked<u32>>,
    exempt: Arc<Asked<bool>>,
    quotas_by: Arc<Asked<Option<Quotas>>>,
    deduct: Option<Arc<Answered>>,
    on_breach: Arc<Told>,
}

/// What the application says of a request, of its response, and is told of a breach.
type Asked<T> = dyn Fn(&Parts) -> T + Send + Sync;
type Answered = dyn Fn(&response::Parts) -> bool + Send + Sync;
type Told = dyn Fn(&Breach<'_>) + Send + Sync;

/// What [`RateLimit::on_breach`] is told.
#[derive(Clone, Copy, Debug)]
pub struct Breach<'a> {
    /// The limit's name.
    pub limit: &'a str,
    /// Who asked too often.
    pub caller: &'a [u8],
    /// Where they stand.
    pub standing: Standing,
}

impl RateLimit {
    /// A limit that counts under this name; two of the same name, quotas and store count together.
    pub fn new(name: &str, quotas: Quotas, store: impl Into<Store>) -> Self {
        Self(Arc::new(Rules {
            name: name.into(),
            quotas,
            store: store.into(),
            strategy: Strategy::default(),
            charge: Charge::AllOrNothing,
            methods: None,
            per_method: false,
            unkeyed_together: false,
            open_when_down: false,
            report_only: false,
            message: None,
            fields: Fields::none(),
            clock: Clock::system(),
            cost: Arc::new(|_| 1),
            exempt: Arc::new(|_| false),
            quotas_by: Arc::new(|_| None),
            deduct: None,
            on_breach: Arc::new(|_| {}),
        }))
    }

    /// How hits are counted.
    ///
    /// # Errors
    /// When the store cannot count this way; it says why.
    pub fn strategy(self, strategy: Strategy) -> Result<Self, StoreError> {
        self.0.store.supports(strategy)?;
        Ok(self.change(|rules| rules.strategy = strategy))
    }

    /// Asks the quotas one after the other up to the first that refuses, and leaves those before it charged, as
    /// Flask-Limiter does. The default charges all or none.
    pub fn charge_in_order(self) -> Self {
        self.change(|rules| rules.charge = Charge::InOrder)
    }

    /// Limits these methods only; a layer lets the others pass.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        let methods = methods.into_iter().collect();
        self.change(|rules| rules.methods = Some(methods))
    }

    /// Counts each method for itself.
    pub fn per_method(self) -> Self {
        self.change(|rules| rules.per_method = true)
    }

    /// What a request costs; 0 costs nothing, and is refused when the quota is used up.
    pub fn cost(self, cost: impl Fn(&Parts) -> u32 + Send + Sync + 'static) -> Self {
        self.change(|rules| rules.cost = Arc::new(cost))
    }

    /// Lets these requests pass a layer uncounted.
    pub fn exempt_when(self, exempt: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.change(|rules| rules.exempt = Arc::new(exempt))
    }

    /// The quotas of this request, for tiers of users; `None` means the limit's own.
    pub fn quotas_by(self, quotas: impl Fn(&Parts) -> Option<Quotas> + Send + Sync + 'static) -> Self {
        self.change(|rules| rules.quotas_by = Arc::new(quotas))
    }

    /// Charges a request only if its response says so: failed logins, say. The charge is made before and given back
    /// after, so that many at once cannot slip through.
    pub fn deduct_when(self, deduct: impl Fn(&response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.change(|rules| rules.deduct = Some(Arc::new(deduct)))
    }

    /// Is told of every breach.
    pub fn on_breach(self, told: impl Fn(&Breach<'_>) + Send + Sync + 'static) -> Self {
        self.change(|rules| rules.on_breach = Arc::new(told))
    }

    /// A sentence for whoever asked too often, before the one that says when to come back.
    pub fn message(self, message: &str) -> Self {
        let message = Arc::from(message);
        self.change(|rules| rules.message = Some(message))
    }

    /// Which fields of the response say where the caller stands.
    pub fn fields(self, fields: Fields) -> Self {
        self.change(|rules| rules.fields = fields)
    }

    /// Counts requests without a key as one caller, instead of refusing them.
    pub fn unkeyed_together(self) -> Self {
        self.change(|rules| rules.unkeyed_together = true)
    }

    /// Lets requests pass uncounted while the store does not answer, instead of refusing them.
    pub fn open_when_down(self) -> Self {
        self.change(|rules| rules.open_when_down = true)
    }

    /// Counts and logs, and refuses nothing.
    pub fn report_only(self) -> Self {
        self.change(|rules| rules.report_only = true)
    }

    /// Where the time in `X-RateLimit-Reset` comes from.
    pub fn clock(self, clock: Clock) -> Self {
        self.change(|rules| rules.clock = clock)
    }

    /// A layer that counts by the client's address, as [`Proxies`](crate::Proxies) found it; IPv6 by /64.
    pub fn per_client(self) -> LimitLayer {
        LimitLayer::new(self, key::client)
    }

    /// A layer that counts by the value of a header.
    pub fn per_header(self, name: http::HeaderName) -> LimitLayer {
        LimitLayer::new(self, move |parts| parts.headers.get(&name).map(|value| Key::from(value.as_bytes())))
    }

    /// A layer that counts by what this function finds.
    pub fn per(self, key: impl Fn(&Parts) -> Option<Key> + Send + Sync + 'static) -> LimitLayer {
        LimitLayer::new(self, key)
    }

    /// A layer that counts everybody together.
    pub fn together(self) -> LimitLayer {
        LimitLayer::new(self, |_| Some(Key::from(b"*".as_slice())))
    }

    /// Counts one request by this caller.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`], or [`Refusal::LimiterDown`] when the store does not answer.
    pub async fn check(&self, caller: impl AsRef<[u8]>) -> Result<(), Refusal> {
        let rules = &*self.0;
        let caller = caller.as_ref();
        let verdict = rules.store.decide(rules.ask(caller, &rules.quotas, 1)).wait().await;
        rules.judge(caller, verdict).map(drop)
    }

    /// Where this caller stands; counts nothing.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn standing(&self, caller: impl AsRef<[u8]>) -> Result<Standing, StoreError> {
        let rules = &*self.0;
        let ask = Ask { charge: Charge::Nothing, ..rules.ask(caller.as_ref(), &rules.quotas, 1) };
        rules.store.decide(ask).wait().await.map(|verdict| verdict.standing)
    }

    /// Gives back one request by this caller: a login that was right after all.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refund(&self, caller: impl AsRef<[u8]>) -> Result<(), StoreError> {
        let rules = &*self.0;
        rules.store.refund(rules.ask(caller.as_ref(), &rules.quotas, 1)).wait().await
    }

    /// Forgets everything counted for this caller.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn reset(&self, caller: impl AsRef<[u8]>) -> Result<(), StoreError> {
        self.0.store.reset(&self.0.name, caller.as_ref()).wait().await
    }

    /// The limit's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The limit's quotas.
    pub fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    fn change(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Rules {
    fn ask<'a>(&'a self, caller: &'a [u8], quotas: &'a Quotas, cost: u32) -> Ask<'a> {
        Ask { limit: &self.name, caller, quotas, strategy: self.strategy, cost, charge: self.charge }
    }

    /// What a verdict means for the request; `None` is a store that is down, of a limit that is then open.
    fn judge(
        &self,
        caller: &[u8],
        verdict: Result<Verdict, StoreError>,
    ) -> Result<Option<Standing>, Refusal> {
        let limit = &*self.name;
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(error) if self.open_when_down || self.report_only => {
                tracing::warn!(limit, %error, "uncounted");
                return Ok(None);
            }
            Err(error) => {
                tracing::warn!(limit, %error, "refused");
                return Err(Refusal::LimiterDown);
            }
        };
        let Outcome::Refuse { retry_after } = verdict.outcome else { return Ok(Some(verdict.standing)) };
        (self.on_breach)(&Breach { limit, caller, standing: verdict.standing });
        if self.report_only {
            tracing::info!(limit, "would have been refused");
            return Ok(Some(verdict.standing));
        }
        Err(Refusal::TooManyRequests { retry_after, message: self.message.clone() })
    }

    /// The caller as it is counted: by method too, where that is asked for.
    fn counted<'a>(&self, caller: &'a [u8], method: &Method) -> Cow<'a, [u8]> {
        match self.per_method {
            true => Cow::Owned([method.as_str().as_bytes(), b" ", caller].concat()),
            false => Cow::Borrowed(caller),
        }
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = &*self.0;
        write!(
            f,
            "RateLimit({}: {} by {} in {})",
            rules.name,
            rules.quotas,
            rules.strategy,
            rules.store.name()
        )
    }
}
