//! The report of `mathsoc limits`: every route with its limits, or why it is exempt; as a table or
//! JSON.

use std::fmt;

use serde::Serialize;

use super::{EXEMPT, LIMITS, Limit, Per};
use crate::config::RateLimits;
use crate::web::route_map::{Map, Row};

/// All routes with their limits. `Display` writes the table.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Report(Vec<RouteReport>);

/// A route with its limits.
#[derive(Debug, Serialize)]
pub struct RouteReport {
    /// The accepted methods.
    pub methods: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The group of the route.
    pub group: &'static str,
    /// The limits, the innermost first.
    pub limits: Vec<LimitReport>,
    /// The reason why it has no limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<&'static str>,
}

/// A limit under the current settings.
#[derive(Debug, Serialize)]
pub struct LimitReport {
    pub name: &'static str,
    pub quotas: String,
    /// The keys that it counts by.
    pub per: &'static [Per],
    pub strategy: String,
    /// The store, without a password.
    pub store: String,
    /// `true` if only failures count, and delay the next attempt.
    pub failures: bool,
    /// `true` if it rejects while the store does not answer.
    pub closed_while_down: bool,
}

impl Report {
    /// Reports on this map under these settings.
    pub fn new<S: Clone + Send + Sync + 'static>(map: &Map<S>, settings: &RateLimits) -> Self {
        Self(map.rows().iter().map(|row| RouteReport::new(row, settings)).collect())
    }

    /// The routes, in the order of the map.
    pub fn routes(&self) -> &[RouteReport] {
        &self.0
    }

    /// Returns the output of `mathsoc limits --json`: an array with an object for each route.
    pub fn json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("all keys are field names");
        json.push('\n');
        json
    }
}

impl RouteReport {
    fn new(row: &Row, settings: &RateLimits) -> Self {
        let Row { methods, path, group } = *row;
        let holds =
            |limit: &&Limit| limit.groups.contains(&group) && (!limit.posts_only || methods.contains("POST"));
        let (limits, exempt) = if settings.enabled {
            let reason = EXEMPT.iter().find(|(name, _)| *name == group).map(|(_, reason)| *reason);
            (LIMITS.iter().filter(holds).map(|limit| LimitReport::new(limit, settings)).collect(), reason)
        } else {
            (Vec::new(), Some("RATELIMIT_ENABLED is false"))
        };
        Self { methods, path, group, limits, exempt }
    }
}

impl LimitReport {
    fn new(limit: &Limit, settings: &RateLimits) -> Self {
        Self {
            name: limit.name,
            quotas: limit.quotas(settings).to_string(),
            per: limit.per(),
            strategy: settings.strategy.to_string(),
            store: settings.storage_uri.shown(),
            failures: limit.failures,
            closed_while_down: limit.closed_while_down,
        }
    }
}

/// Writes a line for each limit of each route.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|route| route.path.len()).max().unwrap_or(0);
        for RouteReport { methods, path, limits, exempt, .. } in &self.0 {
            let mut place = format!("{methods:<6}  {path:<width$}");
            if let Some(reason) = exempt {
                writeln!(f, "{place}  exempt: {reason}")?;
            }
            for limit in limits {
                writeln!(f, "{place}  {limit}")?;
                // The next limit of this route is aligned with the first.
                place = " ".repeat(place.len());
            }
        }
        Ok(())
    }
}

impl fmt::Display for LimitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, quotas, strategy, store, .. } = self;
        write!(f, "{name}: {quotas}")?;
        for (place, per) in self.per.iter().enumerate() {
            write!(f, "{} {per}", if place == 0 { " by" } else { " and by" })?;
        }
        write!(f, ", {strategy}, counted in {store}")?;
        if self.failures {
            f.write_str(", only failures, which are delayed")?;
        }
        if self.closed_while_down {
            f.write_str(", refused while that is down")?;
        }
        Ok(())
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "address",
            Self::Account => "account",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::routes;

    fn settings(vars: &[(&str, &str)]) -> RateLimits {
        let find =
            |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Config::from_vars(&find).expect("settings that can be read").ratelimit
    }

    fn report(vars: &[(&str, &str)]) -> Report {
        Report::new(&routes::map(), &settings(vars))
    }

    #[test]
    fn every_route_has_limits_or_a_reason() {
        for route in report(&[]).routes() {
            assert!(route.limits.is_empty() == route.exempt.is_some(), "{route:?}");
        }
        let off = report(&[("APP_ENV", "testing")]);
        assert!(off.to_string().lines().all(|line| line.ends_with("exempt: RATELIMIT_ENABLED is false")));
    }

    #[test]
    fn the_table_hides_passwords() {
        let table = report(&[("RATELIMIT_STORAGE_URI", "redis://:secret@cache:6379/0")]).to_string();
        let line = |path: &str| {
            table.lines().find(|line| line.split_whitespace().nth(1) == Some(path)).expect("a line")
        };
        let about = "pages: 3000 per minute by address, fixed-window, counted in redis://***@cache:6379/0?namespace=mathsoc";
        assert!(line("/about").ends_with(about), "{table}");
        assert!(line("/healthz").contains("exempt: monitoring"), "{table}");
        assert!(line("/robots.txt").contains("exempt: a page is made of many files"), "{table}");
        assert!(!table.contains("secret"));
    }

    #[test]
    fn a_limit_shows_all_its_options() {
        let said = LimitReport::new(&crate::limits::LOGIN, &settings(&[])).to_string();
        let expected = "login: 100 per hour; 500 per day by address and by account, fixed-window, counted in memory://, \
                        only failures, which are delayed, refused while that is down";
        assert_eq!(said, expected);
    }
}
