//! The use of a bounded number of places, for metrics.

use std::fmt;

use super::capacity::Capacity;

/// The use of one bounded number of places at one moment: connections, requests or streams.
///
/// ```
/// use palisade::concurrency::{CapacityUse, ConcurrencyLimit};
///
/// let requests: CapacityUse = ConcurrencyLimit::new().metrics().requests;
/// assert_eq!((requests.used, requests.max, requests.max_per_client), (0, 1024, 128));
/// assert_eq!(requests.rejected(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapacityUse {
    /// The number of places that are taken.
    pub used: u64,
    /// The number of places.
    pub max: u64,
    /// The number of places that one client address (IPv6: a /64) may hold.
    pub max_per_client: u64,
    /// The number of rejections of clients that held their share.
    pub rejected_over_share: u64,
    /// The number of rejections while every place was taken.
    pub rejected_at_capacity: u64,
}

impl CapacityUse {
    /// No places: there is no server.
    pub(crate) const NONE: Self =
        Self { used: 0, max: 0, max_per_client: 0, rejected_over_share: 0, rejected_at_capacity: 0 };

    pub(crate) fn of(capacity: &Capacity) -> Self {
        let counts = capacity.counts();
        Self {
            used: counts.used,
            max: capacity.max() as u64,
            max_per_client: capacity.share() as u64,
            rejected_over_share: counts.over_share,
            rejected_at_capacity: counts.at_capacity,
        }
    }

    /// Returns the number of all rejections.
    pub fn rejected(&self) -> u64 {
        self.rejected_over_share + self.rejected_at_capacity
    }

    /// Writes Prometheus' text of several numbers of places, each with its name.
    pub(crate) fn write(
        f: &mut fmt::Formatter<'_>,
        prefix: &str,
        uses: &[(&'static str, Self)],
    ) -> fmt::Result {
        type Value = fn(&CapacityUse) -> u64;
        let gauges: [(&str, &str, Value); 2] = [
            ("places_used", "Places that are taken now.", |it| it.used),
            ("places_max", "Places that there are.", |it| it.max),
        ];
        for (name, help, value) in gauges {
            writeln!(f, "# HELP {prefix}_{name} {help}\n# TYPE {prefix}_{name} gauge")?;
            for (resource, it) in uses {
                writeln!(f, "{prefix}_{name}{{resource=\"{resource}\"}} {}", value(it))?;
            }
        }
        let name = "rejected_total";
        writeln!(f, "# HELP {prefix}_{name} Rejections, because a client held its share or all was full.")?;
        writeln!(f, "# TYPE {prefix}_{name} counter")?;
        for (resource, it) in uses {
            for (reason, count) in [("share", it.rejected_over_share), ("full", it.rejected_at_capacity)] {
                writeln!(f, "{prefix}_{name}{{resource=\"{resource}\",reason=\"{reason}\"}} {count}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::capacity::ClientNetwork;

    struct Text([(&'static str, CapacityUse); 1]);

    impl fmt::Display for Text {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            CapacityUse::write(f, "serve", &self.0)
        }
    }

    #[test]
    fn every_number_is_in_the_text() {
        let capacity = Capacity::new(5, 2);
        let network = |last: u8| Some(ClientNetwork::of([192, 0, 2, last].into()));
        let places: Vec<_> = [1, 1, 2, 2, 3].map(|last| capacity.take(network(last)).unwrap()).into();
        for _ in 0..3 {
            assert!(capacity.take(network(4)).is_err(), "all places are taken");
        }
        let mut places = places.into_iter();
        drop(places.next_back());
        assert!(capacity.take(network(1)).is_err(), "over the share");
        let capacity_use = CapacityUse::of(&capacity);
        let expected = CapacityUse {
            used: 4,
            max: 5,
            max_per_client: 2,
            rejected_over_share: 1,
            rejected_at_capacity: 3,
        };
        assert_eq!((capacity_use, capacity_use.rejected()), (expected, 4));
        let text = Text([("requests", capacity_use)]).to_string();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                "serve_places_used{resource=\"requests\"} 4",
                "serve_places_max{resource=\"requests\"} 5",
                "serve_rejected_total{resource=\"requests\",reason=\"share\"} 1",
                "serve_rejected_total{resource=\"requests\",reason=\"full\"} 3",
            ]
        );
    }
}
