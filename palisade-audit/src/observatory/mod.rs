//! The score and the grade that the MDN HTTP Observatory would give, by its algorithm 6, computed here.
//!
//! What it does, in this order:
//! 1. each of twelve tests ends in one outcome, which is worth so many points (`outcomes.rs`);
//! 2. a site begins with 100; what is worth less than nothing is taken away;
//! 3. who still has 90 gets what is worth more than nothing, too;
//! 4. the grade is that of the score rounded down to fives: A+ from 100, F below 25.
//!
//! It refuses sites that answer otherwise than by 2xx, 3xx, 401 or 403. Its oddities are here as well, since a score
//! that is only nearly the same foretells nothing: `max-age=soon` counts as six months, one source that begins like
//! another counts as in it.
//!
//! | it knows | here |
//! |---|---|
//! | the browsers' preload list | [`Seen::preloaded`](super::Seen::preloaded) says it |
//! | the list of public suffixes | the last two labels, or three as in `example.co.uk` |
//! | the port that a site has for http | what [`Seen::clear`](super::Seen::clear) saw |
//!
//! References: github.com/mdn/mdn-http-observatory, `src/analyzer`, `src/grader`; the original's `httpobs/docs/scoring.md`.

mod cookies;
mod csp;
mod headers;
mod outcomes;
mod scripts;
mod transport;

use super::seen::{Answer, Seen};
use outcomes::OUTCOMES;

/// The version of the MDN HTTP Observatory's algorithm that [`score`] computes.
pub const ALGORITHM: u8 = 6;

/// What the MDN HTTP Observatory would say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Score {
    /// From 0 up; 100 and more is an A+.
    pub points: u16,
    /// From `A+` to `F`.
    pub grade: &'static str,
    /// What came of each test.
    pub outcomes: Vec<Outcome>,
}

/// What came of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The test, by the Observatory's name.
    pub test: &'static str,
    /// What came of it, by the Observatory's name.
    pub result: &'static str,
    /// What that is worth.
    pub points: i16,
}

type Test = fn(&Seen) -> &'static str;

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

const BEGINNING: i32 = 100;
/// Who has less after what was taken away gets nothing added.
const FOR_EXTRA: i32 = 90;

/// What the MDN HTTP Observatory would say; nothing where it would refuse the site's status.
pub fn score(seen: &Seen) -> Option<Score> {
    let status = seen.page.status().as_u16();
    if status < 200 || status >= 400 && status != 401 && status != 403 {
        return None;
    }
    Some(Score::of(TESTS.iter().map(|(test, run)| outcome(test, run(seen))).collect()))
}

impl Score {
    /// The score of these outcomes.
    pub fn of(outcomes: Vec<Outcome>) -> Self {
        let sum = |wanted: fn(i32) -> bool| -> i32 {
            outcomes.iter().map(|outcome| i32::from(outcome.points)).filter(|points| wanted(*points)).sum()
        };
        let taken = BEGINNING + sum(|points| points < 0);
        let points = if taken >= FOR_EXTRA { taken + sum(|points| points > 0) } else { taken };
        let points = u16::try_from(points.max(0)).unwrap_or(u16::MAX);
        Self { points, grade: grade(points), outcomes }
    }
}

fn outcome(test: &'static str, result: &'static str) -> Outcome {
    let points = OUTCOMES.iter().find(|(name, _)| *name == result).map_or(0, |(_, points)| *points);
    Outcome { test, result, points }
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

/// The worse of two outcomes, by their place in a list from good to bad; what is not in the list is best.
fn worse(new: &'static str, old: Option<&'static str>, order: &[&str]) -> Option<&'static str> {
    let place = |name: &str| order.iter().position(|known| *known == name);
    match old {
        Some(old) if place(new) <= place(old) => Some(old),
        _ => Some(new),
    }
}

/// The media type, as the Observatory takes it: to the letter.
fn media_type(page: &Answer) -> String {
    let value = page.values(&http::header::CONTENT_TYPE).next().unwrap_or_default();
    value.split(';').next().unwrap_or_default().to_owned()
}

fn is_html(kind: &str) -> bool {
    matches!(kind, "text/html" | "application/xhtml+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_end_where_they_should() {
        let grades =
            [(140, "A+"), (100, "A+"), (99, "A"), (90, "A"), (89, "A-"), (84, "B+"), (79, "B"), (69, "B-")];
        let low = [(64, "C+"), (59, "C"), (49, "C-"), (44, "D+"), (39, "D"), (29, "D-"), (24, "F"), (0, "F")];
        for (points, expected) in grades.into_iter().chain(low) {
            assert_eq!(grade(points), expected, "{points}");
        }
    }

    #[test]
    fn every_outcome_is_there_once() {
        for (position, (name, _)) in OUTCOMES.iter().enumerate() {
            assert!(OUTCOMES[..position].iter().all(|(other, _)| other != name), "{name}");
        }
        assert_eq!(OUTCOMES.len(), 77);
    }
}
