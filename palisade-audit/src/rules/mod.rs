//! The rules, a table per subject.

mod content;
mod cookies;
mod headers;
mod policy;
mod transport;

use super::rule::Rule;

pub(super) use policy::lint;

pub(super) const ALL: [&[Rule]; 5] =
    [transport::RULES, headers::RULES, policy::RULES, cookies::RULES, content::RULES];

/// A header as an `add_header` line for nginx; `always` covers its error pages too.
macro_rules! add_header {
    ($name:literal, $value:literal) => {
        concat!("add_header ", $name, " \"", $value, "\" always;")
    };
}
use add_header;
