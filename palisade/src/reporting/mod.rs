//! What browsers report of a site: received, bounded, grouped, and explained in words.
//!
//! ```
//! # use http::Request;
//! use palisade::csp::Csp;
//! use palisade::reporting::Collector;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let collector = Collector::new();
//! let report = r#"{"csp-report": {"document-uri": "https://example.org/about?from=mail", "blocked-uri":
//!     "https://cdn.example/a.png", "effective-directive": "img-src", "disposition": "enforce"}}"#;
//! let request = Request::post("/csp-report").header("host", "example.org");
//! let request = request.header("content-type", "application/csp-report").body(report.to_owned()).unwrap();
//! assert_eq!(collector.collect(request).await.status(), 204);
//!
//! let group = &collector.groups()[0];
//! assert_eq!(group.what_happened(), "Browsers stopped an image from https://cdn.example on the page /about.");
//! let policy: Csp = "default-src 'none'; img-src 'self'".parse().unwrap();
//! let suggestion = group.suggestion(&policy).unwrap();
//! assert_eq!(suggestion.after, "img-src 'self' https://cdn.example");
//! # }
//! ```
//!
//! What is counted, in this order:
//! 1. a POST (else 405) of `application/csp-report` or `application/reports+json` (else 415), of 64 KiB at most (else 413),
//!    that is JSON (else 400); whatever comes of its reports, the answer is 204;
//! 2. of each request the first [`per_request`](Collector::per_request) reports, the others only as [`Totals::cut`];
//! 3. what can be read, and is of a [`ReportKind`] that there is; else it is [`Totals::unread`];
//! 4. what is not the doing of an extension of the browser; else it is [`Totals::noise`];
//! 5. by its group, until there are [`most_groups`](Collector::most_groups): what would begin one more is [`Totals::others`].
//!
//! | default | is | because |
//! |---|---|---|
//! | a request | 64 KiB, 100 reports | a browser sends a few at a time |
//! | [`most_groups`](Collector::most_groups) | 1,000 | a stranger can make up as many as they like |
//! | URLs | no query, fragment or user; of other sites the origin; of a path's parts none over 32 characters | there are searches, names, and links that let somebody in |
//! | texts | 200 characters | |
//!
//! It does not know who reports: anybody can send a report of anything, so a group is a hint and no proof, and a policy is
//! never changed by it. How often one may send is the site's limit to say. Counts are in memory; a site that keeps them
//! takes them with [`drain`](Collector::drain).
//!
//! References: CSP Level 3 §5; W3C Reporting API, Deprecation and Intervention Reporting, Network Error Logging; HTML (COOP, COEP).

mod address;
mod group;
mod read;
mod suggestion;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::core::authority::Authority;
use crate::core::body_rejection::BodyRejection;
use crate::core::clock::Clock;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
use read::{Format, Read, Report};

pub use group::{Disposition, Group, ReportKind, UnknownName};
pub use suggestion::Suggestion;

/// How large a request may be.
const BYTES: usize = 64 << 10;

/// Receives what browsers report, and groups it. Its clones share what they know.
#[derive(Clone)]
pub struct Collector {
    clock: Clock,
    per_request: usize,
    most_groups: usize,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    groups: HashMap<Report, Seen>,
    totals: Totals,
}

struct Seen {
    count: u64,
    first: u64,
    last: u64,
    place: Option<String>,
}

/// How many reports there were since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Those that are in a group.
    pub grouped: u64,
    /// Those that would have begun one group too many.
    pub others: u64,
    /// Those of extensions of the browser.
    pub noise: u64,
    /// Those that make no sense, or are of no kind that there is.
    pub unread: u64,
    /// Those that came in one request with too many.
    pub cut: u64,
    /// Requests that were refused: of another type, too large, no JSON.
    pub refused: u64,
}

