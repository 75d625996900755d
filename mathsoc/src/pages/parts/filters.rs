//! Custom template filters: `{{ text|tex }}`, `{{ html|rich }}`, `{{ seconds|day }}`.

#![expect(unreachable_pub, reason = "askama generates a public struct for each filter")]

use askama::{Result, Values};

use super::day::Day;
use crate::text::rich_text;
use crate::text::typeset::{self, Typeset};

#[askama::filter_fn]
pub(crate) fn tex(plain: &str, _: &dyn Values) -> Result<Typeset> {
    Ok(typeset::text(plain))
}

#[askama::filter_fn]
pub(crate) fn rich(html: &str, _: &dyn Values) -> Result<Typeset> {
    Ok(rich_text::shown(html))
}

#[askama::filter_fn]
pub(crate) fn day(seconds: &i64, _: &dyn Values) -> Result<Day> {
    Ok(Day::of_unix(*seconds))
}
