//! `RateLimit` through a real router, compared with Flask-Limiter.
//!
//! | Flask-Limiter | here |
//! |---|---|
//! | keys of the application's configuration | settings of the site, tested there |
//! | a warning that memory is used | `memory://` is written, or a store is handed over |
//! | connection pools, client classes, `key_prefix` | the URL; the limit's name is the prefix |
//! | header and text of a breach name different quotas | one decision for both; `ChargePolicy` |
//! | a callback that answers instead, with 200 | it is notified, the answer stays 429 |
//! | a decorator above `@app.route` never runs | layers go last; the site's tests check each route |
//! | several limits sorted by unit | quotas in the order written, layers from the outside in |
//! | a message per request | one message; the page says when to try again |
//! | flags for the scope of an exemption | each layer has its own `exempt_when` |

mod backoff;
mod calls;
mod changes;
mod choices;
mod defaults;
mod down;
mod failures;
mod fields;
mod keys;
mod nested;
mod places;
mod preflights;
mod support;
mod users;
