//! The `Range` header: a single range of bytes (RFC 9110 section 14).

use std::num::NonZeroUsize;
use std::ops::Range;

use http_range_header::{RangeUnsatisfiableError, parse_range_header_with_max_ranges};

/// The part of a file that a `Range` header selects.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RequestedRange {
    /// The whole file; also for headers that are invalid, use another unit, or have several
    /// ranges.
    Whole,
    Part(Range<u64>),
    /// A valid range that begins after the end: 416.
    Unsatisfiable,
}

impl RequestedRange {
    pub(super) fn parse(header: &str, length: u64) -> Self {
        // A response with several ranges costs more than it saves; RFC 9110 lets a server ignore
        // them.
        let parsed = parse_range_header_with_max_ranges(header, NonZeroUsize::MIN);
        match parsed.and_then(|ranges| ranges.validate(length)).as_deref() {
            Ok([range]) => Self::Part(*range.start()..range.end() + 1),
            Err(RangeUnsatisfiableError::Unsatisfiable) => Self::Unsatisfiable,
            Ok(_) | Err(_) => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_one_range_of_bytes() {
        use RequestedRange::{Part, Unsatisfiable, Whole};
        for (header, range) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=2-4", Part(2..5)),
            ("bytes=2-", Part(2..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-30", Part(0..10)),
            ("bytes=0-99999999999999999999999", Part(0..10)),
            ("BYTES=1-2", Part(1..3)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-20", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=4-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("bytes=-", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=a-b", Whole),
            ("lines=1-2", Whole),
            ("bytes = 1-2", Whole),
            ("bytes", Whole),
            ("", Whole),
        ] {
            assert_eq!(RequestedRange::parse(header, 10), range, "{header}");
        }
    }
}
