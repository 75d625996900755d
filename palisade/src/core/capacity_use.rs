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
