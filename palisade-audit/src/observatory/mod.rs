//! The score and grade of the MDN HTTP Observatory, computed by its algorithm 6.
//!
//! ```
//! # use std::time::SystemTime;
//! # use http::{HeaderMap, HeaderValue, StatusCode, header};
//! use palisade_audit::{Observation, ObservatoryOutcome, ObservedResponse, Score, score};
//!
//! let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
//! let headers = HeaderMap::from_iter([(header::CONTENT_SECURITY_POLICY, policy)]);
//! let page = ObservedResponse::new("https://example.org/", StatusCode::OK, headers)?;
//! let observation = Observation::new(page, SystemTime::now());
//! let score: Score = score(&observation).expect("status 200 is graded");
//!
//! let outcome: &ObservatoryOutcome = &score.outcomes[0];
//! assert_eq!(outcome.test, "content-security-policy");
//! assert_eq!(outcome.result, "csp-implemented-with-no-unsafe-default-src-none");
//! assert_eq!((outcome.points, score.points, score.grade), (10, 75, "B"));
//! # Ok::<(), palisade_audit::AddressError>(())
//! ```
//!
//! # What happens, in order
//! 1. A status other than 2xx, 3xx, 401 or 403 gets no score, since the Observatory rejects it.
//! 2. Each of twelve tests has one outcome, which adds or subtracts points.
//! 3. A site starts with 100 points, and negative points are subtracted.
//! 4. If 90 or more are left, positive points are added too.
//! 5. The points select the grade: A+ from 100 points, F below 25.
//!
//! # Defaults
//!
//! | the Observatory uses | this module uses |
//! |---|---|
//! | the preload list of browsers | [`Observation::preloaded`](crate::Observation::preloaded) |
//! | the public suffix list | the last two labels, or three as in `example.co.uk` |
//! | port 80 of the host | [`Observation::plain_http`](crate::Observation::plain_http) |
//!
//! # What it does not do
//! It does not correct the Observatory. `max-age=soon` counts as six months, and a source that
//! another one is a prefix of counts as a duplicate, because an approximate score predicts nothing.
//!
//! # References
//! github.com/mdn/mdn-http-observatory: `src/analyzer`, `src/grader`; `httpobs/docs/scoring.md` of
//! the original project.

mod cookies;
mod csp;
mod headers;
mod outcomes;
mod scripts;
mod transport;

use crate::observation::{Observation, ObservedResponse};
use outcomes::OUTCOMES;

/// The version of the MDN HTTP Observatory's algorithm that [`score`] implements.
pub const ALGORITHM: u8 = 6;

/// The score of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// The points, from 0 up; 100 and more is an A+.
    pub points: u16,
    /// The grade, from `A+` to `F`.
    pub grade: &'static str,
    /// The outcome of each test.
    pub outcomes: Vec<ObservatoryOutcome>,
}

/// The outcome of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObservatoryOutcome {
    /// The Observatory's name of the test, such as `redirection`.
    pub test: &'static str,
    /// The Observatory's name of the result, such as `redirection-to-https`.
    pub result: &'static str,
    /// The points that the result adds or subtracts.
    pub points: i16,
}

type Test = fn(&Observation) -> &'static str;

const TESTS: [(&str, Test); 12] = [
    ("content-security-policy", csp::test),
    ("cookies", cookies::test),
    ("cross-origin-embedder-policy", headers::embedder),
    ("cross-origin-opener-policy", headers::opener),
    ("cross-origin-resource-sharing", headers::sharing),
    ("redirection", transport::redirection),
    ("referrer-policy", headers::referrer),
    ("strict-transport-security", transport::hsts),
    ("subresource-integrity", scripts::test),
    ("x-content-type-options", headers::content_type_options),
    ("x-frame-options", headers::frame_options),
    ("cross-origin-resource-policy", headers::resource),
];

const START: i32 = 100;
/// The points after subtraction from which positive points count.
const MIN_FOR_EXTRA_CREDIT: i32 = 90;

/// Returns the score of a site; `None` for a status that the Observatory rejects.
///
/// The [module](self) page has an example.
pub fn score(observation: &Observation) -> Option<Score> {
    let status = observation.page.status().as_u16();
    if status < 200 || status >= 400 && status != 401 && status != 403 {
        return None;
    }
    Some(Score::of(TESTS.iter().map(|(test, run)| outcome(test, run(observation))).collect()))
}

impl Score {
    /// Computes the score of these outcomes.
    pub fn of(outcomes: Vec<ObservatoryOutcome>) -> Self {
        let sum = |wanted: fn(i32) -> bool| -> i32 {
            outcomes.iter().map(|outcome| i32::from(outcome.points)).filter(|points| wanted(*points)).sum()
        };
        let base = START + sum(|points| points < 0);
        let points = if base >= MIN_FOR_EXTRA_CREDIT { base + sum(|points| points > 0) } else { base };
        let points = u16::try_from(points.max(0)).unwrap_or(u16::MAX);
        Self { points, grade: grade(points), outcomes }
    }
}

fn outcome(test: &'static str, result: &'static str) -> ObservatoryOutcome {
    let points = OUTCOMES.iter().find(|(name, _)| *name == result).map_or(0, |(_, points)| *points);
    ObservatoryOutcome { test, result, points }
}

fn grade(points: u16) -> &'static str {
    match points {
        100.. => "A+",
        90.. => "A",
        85.. => "A-",
        80.. => "B+",
        70.. => "B",
        65.. => "B-",
        60.. => "C+",
        50.. => "C",
        45.. => "C-",
        40.. => "D+",
        30.. => "D",
        25.. => "D-",
        _ => "F",
    }
}

/// Returns the worse of two results, by `order` from good to bad; other results are best.
fn worse(new: &'static str, old: Option<&'static str>, order: &[&str]) -> Option<&'static str> {
    let place = |name: &str| order.iter().position(|known| *known == name);
    match old {
        Some(old) if place(new) <= place(old) => Some(old),
        _ => Some(new),
    }
}

/// Returns the media type with its case unchanged, as the Observatory compares it.
fn media_type(page: &ObservedResponse) -> String {
    let value = page.values(&http::header::CONTENT_TYPE).next().unwrap_or_default();
    value.split(';').next().unwrap_or_default().to_owned()
}

fn is_html(media_type: &str) -> bool {
    matches!(media_type, "text/html" | "application/xhtml+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_have_the_right_bounds() {
        let grades =
            [(140, "A+"), (100, "A+"), (99, "A"), (90, "A"), (89, "A-"), (84, "B+"), (79, "B"), (69, "B-")];
        let low = [(64, "C+"), (59, "C"), (49, "C-"), (44, "D+"), (39, "D"), (29, "D-"), (24, "F"), (0, "F")];
        for (points, expected) in grades.into_iter().chain(low) {
            assert_eq!(grade(points), expected, "{points}");
        }
    }

    #[test]
    fn every_outcome_is_listed_once() {
        for (position, (name, _)) in OUTCOMES.iter().enumerate() {
            assert!(OUTCOMES[..position].iter().all(|(other, _)| other != name), "{name}");
        }
        assert_eq!(OUTCOMES.len(), 77);
    }
}
