//! How often one may ask.
//!
//! | limit | on | by | quotas |
//! |---|---|---|---|
//! | `pages` | every page, and what is not found | address | `RATELIMIT_DEFAULT` |
//!
//! Files and health checks never count. While the store does not answer, pages are counted in memory: nobody gains by a
//! site that nobody can read. Login and the like come with accounts, and will be closed then.

use palisade::{Fields, LimitLayer, RateLimit};

use crate::state::App;

/// The limit on pages, if requests are limited.
pub fn pages(app: &App) -> Option<LimitLayer> {
    let settings = &app.config.ratelimit;
    let fields = if settings.headers_enabled { Fields::classic() } else { Fields::none() };
    let limit = RateLimit::new("pages", settings.default.clone(), app.counters.clone());
    // `App::open` has asked whether the store can count this way.
    let limit = limit.strategy(settings.strategy).ok()?;
    settings.enabled.then(|| limit.fields(fields).open_when_down().per_client())
}
