//! Charts, as SVG in the page: lengths are attributes, colours are classes, so that no page needs a style of its own.
//!
//! A chart of bars is a table whose rows have a bar each. One of days is a picture, with a table beside it.

use crate::pages::parts::day::Day;

/// The length of the longest bar.
const LENGTH: i64 = 1000;

/// A row of a chart of bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// What it is about.
    pub(super) label: String,
    /// Where there is more about it.
    pub(super) link: Option<String>,
    /// What is counted.
    pub(super) text: String,
    /// From 0 to 1000.
    pub(super) length: i64,
}

impl Bar {
    /// A bar for so much of so much.
    pub(super) fn new(label: impl Into<String>, value: i64, of: i64) -> Self {
        let length = (value.max(0).saturating_mul(LENGTH) / of.max(1)).min(LENGTH);
        Self { label: label.into(), link: None, text: value.to_string(), length }
    }

    /// Bars of which the largest is the longest.
    pub(super) fn all(rows: impl IntoIterator<Item = (String, i64)>) -> Vec<Self> {
        let rows: Vec<_> = rows.into_iter().collect();
        let most = rows.iter().map(|(_, value)| *value).max().unwrap_or(0);
        rows.into_iter().map(|(label, value)| Self::new(label, value, most)).collect()
    }
}

/// A chart of days, each a column of what is right with the rest above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Days {
    /// The days, the earliest first.
    pub(super) columns: Vec<Column>,
    /// The number at the upper line.
    pub(super) top: i64,
}

/// A day of it.
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
    /// What is counted besides.
    pub(super) fn other(&self) -> i64 {
        self.total - self.right
    }

    /// Where the lower part begins, from above.
    pub(super) fn right_y(&self) -> i64 {
        Days::HEIGHT - self.right_height
    }

    /// Where the upper part begins, from above.
    pub(super) fn other_y(&self) -> i64 {
        self.right_y() - self.other_height
    }
}

impl Days {
    /// How high the highest column can be.
    pub(super) const HEIGHT: i64 = 160;
    /// How far one column is from the next.
    pub(super) const STEP: i64 = 20;

    /// A chart of what was right on each day, and in all.
    pub(super) fn new(days: impl IntoIterator<Item = (i64, i64, i64)>) -> Self {
        let days: Vec<_> = days.into_iter().collect();
        let top = round_up(days.iter().map(|(_, _, total)| *total).max().unwrap_or(0));
        let column = |(at, (start, right, total)): (i64, (i64, i64, i64))| {
            let height = |value: i64| value.max(0) * Self::HEIGHT / top;
            // The noon of a day is in it, whatever the clocks do.
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

    /// How wide it is.
    pub(super) fn width(&self) -> i64 {
        i64::try_from(self.columns.len()).unwrap_or(0) * Self::STEP
    }

    /// All of it.
    pub(super) fn total(&self) -> i64 {
        self.columns.iter().map(|column| column.total).sum()
    }
}

/// The next number that is easy to read off: 1, 2 or 5 with noughts, 4 at least.
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
    fn the_largest_is_the_longest_and_nothing_is_longer() {
        let bars = Bar::all([("a".to_owned(), 4), ("b".to_owned(), 2), ("c".to_owned(), 0)]);
        assert_eq!(bars.iter().map(|bar| bar.length).collect::<Vec<_>>(), [1000, 500, 0]);
        assert_eq!(Bar::new("a", 7, 0).length, 1000);
        assert!(Bar::all([]).is_empty());
    }

    #[test]
    fn columns_stand_on_the_ground_and_stay_within_the_picture() {
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
    fn the_upper_line_is_a_number_that_is_easy_to_read_off() {
        let round = [(0, 4), (4, 4), (5, 5), (6, 10), (11, 20), (41, 50), (99, 100), (1001, 2000)];
        for (value, up) in round {
            assert_eq!(round_up(value), up);
        }
    }
}
