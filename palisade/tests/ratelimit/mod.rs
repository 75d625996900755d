//! How often: the promises of `RateLimit`, through the real router.
//!
//! The rows LIM-01…24 and LIM-30…46 of Flask-Limiter each have a test that bears their number. What of a row has no test,
//! since there is nothing here that could do it:
//!
//! | row | what | here |
//! |---|---|---|
//! | LIM-01, 02, 09…24 | keys of the application's configuration | the site's settings, tested there |
//! | LIM-13 | a warning that memory is used | `memory://` is written, or a store is handed over |
//! | LIM-14 | connection pools, classes of clients, `key_prefix` | the address has what a server wants; the limit's name is the prefix |
//! | LIM-16 | all quotas charged, the last breach in the header and the first in the text | one verdict for both; charged by choice |
//! | LIM-17 | a callback that answers instead, with 200 | it is told, the answer stays 429 |
//! | LIM-30 | a decorator above `@app.route` never runs | layers go on last, and what is added after `.layer(…)` shows in the site's walk over its routes |
//! | LIM-33 | limits of several decorators sorted by unit | quotas in the order they were written, gates from the outside in |
//! | LIM-36 | a text made for each request | a text; the page says when to try again |
//! | LIM-40 | flags for what an exemption reaches | each gate has its own `exempt_when` |

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
mod world;

#[test]
fn every_row_of_flask_limiter_has_a_test_that_bears_its_number() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ratelimit");
    let mut found = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter_map(|line| line.split_once("fn lim_")) {
            // `lim_10_11_…` bears two.
            found.extend(line.1.split('_').map_while(|word| word.parse::<u32>().ok()));
        }
    }
    let missing: Vec<_> = (1..=24).chain(30..=46).filter(|row| !found.contains(row)).collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}
