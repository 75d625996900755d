//! Security headers of a site, and pages that differ.
//!
//! ```
//! use http::{Request, Response};
//! use palisade::SecurityHeaders;
//! use palisade::headers::ReferrerPolicy;
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), http::Error> {
//! let site = SecurityHeaders::strict()
//!     .referrer_policy(ReferrerPolicy::NoReferrer) // instead of the default
//!     .dns_prefetch(None); // not sent
//! let page = tower::service_fn(async |_: Request<()>| {
//!     Response::builder().body(String::from("hello"))
//! });
//!
//! let response = site.layer(page).oneshot(Request::new(())).await?;
//! assert_eq!(response.headers()["referrer-policy"], "no-referrer");
//! assert_eq!(response.headers()["x-frame-options"], "DENY");
//! assert!(!response.headers().contains_key("x-dns-prefetch-control"));
//! # Ok(())
//! # }
//! ```
//!
//! [`Palisade::headers`](crate::Palisade::headers) takes the same value.
//!
//! # What happens, in order
//!
//! For each response, 404s, rejections, panics and static files included:
//! 1. `Server` and `X-Powered-By` are removed.
//! 2. A header that the handler has set stays, unless [`SecurityHeaders::replace`] is on.
//! 3. Else [`PageHeaders`] decide, the innermost first.
//! 4. Else the site's own header is sent.
//! 5. The nonce is inserted if the page has read its [`CspNonce`].
//! 6. Personal responses get `Cache-Control`, unless theirs is `private` or `no-store` already.
//!
//! # Defaults
//!
//! [`SecurityHeaders::strict`] is the default.
//!
//! | header | default | why |
//! |---|---|---|
//! | Content-Security-Policy | [`Csp::strict`] | injected scripts do not run |
//! | X-Frame-Options | `DENY`, from [`SecurityHeaders::frame_ancestors`] | clickjacking |
//! | X-Content-Type-Options | `nosniff` | an upload must not run as a script |
//! | Referrer-Policy | `strict-origin-when-cross-origin` | other sites do not learn paths |
//! | Permissions-Policy | [`PermissionsPolicy::strict`] | frames get no camera or location |
//! | Cross-Origin-Opener-Policy | `same-origin` | other sites get no handle to the window |
//! | Cross-Origin-Resource-Policy | `same-origin` | other sites cannot embed responses |
//! | Origin-Agent-Cluster | `?1` | a process for each origin |
//! | X-Permitted-Cross-Domain-Policies | `none` | PDF readers look for no policy files |
//! | X-DNS-Prefetch-Control | `off` | links reveal nothing before a click |
//! | X-XSS-Protection | `0` | the filter of old browsers leaked data |
//! | Cache-Control, if personal | `private, no-cache` | no cache gives a page to someone else |
//! | Server, X-Powered-By | removed | they tell attackers which software runs |
//! | Reporting-Endpoints | not sent | [`SecurityHeaders::reports_to`] sends it |
//! | Cross-Origin-Embedder-Policy | not sent | it blocks images and frames without consent |
//! | Clear-Site-Data | not sent | for the response after a logout |
//! | Strict-Transport-Security | see [`https`](crate::https) | it depends on the scheme |
//!
//! A response is personal if it has a nonce, a cookie or a CSRF token.
//!
//! Each protection stays until it is removed by its own name. Framing is denied with any policy and
//! without one, until [`SecurityHeaders::frame_ancestors`] names sites, the policy has a
//! `frame-ancestors` of its own, or [`SecurityHeaders::dangerous_allow_framing`] allows all.
//!
//! The other presets send these headers only, and remove `Server` and `X-Powered-By` too:
//!
//! | header | [`SecurityHeaders::talisman`] | [`SecurityHeaders::api`] |
//! |---|---|---|
//! | Content-Security-Policy | [`Csp::talisman`] | [`Csp::api`] |
//! | X-Frame-Options | `SAMEORIGIN` | `DENY` |
//! | X-Content-Type-Options | `nosniff` | `nosniff` |
//! | Referrer-Policy | `strict-origin-when-cross-origin` | `no-referrer` |
//! | Permissions-Policy | `browsing-topics=()` | – |
//! | Cross-Origin-Resource-Policy | – | `same-origin` |
//! | X-Permitted-Cross-Domain-Policies | – | `none` |
//! | Cache-Control | – | `no-store` |
//!
//! # Allow one partner to frame one page
//!
//! [`PageHeaders`] is a layer for a route or a group. With axum, a handler can also return it as a
//! part of the response.
//!
//! ```
//! # use http::{Request, Response};
//! # use tower::{Layer, ServiceExt};
//! use palisade::{PageHeaders, SecurityHeaders};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let framed = PageHeaders::new().frame_ancestors(["https://partner.example".parse()?]);
//!
//! // axum: `.route("/embed", get(embed).layer(framed))`
//! # let embed = tower::service_fn(async |_: Request<()>| {
//! #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # });
//! let route = framed.layer(embed);
//! let response = SecurityHeaders::strict().layer(route).oneshot(Request::new(())).await?;
//! let policy = response.headers()["content-security-policy"].to_str()?;
//! assert!(policy.contains("frame-ancestors https://partner.example"));
//! assert!(!response.headers().contains_key("x-frame-options"), "it cannot name a partner");
//! # Ok(())
//! # }
//! ```
//!
//! The default `Cross-Origin-Opener-Policy` and `Cross-Origin-Resource-Policy` do not block this
//! frame. The first concerns windows only, and the second a framed page only if the partner's page
//! sends `Cross-Origin-Embedder-Policy`. The framed page then needs an
//! [`embedder_policy`](PageHeaders::embedder_policy) too, and the [`ResourcePolicy::CrossOrigin`].
//!
//! The framed page has no session: in a frame on another site, browsers do not send cookies with
//! `SameSite=Lax` or `Strict`, and [`Sessions`](crate::Sessions) do not offer `SameSite=None`.
//!
//! # A policy to try out, and pages that differ
//!
//! [`SecurityHeaders::csp_report_only`] sends a second policy that blocks nothing. Overrides apply to
//! it too, so that the reports are about violations that you did not intend:
//!
//! | override | in the policy to try out |
//! |---|---|
//! | [`PageHeaders::frame_ancestors`] | replaces its `frame-ancestors`, if it has one |
//! | [`PageHeaders::merge_csp`] | adds the same sources |
//! | [`PageHeaders::csp`] | not sent on this page; set one with [`PageHeaders::csp_report_only`] |
//!
//! ```
//! # use http::{Request, Response};
//! # use tower::{Layer, ServiceExt};
//! use palisade::csp::{Csp, Source};
//! use palisade::{PageHeaders, SecurityHeaders};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trial = Csp::strict().img_src([Source::SELF]).no_trusted_types();
//! let site = SecurityHeaders::strict().csp_report_only(trial);
//! let map = PageHeaders::new().merge_csp("img-src https://tiles.example".parse()?);
//! # let page = tower::service_fn(async |_: Request<()>| {
//! #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # });
//! let response = site.layer(map.layer(page)).oneshot(Request::new(())).await?;
//! for name in ["content-security-policy", "content-security-policy-report-only"] {
//!     assert!(response.headers()[name].to_str()?.contains("img-src 'self' https://tiles.example"));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Values
//!
//! Each header has a type, so that an invalid value does not compile:
//!
//! ```
//! use http::HeaderValue;
//! use palisade::headers::*;
//!
//! assert_eq!(HeaderValue::from(FrameOptions::SameOrigin), "SAMEORIGIN");
//! assert_eq!(HeaderValue::from(ContentTypeOptions::Nosniff), "nosniff");
//! assert_eq!(HeaderValue::from(ReferrerPolicy::Origin), "origin");
//! assert_eq!(HeaderValue::from(OpenerPolicy::SameOriginAllowPopups), "same-origin-allow-popups");
//! assert_eq!(HeaderValue::from(EmbedderPolicy::RequireCorp), "require-corp");
//! assert_eq!(HeaderValue::from(ResourcePolicy::CrossOrigin), "cross-origin");
//! assert_eq!(HeaderValue::from(OriginAgentCluster::Yes), "?1");
//! assert_eq!(HeaderValue::from(CrossDomainPolicies::None), "none");
//! assert_eq!(HeaderValue::from(DnsPrefetch::Off), "off");
//! assert_eq!(HeaderValue::from(CacheControl::NoStore), "no-store");
//! assert_eq!(HeaderValue::from(ClearSiteData::SESSION), "\"cookies\", \"storage\"");
//! assert_eq!(HeaderValue::from(XssProtection::Off), "0"); // obsolete
//! assert_eq!(HeaderValue::from(DownloadOptions::Noopen), "noopen"); // obsolete
//! ```
//!
//! [`permissions`] has the types of Permissions-Policy and its relatives. Any other header goes
//! through [`SecurityHeaders::header`].
//!
//! # What it does not do
//!
//! It sends no CORS headers (`Access-Control-Allow-Origin`): use tower-http's `CorsLayer`. The
//! flags of cookies are in [`cookies`](crate::cookies).
//!
//! References: OWASP Secure Headers Project; MDN HTTP Observatory; Flask-Talisman 1.1.0 for
//! `talisman`.
//!
//! [`Csp::api`]: crate::csp::Csp::api
//! [`Csp::strict`]: crate::csp::Csp::strict
//! [`Csp::talisman`]: crate::csp::Csp::talisman
//! [`CspNonce`]: crate::CspNonce
//! [`PermissionsPolicy::strict`]: permissions::PermissionsPolicy::strict

mod framing;
mod names;
mod page;
pub mod permissions;
mod rendered;
mod reports_to;
mod setters;
mod site;
mod values;

pub use page::PageHeaders;
pub use reports_to::ReportsTo;
pub use site::SecurityHeaders;
pub use values::{
    CacheControl, ClearSiteData, ContentTypeOptions, CrossDomainPolicies, DnsPrefetch, DownloadOptions,
    EmbedderPolicy, FrameOptions, OpenerPolicy, OriginAgentCluster, ReferrerPolicy, ReportingEndpoints,
    ReportingEndpointsError, ResourcePolicy, XssProtection,
};
