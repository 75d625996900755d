//! The filters of a school, a year and a key stage in a query string: `?school=3&year=8`. A year may
//! be a key stage; `none` is the absence of either. Invalid values are ignored.

use url::form_urlencoded::Serializer;

use crate::db::results::ResultFilter;
use crate::db::users::list::ColumnFilter;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::Year;
use crate::pages::parts::address::Id;

/// The fields of a form, or of a query string.
pub(super) type Fields = Vec<(&'static str, String)>;

/// Reads a parameter into the filter. Returns `false` for a parameter of another name.
pub(super) fn read(filter: &mut ResultFilter, name: &str, value: &str) -> bool {
    match name {
        "school" if value == "none" => filter.school = Some(ColumnFilter::Missing),
        "school" => filter.school = Id::parse(value).map(|Id(id)| ColumnFilter::Is(id)),
        "year" if value == "none" => filter.year = Some(ColumnFilter::Missing),
        "year" => {
            filter.year = value.parse::<Year>().ok().map(ColumnFilter::Is);
            filter.key_stage = value.parse::<KeyStage>().ok();
        }
        _ => return false,
    }
    true
}

/// Reads a page number, from 1.
pub(super) fn read_page(value: &str) -> u32 {
    value.parse().ok().filter(|page| *page > 0).unwrap_or(1)
}

/// Returns the filter as fields.
pub(super) fn fields(filter: ResultFilter) -> Fields {
    let ResultFilter { school, year, key_stage } = filter;
    let school = school.map(|it| match it {
        ColumnFilter::Missing => "none".to_owned(),
        ColumnFilter::Is(id) => id.to_string(),
    });
    let year = year.map(|it| match it {
        ColumnFilter::Missing => "none".to_owned(),
        ColumnFilter::Is(year) => year.number().to_string(),
    });
    let year = year.or_else(|| key_stage.map(|it| it.name().to_owned()));
    [("school", school), ("year", year)].into_iter().filter_map(|(name, it)| Some((name, it?))).collect()
}

/// Returns the path with these fields as its query.
pub(super) fn address(path: &str, fields: Fields) -> String {
    if fields.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", Serializer::new(String::new()).extend_pairs(fields).finish())
}

/// Returns `true` if the field has this value. A missing field has an empty one.
pub(super) fn is_chosen(fields: &Fields, field: &str, value: &str) -> bool {
    fields.iter().find(|(name, _)| *name == field).map_or("", |(_, set)| set) == value
}
