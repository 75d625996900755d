//! The collector: receives requests with reports, and counts the reports in groups.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::group::ReportGroup;
use super::parse::{GroupKey, ParsedReport, ReportFormat};
use crate::core::authority::Authority;
use crate::core::body_rejection::BodyRejection;
use crate::core::clock::Clock;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;

/// The largest size of a request's body, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// A collector of browser reports. Its clones share their counts. The [module page](super) has an
/// example.
#[doc(alias = "report-uri")]
#[doc(alias = "report-to")]
#[doc(alias = "Reporting API")]
#[derive(Clone)]
pub struct Collector {
    clock: Clock,
    max_reports_per_request: usize,
    max_groups: usize,
    collected: Arc<Mutex<Collected>>,
}

#[derive(Default)]
struct Collected {
    groups: HashMap<GroupKey, GroupCount>,
    totals: ReportTotals,
}

struct GroupCount {
    count: u64,
    first_seen: u64,
    last_seen: u64,
    location: Option<String>,
}

/// The number of reports and rejected requests since the start, for metrics.
///
/// ```
/// use http::Request;
/// use palisade::reporting::{Collector, ReportTotals};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let collector = Collector::new();
/// let request = Request::post("/csp-report").header("content-type", "application/reports+json");
/// let response = collector.collect(request.body(r#"[{"type": "crash"}]"#.to_owned())?).await;
/// let totals: ReportTotals = collector.totals();
/// assert_eq!((response.status().as_u16(), totals.invalid), (204, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportTotals {
    /// The reports that counted in a group.
    pub grouped: u64,
    /// The reports that would have started a group too many.
    pub over_limit: u64,
    /// The reports that a browser extension caused.
    pub noise: u64,
    /// The reports that were malformed, or of an unknown type.
    pub invalid: u64,
    /// The reports beyond the limit of one request.
    pub truncated: u64,
    /// The requests that were rejected: wrong method or type, too large, not JSON.
    pub rejected: u64,
}

impl Collector {
    /// Returns an empty collector with the defaults.
    pub fn new() -> Self {
        Self {
            clock: Clock::system(),
            max_reports_per_request: 100,
            max_groups: 1_000,
            collected: Arc::new(Mutex::new(Collected::default())),
        }
    }

    /// Sets the clock that dates the reports.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Sets the number of reports of one request that are read.
    #[must_use]
    pub fn max_reports_per_request(self, max_reports_per_request: usize) -> Self {
        Self { max_reports_per_request, ..self }
    }

    /// Sets the largest number of groups.
    #[must_use]
    pub fn max_groups(self, max_groups: usize) -> Self {
        Self { max_groups, ..self }
    }

    /// Counts the reports of a request, and returns the response to it.
    pub async fn collect<B: Body>(&self, request: Request<B>) -> Response<String> {
        let host = own_host(&request);
        let (parts, body) = request.into_parts();
        let format = parts.headers.get(CONTENT_TYPE).and_then(ReportFormat::of);
        let parsed = match format {
            _ if parts.method != Method::POST => Err(RequestError::Method),
            None => Err(RequestError::ContentType),
            Some(format) => read_body(body).await.and_then(|bytes| {
                format
                    .parse(&bytes, host.as_deref(), self.max_reports_per_request)
                    .ok_or(RequestError::Malformed)
            }),
        };
        match parsed {
            Ok((reports, truncated)) => {
                self.add(reports, truncated);
                text_response(StatusCode::NO_CONTENT, "")
            }
            Err(error) => {
                self.collected().totals.rejected += 1;
                error.into_response()
            }
        }
    }

    /// Returns the groups, the one with the most reports first.
    pub fn groups(&self) -> Vec<ReportGroup> {
        let collected = self.collected();
        sorted(collected.groups.iter().map(|(key, count)| count.group(key.clone())).collect())
    }

    /// Takes the groups out, the one with the most reports first, so that an application can add
    /// them to those that it stores. The totals stay.
    pub fn drain(&self) -> Vec<ReportGroup> {
        let groups = std::mem::take(&mut self.collected().groups);
        sorted(groups.into_iter().map(|(key, count)| count.group(key)).collect())
    }

    /// Returns the number of reports since the start.
    pub fn totals(&self) -> ReportTotals {
        self.collected().totals
    }

    fn add(&self, reports: Vec<ParsedReport>, truncated: usize) {
        let now = self.clock.now();
        let mut collected = self.collected();
        let Collected { groups, totals } = &mut *collected;
        totals.truncated += truncated as u64;
        for report in reports {
            match report {
                ParsedReport::Invalid => totals.invalid += 1,
                ParsedReport::Noise => totals.noise += 1,
                ParsedReport::Valid(key, location) => {
                    if groups.len() >= self.max_groups && !groups.contains_key(&key) {
                        totals.over_limit += 1;
                        continue;
                    }
                    totals.grouped += 1;
                    let empty = GroupCount { count: 0, first_seen: now, last_seen: now, location: None };
                    let group = groups.entry(key).or_insert(empty);
                    group.count += 1;
                    // The system's clock may be set back.
                    group.first_seen = group.first_seen.min(now);
                    group.last_seen = group.last_seen.max(now);
                    group.location = location.or_else(|| group.location.take());
                }
            }
        }
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
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

impl GroupCount {
    fn group(&self, key: GroupKey) -> ReportGroup {
        let GroupKey { kind, disposition, directive, blocked, page } = key;
        let location = self.location.clone();
        let (count, first_seen, last_seen) = (self.count, self.first_seen, self.last_seen);
        ReportGroup { kind, disposition, directive, blocked, page, location, count, first_seen, last_seen }
    }
}

fn sorted(mut groups: Vec<ReportGroup>) -> Vec<ReportGroup> {
    groups.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.key().cmp(&other.key())));
    groups
}

/// The reason for rejecting a request.
enum RequestError {
    Method,
    ContentType,
    TooLarge,
    Incomplete,
    Malformed,
}

impl RequestError {
    fn into_response(self) -> Response<String> {
        match self {
            Self::Method => {
                let mut response = text_response(StatusCode::METHOD_NOT_ALLOWED, "");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                response
            }
            Self::ContentType => text_response(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send application/csp-report or application/reports+json.",
            ),
            Self::TooLarge => Rejection::from(BodyRejection::TooLarge).into_response(),
            Self::Incomplete => text_response(StatusCode::BAD_REQUEST, "The request's body is incomplete."),
            Self::Malformed => text_response(
                StatusCode::BAD_REQUEST,
                "Send {\"csp-report\": {…}} as application/csp-report, or [{\"type\": …}] as application/reports+json.",
            ),
        }
    }
}

async fn read_body<B: Body>(body: B) -> Result<Bytes, RequestError> {
    match Limited::new(body.map_err(|_| IncompleteBody), MAX_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(RequestError::TooLarge),
        Err(_) => Err(RequestError::Incomplete),
    }
}

/// The body ended with an error, whose type need not be an `Error`.
#[derive(thiserror::Error)]
#[error("the request's body is incomplete")]
struct IncompleteBody;

/// Returns the host that the report was sent to: pages of this host are the site's own.
fn own_host<B>(request: &Request<B>) -> Option<String> {
    let client = RequestContext::of(request.extensions()).and_then(RequestContext::client);
    let authority = match client {
        Some(client) => client.authority(request).ok(),
        None => {
            let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
            header.or_else(|| request.uri().host()).and_then(|host| Authority::parse(host).ok())
        }
    };
    authority.map(|authority| authority.host().to_ascii_lowercase())
}

fn text_response(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    if !text.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    response
}

crate::core::error_text::debug_is_text!(IncompleteBody);
