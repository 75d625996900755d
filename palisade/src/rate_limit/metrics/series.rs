//! The counters by name of a limit, with a bound on the number of names.

use std::collections::HashMap;
use std::sync::Arc;

use super::LimitCounters;

/// The largest number of names with counters of their own. A program with more distinct rules is
/// rare; each name adds 8 lines to Prometheus' text, and 128 bytes for each core here.
const MAX_NAMES: usize = 256;
/// The name of all limits beyond [`MAX_NAMES`].
const OTHER: &str = "other";

/// The counters of the limits on one store.
#[derive(Debug, Default)]
pub(super) struct LimitSeries {
    indexes: HashMap<Arc<str>, usize>,
    /// In the order in which the names were first used.
    series: Vec<(Arc<str>, Arc<LimitCounters>)>,
}

impl LimitSeries {
    /// Returns the counters of a name. Further names than the largest number share counters.
    pub(super) fn counters(&mut self, name: &Arc<str>, store: &'static str) -> Arc<LimitCounters> {
        let other;
        let name = if self.indexes.len() >= MAX_NAMES && !self.indexes.contains_key(name) {
            other = OTHER.into();
            &other
        } else {
            name
        };
        if let Some(&index) = self.indexes.get(name) {
            return Arc::clone(&self.series[index].1);
        }
        if self.series.len() >= MAX_NAMES {
            tracing::warn!(
                store,
                max_names = MAX_NAMES,
                "limits have more names than metrics count apart: the rest is counted as `other`. Name a limit after \
                 its rule, and put the caller into the key"
            );
        }
        self.indexes.insert(Arc::clone(name), self.series.len());
        self.series.push((Arc::clone(name), Arc::default()));
        Arc::clone(&self.series[self.series.len() - 1].1)
    }

    /// Returns all names with their counters.
    pub(super) fn all(&self) -> Vec<(Arc<str>, Arc<LimitCounters>)> {
        self.series.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MetricOutcome, Metrics};
    use std::sync::Arc;

    #[test]
    fn names_beyond_the_bound_share_a_series() {
        let metrics = Metrics::new("memory", Box::default());
        for number in 0..5_000 {
            let name: Arc<str> = format!("user {number}").into();
            metrics.limit(&name).add(MetricOutcome::Allowed);
        }
        metrics.limit(&"user 7".into()).add(MetricOutcome::Allowed);
        let limits = metrics.snapshot().limits;
        let counted = |index: usize| (&*limits[index].limit, limits[index].allowed);
        assert_eq!(limits.len(), 257);
        assert_eq!((counted(0), counted(7), counted(255)), (("user 0", 1), ("user 7", 2), ("user 255", 1)));
        assert_eq!(counted(256), ("other", 5_000 - 256));
        assert!(metrics.to_string().lines().count() < 2_100);
    }

    #[test]
    fn a_limit_may_be_named_other() {
        let metrics = Metrics::new("memory", Box::default());
        metrics.limit(&"other".into()).add(MetricOutcome::Rejected);
        for number in 0..300 {
            let name: Arc<str> = number.to_string().into();
            metrics.limit(&name).add(MetricOutcome::Rejected);
        }
        let limits = metrics.snapshot().limits;
        assert_eq!((limits.len(), &*limits[0].limit, limits[0].rejected), (256, "other", 1 + 300 - 255));
    }
}
