//! The text of a value in memcached.

use std::fmt::Write;

use super::client::down;
use crate::core::store_reply::StoreError;
use crate::rate_limit::quota::state::QuotaState;
use crate::rate_limit::quota::{Counter, Quotas};

/// All counters of a caller under one strategy: a line for each list of quotas.
pub(super) struct CallerValue<'a> {
    /// The counters of the list that was asked for.
    pub(super) counters: Vec<Counter>,
    /// The lines of other lists, unparsed.
    other_lines: Vec<&'a str>,
}

impl<'a> CallerValue<'a> {
    /// Parses a value; the empty text has no counters.
    pub(super) fn parse(text: &'a str, quotas: &Quotas) -> Result<Self, StoreError> {
        let list = quota_list(quotas);
        let mut value = Self { counters: Vec::new(), other_lines: Vec::new() };
        for line in text.lines() {
            match line.strip_prefix(&list).and_then(|rest| rest.strip_prefix(' ')) {
                Some(rest) => value.counters = parse_counters(rest)?,
                None => value.other_lines.push(line),
            }
        }
        value.counters.resize(quotas.iter().len(), Counter::default());
        Ok(value)
    }

    /// Returns the text without expired lines, and the time when the last counter expires.
    pub(super) fn serialize(&self, quotas: &Quotas, now: u64) -> (String, u64) {
        let expiry = |counters: &[Counter]| counters.iter().map(QuotaState::expires_at).max().unwrap_or(0);
        let mut last = expiry(&self.counters);
        let mut text = quota_list(quotas);
        for counter in &self.counters {
            let Counter { until, count, other } = counter;
            // Writing to a `String` cannot fail.
            let _ = write!(text, " {until}:{count}:{other}");
        }
        for line in &self.other_lines {
            let counters = line.split_once(' ').and_then(|(_, rest)| parse_counters(rest).ok());
            let expires_at = counters.map_or(0, |counters| expiry(&counters));
            if expires_at > now {
                last = last.max(expires_at);
                text.push('\n');
                text.push_str(line);
            }
        }
        (text, last)
    }
}

/// Returns the quotas as text, which starts the line of their counters.
fn quota_list(quotas: &Quotas) -> String {
    let mut list = String::new();
    for quota in quotas {
        let _ = write!(list, "{}/{};", quota.amount(), quota.window().as_secs());
    }
    list
}

fn parse_counters(text: &str) -> Result<Vec<Counter>, StoreError> {
    let counter = |text: &str| {
        let mut numbers = text.split(':');
        let until = numbers.next()?.parse().ok()?;
        let count = numbers.next()?.parse().ok()?;
        Some(Counter { until, count, other: numbers.next()?.parse().ok()? })
    };
    let counters: Option<Vec<_>> = text.split(' ').map(counter).collect();
    counters.ok_or_else(|| {
        down("a value is not a counter; another program writes keys that start with palisade:")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(text: &str) -> Quotas {
        text.parse().unwrap()
    }

    fn counter(until: u64, count: u32, other: u32) -> Counter {
        Counter { until, count, other }
    }

    #[test]
    fn a_value_keeps_the_counters_of_its_quotas() {
        let list = quotas("5/minute; 20/hour");
        let empty = CallerValue::parse("", &list).unwrap();
        assert_eq!(empty.counters, [Counter::default(); 2]);
        let counters = vec![counter(60_000_000, 3, 0), counter(3_600_000_000, 4, 7)];
        let value = CallerValue { counters: counters.clone(), other_lines: Vec::new() };
        let (text, last) = value.serialize(&list, 0);
        assert_eq!(text, "5/60;20/3600; 60000000:3:0 3600000000:4:7");
        // A counter with a previous count or a fraction expires a microsecond later.
        assert_eq!(last, 3_600_000_001);
        assert_eq!(CallerValue::parse(&text, &list).unwrap().counters, counters);
    }

    #[test]
    fn other_lists_of_quotas_stay_until_they_expire() {
        let text = "5/60; 900:1:0\n5/60;1/1; 500:1:0 800:1:0\n9/60; 700:2:0";
        let (five, nine) = (quotas("5/minute"), quotas("9/minute"));
        let value = CallerValue::parse(text, &nine).unwrap();
        assert_eq!(value.counters, [counter(700, 2, 0)]);
        let (rewritten, last) = value.serialize(&nine, 799);
        assert_eq!(
            (rewritten.as_str(), last),
            ("9/60; 700:2:0\n5/60; 900:1:0\n5/60;1/1; 500:1:0 800:1:0", 900)
        );
        let (rewritten, last) = value.serialize(&nine, 800);
        assert_eq!((rewritten.as_str(), last), ("9/60; 700:2:0\n5/60; 900:1:0", 900));
        let (rewritten, last) = value.serialize(&nine, 900);
        assert_eq!((rewritten.as_str(), last), ("9/60; 700:2:0", 700));
        assert_eq!(CallerValue::parse(text, &five).unwrap().counters, [counter(900, 1, 0)]);
    }

    #[test]
    fn a_value_of_another_program_is_an_error() {
        for rest in ["", "1", "1:2", "1:2:x", "a:2:3", "1:-2:3", "1:2:3 ", "1:2:4294967296"] {
            let text = format!("5/60; {rest}");
            let parsed = CallerValue::parse(&text, &quotas("5/minute"));
            assert!(matches!(parsed.map(|value| value.counters), Err(StoreError::Down { .. })), "{rest:?}");
        }
    }
}
