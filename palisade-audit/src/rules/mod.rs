//! The rules, one table per subject.

mod content;
mod cookies;
mod headers;
mod policy;
mod transport;

use crate::rule::Rule;

pub(crate) use policy::lint;

pub(crate) const ALL: [&[Rule]; 5] =
    [transport::RULES, headers::RULES, policy::RULES, cookies::RULES, content::RULES];

/// An `add_header` line for nginx; `always` covers its error pages too.
macro_rules! add_header {
    ($name:literal, $value:literal) => {
        concat!("add_header ", $name, " \"", $value, "\" always;")
    };
}
use add_header;
