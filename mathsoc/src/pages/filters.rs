//! The filters of the templates: `{{ text|tex }}`, `{{ html|tex_html }}`, `{{ seconds|day }}`.

#![expect(unreachable_pub, reason = "askama writes a public struct for each filter")]

use askama::{Result, Values};

use super::day::Day;
use crate::typeset::{self, Typeset};

#[askama::filter_fn]
pub(super) fn tex(plain: &str, _: &dyn Values) -> Result<Typeset> {
    Ok(typeset::text(plain))
}

#[askama::filter_fn]
pub(super) fn tex_html(trusted: &str, _: &dyn Values) -> Result<Typeset> {
    Ok(typeset::html(trusted))
}

#[askama::filter_fn]
pub(super) fn day(seconds: &i64, _: &dyn Values) -> Result<Day> {
    Ok(Day::of_unix(*seconds))
}
