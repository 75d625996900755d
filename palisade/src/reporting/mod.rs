//! A collector for browser reports: CSP violations, deprecations, network errors and others.
//!
//! ```
//! use http::Request;
//! use palisade::csp::Csp;
//! use palisade::reporting::Collector;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let collector = Collector::new();
//! let report = r#"{"csp-report": {
//!     "document-uri": "https://example.org/about?from=mail",
//!     "blocked-uri": "https://cdn.example/a.png",
//!     "effective-directive": "img-src",
//!     "disposition": "enforce"
//! }}"#;
//! let request = Request::post("/csp-report")
//!     .header("host", "example.org")
//!     .header("content-type", "application/csp-report")
//!     .body(report.to_owned())?;
//! assert_eq!(collector.collect(request).await.status(), 204);
//!
//! let group = &collector.groups()[0];
//! let description = "Browsers stopped an image from https://cdn.example on the page /about.";
//! assert_eq!(group.description(), description);
//! let policy: Csp = "default-src 'none'; img-src 'self'".parse()?;
//! let suggestion = group.suggestion(&policy).ok_or("the policy allows it")?;
//! assert_eq!(suggestion.after, "img-src 'self' https://cdn.example");
//! # Ok(())
//! # }
//! ```
//!
//! # What happens, in order
//!
//! 1. A request must be a POST (else 405) of `application/csp-report` or
//!    `application/reports+json` (else 415), with at most 64 KiB (else 413) of JSON in that
//!    format (else 400). Such a request is answered with 204, even if none of its reports counts.
//! 2. The first [`max_reports_per_request`](Collector::max_reports_per_request) reports are read.
//!    The others count as [`truncated`](ReportTotals::truncated).
//! 3. A report that is malformed, or of an unknown type, counts as
//!    [`invalid`](ReportTotals::invalid).
//! 4. A report that a browser extension caused counts as [`noise`](ReportTotals::noise).
//! 5. Any other report counts in its group. Once there are [`max_groups`](Collector::max_groups),
//!    reports that would start another one count as [`over_limit`](ReportTotals::over_limit).
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | size of a request | 64 KiB | browsers send a few reports at a time |
//! | [`max_reports_per_request`](Collector::max_reports_per_request) | 100 | the same |
//! | [`max_groups`](Collector::max_groups) | 1,000 | anyone can invent reports |
//! | URLs | without query, fragment and user | they contain searches and names |
//! | URLs of other sites | the origin only | their paths are not needed |
//! | parts of a path | `…` instead of more than 32 characters | links may contain secret tokens |
//! | paths and origins | 200 characters | bounds the memory |
//!
//! # What it does not do
//!
//! - It does not know the sender. Anyone can send any report: a group is a hint, not evidence. No
//!   policy is ever changed because of one.
//! - It does not limit the number of requests: add a rate limit to its route.
//! - It does not store anything: counts are in memory. An application that stores them takes them
//!   with [`drain`](Collector::drain).
//!
//! # See also
//!
//! [`csp`](crate::csp) for policies and their report directives; [`headers`](crate::headers) for
//! `Reporting-Endpoints` and `NEL`. The collector is a function and not a layer, so that the
//! application chooses the route and its rate limit.
//!
//! # References
//!
//! CSP Level 3 §5; W3C Reporting API, Deprecation Reporting, Intervention Reporting, Network
//! Error Logging; HTML (COOP, COEP).

mod collector;
mod explanation;
mod group;
mod parse;
mod redact;
mod suggestion;

pub use collector::{Collector, ReportTotals};
pub use group::{Disposition, ReportGroup, ReportKind, ReportNameError};
pub use suggestion::PolicySuggestion;