impl Collector {
    /// Nothing reported yet.
    pub fn new() -> Self {
        Self {
            clock: Clock::system(),
            per_request: 100,
            most_groups: 1_000,
            known: Arc::new(Mutex::new(Known::default())),
        }
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// How many reports of one request count.
    #[must_use]
    pub fn per_request(self, per_request: usize) -> Self {
        Self { per_request, ..self }
    }

    /// How many groups there may be.
    #[must_use]
    pub fn most_groups(self, most_groups: usize) -> Self {
        Self { most_groups, ..self }
    }

    /// Takes what a browser sends, and answers.
    pub async fn collect<B: Body>(&self, request: Request<B>) -> Response<String> {
        let host = own_host(&request);
        let (parts, body) = request.into_parts();
        let format = parts.headers.get(CONTENT_TYPE).and_then(Format::of);
        let read = match format {
            _ if parts.method != Method::POST => Err(Refused::Method),
            None => Err(Refused::Type),
            Some(format) => whole(body).await.and_then(|bytes| {
                format.reports(&bytes, host.as_deref(), self.per_request).ok_or(Refused::Content)
            }),
        };
        match read {
            Ok(reports) => {
                self.add(reports);
                says(StatusCode::NO_CONTENT, "")
            }
            Err(refused) => {
                self.known().totals.refused += 1;
                refused.response()
            }
        }
    }

    /// What was reported, the most frequent first.
    pub fn groups(&self) -> Vec<Group> {
        sorted(self.known().groups.iter().map(|(report, seen)| seen.group(report.clone())).collect())
    }

    /// The same, and begins anew: for a site that keeps groups elsewhere and adds these to them. Totals go on.
    pub fn drain(&self) -> Vec<Group> {
        let groups = std::mem::take(&mut self.known().groups);
        sorted(groups.into_iter().map(|(report, seen)| seen.group(report)).collect())
    }

    /// How many reports there were, for metrics.
    pub fn totals(&self) -> Totals {
        self.known().totals
    }

    fn add(&self, (reports, cut): (Vec<Read>, usize)) {
        let now = self.clock.now();
        let mut known = self.known();
        let Known { groups, totals } = &mut *known;
        totals.cut += cut as u64;
        for read in reports {
            match read {
                Read::Unread => totals.unread += 1,
                Read::Noise => totals.noise += 1,
                Read::Report(report, place) => {
                    if groups.len() >= self.most_groups && !groups.contains_key(&report) {
                        totals.others += 1;
                        continue;
                    }
                    totals.grouped += 1;
                    let begun = Seen { count: 0, first: now, last: now, place: None };
                    let seen = groups.entry(report).or_insert(begun);
                    seen.count += 1;
                    // A clock may be set back.
                    seen.first = seen.first.min(now);
                    seen.last = seen.last.max(now);
                    seen.place = place.or(seen.place.take());
                }
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("totals", &self.totals()).finish_non_exhaustive()
    }
}

impl Seen {
    fn group(&self, report: Report) -> Group {
        let Report { kind, disposition, directive, blocked, page } = report;
        let place = self.place.clone();
        let (count, first_seen, last_seen) = (self.count, self.first, self.last);
        Group { kind, disposition, directive, blocked, page, place, count, first_seen, last_seen }
    }
}

fn sorted(mut groups: Vec<Group>) -> Vec<Group> {
    groups.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.key().cmp(&other.key())));
    groups
}

/// Why a request is not read.
enum Refused {
    Method,
    Type,
    TooLarge,
    BrokenOff,
    Content,
}

impl Refused {
    fn response(self) -> Response<String> {
        match self {
            Self::Method => {
                let mut response = says(StatusCode::METHOD_NOT_ALLOWED, "");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                response
            }
            Self::Type => says(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send application/csp-report or application/reports+json.",
            ),
            Self::TooLarge => Rejection::from(BodyRejection::TooLarge).into_response(),
            Self::BrokenOff => says(StatusCode::BAD_REQUEST, "The request broke off."),
            Self::Content => says(
                StatusCode::BAD_REQUEST,
                "Send {\"csp-report\": {…}} as application/csp-report, or [{\"type\": …}] as application/reports+json.",
            ),
        }
    }
}

async fn whole<B: Body>(body: B) -> Result<Bytes, Refused> {
    match Limited::new(body.map_err(|_| Broken), BYTES).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge),
        Err(_) => Err(Refused::BrokenOff),
    }
}

/// The body ended with an error, of whatever type.
#[derive(Debug, thiserror::Error)]
#[error("the request broke off")]
struct Broken;

/// The host that the report was sent to: pages of this host are our own.
fn own_host<B>(request: &Request<B>) -> Option<String> {
    let client = RequestContext::of(request.extensions()).and_then(RequestContext::client);
    let authority = match client {
        Some(client) => client.authority(request).ok(),
        None => {
            let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
            named.or_else(|| request.uri().host()).and_then(|host| Authority::parse(host).ok())
        }
    };
    authority.map(|authority| authority.host().to_ascii_lowercase())
}

fn says(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    if !text.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    response
}
