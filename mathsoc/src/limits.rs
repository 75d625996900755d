//! How often one may ask.
//!
//! | limit | on | by | quotas |
//! |---|---|---|---|
//! | `pages` | every page, and what is not found | address | `RATELIMIT_DEFAULT` |
//!
//! Files and health checks never count. While the store does not answer, pages are counted in memory: nobody gains by a
//! site that nobody can read. Login and the like come with accounts, and will be closed then.

use std::fmt::Write;

use palisade::{RateGate, RateLimit};

use crate::config::RateLimits;
use crate::route_map::Map;
use crate::state::App;

const PAGES: &str = "pages";

/// The limit on pages, if requests are limited.
pub fn pages(app: &App) -> Option<RateGate> {
    let settings = &app.config.ratelimit;
    let limit = RateLimit::new(PAGES, settings.default.clone(), app.counters.clone());
    // `App::open` has asked whether the store can count this way.
    let limit = limit.strategy(settings.strategy).ok()?;
    let gate = limit.per_client();
    settings.enabled.then(|| if settings.headers_enabled { gate.headers() } else { gate })
}

/// The table that `mathsoc limits` prints: every route with its limit, or why it has none.
pub fn table(map: &Map, settings: &RateLimits) -> String {
    let width = map.rows().iter().map(|row| row.path.len()).max().unwrap_or(0);
    let mut table = String::new();
    for row in map.rows() {
        let limit = match row.group {
            _ if !settings.enabled => "exempt: RATELIMIT_ENABLED is false".to_owned(),
            "files" => "exempt: a page is made of many files, and they cost little".to_owned(),
            "open" => "exempt: whoever watches over the site is always answered".to_owned(),
            _ => format!(
                "{PAGES}: {} by address, {}, counted in {}",
                settings.default,
                settings.strategy,
                settings.storage_uri.shown()
            ),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{:<6}  {:<width$}  {limit}", row.methods, row.path);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::routes;

    fn table_with(settings: &[(&str, &str)]) -> String {
        let find = |name: &str| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        table(&routes::map(), &Config::from_vars(&find).expect("settings that can be read").ratelimit)
    }

    #[test]
    fn every_route_has_its_limit_or_the_reason_why_not() {
        let table = table_with(&[("RATELIMIT_STORAGE_URI", "redis://:secret@cache:6379/0")]);
        assert_eq!(table.lines().count(), routes::map().rows().len());
        let line = |path: &str| {
            table.lines().find(|line| line.split_whitespace().nth(1) == Some(path)).expect("a line")
        };
        let about =
            "pages: 200 per day; 50 per hour by address, fixed-window, counted in redis://***@cache:6379/0";
        assert!(line("/about").ends_with(about), "{table}");
        assert!(line("/healthz").contains("exempt: whoever watches"), "{table}");
        assert!(line("/robots.txt").contains("exempt: a page is made of many files"), "{table}");
        assert!(!table.contains("secret"));
        assert!(
            table_with(&[("APP_ENV", "testing")])
                .lines()
                .all(|line| line.contains("RATELIMIT_ENABLED is false"))
        );
    }
}
