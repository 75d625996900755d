//! Charts as inline SVG.
//!
//! Lengths are attributes and colours are classes, so that the Content Security Policy needs no
//! inline styles. A bar chart is a table with a bar in each row. A chart of days is an image with
//! a table beside it.

use crate::pages::parts::day::Day;

/// The length of the longest bar.
const LENGTH: i64 = 1000;

/// A row of a bar chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) link: Option<String>,
    /// The value, as text.
    pub(super) text: String,
    /// From 0 to 1000.
    pub(super) length: i64,
}

impl Bar {
    /// Creates a bar for `value` out of `of`.
    pub(super) fn new(label: impl Into<String>, value: i64, of: i64) -> Self {
        let length = (value.max(0).saturating_mul(LENGTH) / of.max(1)).min(LENGTH);
        Self { label: label.into(), link: None, text: value.to_string(), length }
    }

    /// Creates bars relative to the largest value.
    pub(super) fn all(rows: impl IntoIterator<Item = (String, i64)>) -> Vec<Self> {
        let rows: Vec<_> = rows.into_iter().collect();
        let most = rows.iter().map(|(_, value)| *value).max().unwrap_or(0);
        rows.into_iter().map(|(label, value)| Self::new(label, value, most)).collect()
    }
}

/// A stacked column chart by day: the part `right` below, the rest above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Days {
    /// The earliest day first.
    pub(super) columns: Vec<Column>,
    /// The value at the top of the scale.
    pub(super) top: i64,
}

/// The column of a day, with its geometry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) day: Day,
    pub(super) right: i64,
    pub(super) total: i64,
    pub(super) x: i64,
    pub(super) right_height: i64,
    pub(super) other_height: i64,
}

impl Column {
    /// Returns the value of the upper part.
    pub(super) fn other(&self) -> i64 {
        self.total - self.right
    }

    /// Returns the `y` of the lower part.
    pub(super) fn right_y(&self) -> i64 {
        Days::HEIGHT - self.right_height
    }

    /// Returns the `y` of the upper part.
    pub(super) fn other_y(&self) -> i64 {
        self.right_y() - self.other_height
    }
}

impl Days {
    /// The height of the chart.
    pub(super) const HEIGHT: i64 = 160;
    /// The distance between two columns.
    pub(super) const STEP: i64 = 20;

    /// Creates a chart from the start, the part `right` and the total of each day.
    pub(super) fn new(days: impl IntoIterator<Item = (i64, i64, i64)>) -> Self {
        let days: Vec<_> = days.into_iter().collect();
        let top = round_up(days.iter().map(|(_, _, total)| *total).max().unwrap_or(0));
        let column = |(at, (start, right, total)): (i64, (i64, i64, i64))| {
            let height = |value: i64| value.max(0) * Self::HEIGHT / top;
            // Noon is on the same day even if summer time begins or ends.
            let day = Day::of_unix(start + 12 * 60 * 60);
            let right_height = height(right);
            Column {
                day,
                right,
                total,
                x: at * Self::STEP,
                right_height,
                other_height: height(total) - right_height,
            }
        };
        Self { columns: (0..).zip(days).map(column).collect(), top }
    }

    pub(super) fn width(&self) -> i64 {
        i64::try_from(self.columns.len()).unwrap_or(0) * Self::STEP
    }

    /// Returns the sum over all days.
    pub(super) fn total(&self) -> i64 {
        self.columns.iter().map(|column| column.total).sum()
    }
}

/// Rounds up to 1, 2, 4 or 5 times a power of ten, and to 4 at least.
fn round_up(value: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for digit in [1, 2, 4, 5] {
            let round = power.saturating_mul(digit);
            if round >= value.max(4) {
                return round;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_has_the_longest_bar() {
        let bars = Bar::all([("a".to_owned(), 4), ("b".to_owned(), 2), ("c".to_owned(), 0)]);
        assert_eq!(bars.iter().map(|bar| bar.length).collect::<Vec<_>>(), [1000, 500, 0]);
        assert_eq!(Bar::new("a", 7, 0).length, 1000);
        assert!(Bar::all([]).is_empty());
    }

    #[test]
    fn columns_fit_into_the_chart() {
        let days = Days::new([(0, 0, 0), (86_400, 3, 10), (172_800, 40, 40)]);
        assert_eq!((days.top, days.width(), days.total()), (40, 60, 50));
        for column in &days.columns {
            assert!(
                column.other_y() >= 0 && column.right_y() + column.right_height == Days::HEIGHT,
                "{column:?}"
            );
        }
        assert_eq!(days.columns[1].other(), 7);
        assert_eq!(days.columns[1].day.iso(), "1970-01-02");
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        let round = [(0, 4), (4, 4), (5, 5), (6, 10), (11, 20), (41, 50), (99, 100), (1001, 2000)];
        for (value, up) in round {
            assert_eq!(round_up(value), up);
        }
    }
}
