//! The filters of the list of users, in the query string. Invalid parameters are ignored.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use url::form_urlencoded::{Serializer, parse};

use crate::db::users::list::{Of, Wanted};
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{Role, Year};
use crate::pages::parts::address::Id;

/// The maximum length of the search text. A longer text is truncated.
const MAX_CHARS: usize = 100;

/// The filters and the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserSearch {
    pub wanted: Wanted,
    /// Starts at 1.
    pub page: u32,
}

impl UserSearch {
    #[must_use]
    pub(crate) fn parse(query: &str) -> Self {
        let mut search = Self { wanted: Wanted::default(), page: 1 };
        let wanted = &mut search.wanted;
        for (name, value) in parse(query.as_bytes()) {
            match &*name {
                "q" => wanted.text = value.trim().chars().take(MAX_CHARS).collect(),
                "school" if value == "none" => wanted.school = Some(Of::None),
                "school" => wanted.school = Id::parse(&value).map(|Id(id)| Of::One(id)),
                "year" if value == "none" => wanted.year = Some(Of::None),
                "year" => {
                    wanted.year = value.parse::<Year>().ok().map(Of::One);
                    wanted.key_stage = value.parse::<KeyStage>().ok();
                }
                "role" => wanted.role = [Role::Pupil, Role::Admin].into_iter().find(|it| it.name() == value),
                "unverified" => wanted.unverified = value == "yes",
                "page" => search.page = value.parse().ok().filter(|page| *page > 0).unwrap_or(1),
                _ => {}
            }
        }
        search
    }

    /// Returns the filters as form fields.
    #[must_use]
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let Wanted { text, school, key_stage, year, role, unverified } = &self.wanted;
        let school = school.map(|it| match it {
            Of::None => "none".to_owned(),
            Of::One(id) => id.to_string(),
        });
        let year = year.map(|it| match it {
            Of::None => "none".to_owned(),
            Of::One(year) => year.number().to_string(),
        });
        let fields = [
            ("q", (!text.is_empty()).then(|| text.clone())),
            ("school", school),
            ("year", year.or_else(|| key_stage.map(|it| it.name().to_owned()))),
            ("role", role.map(|it| it.name().to_owned())),
            ("unverified", unverified.then(|| "yes".to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Returns the URL of the first page of results.
    #[must_use]
    pub(crate) fn address(&self, path: &str) -> String {
        let fields = self.fields();
        if fields.is_empty() {
            return path.to_owned();
        }
        format!("{path}?{}", Serializer::new(String::new()).extend_pairs(fields).finish())
    }

    /// Returns the value of a field, or an empty text.
    fn field_value(&self, field: &str) -> String {
        let field = self.fields().into_iter().find(|(name, _)| *name == field);
        field.map(|(_, value)| value).unwrap_or_default()
    }

    /// Returns `true` if the field has this value.
    pub(super) fn chosen(&self, field: &str, value: &str) -> bool {
        self.field_value(field) == value
    }

    /// Returns `true` if a filter other than the text is set.
    pub(super) fn is_narrow(&self) -> bool {
        self.fields().iter().any(|(name, _)| *name != "q")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UserSearch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_round_trip_through_the_url() {
        for address in [
            "/admin/users",
            "/admin/users?q=50%25+%26+more",
            "/admin/users?school=3&year=9",
            "/admin/users?school=none&year=none&role=admin&unverified=yes",
            "/admin/users?year=KS4",
        ] {
            let query = address.split_once('?').map_or("", |(_, query)| query);
            assert_eq!(UserSearch::parse(query).address("/admin/users"), address);
        }
    }

    #[test]
    fn ignores_invalid_parameters() {
        for query in
            ["school=x&year=99&role=king&page=0", "school=-1&page=x", "school=07&unverified=maybe", "=&&q="]
        {
            assert_eq!(
                UserSearch::parse(query),
                UserSearch { wanted: Wanted::default(), page: 1 },
                "{query}"
            );
        }
        assert_eq!(
            UserSearch::parse(&format!("q={}", "é".repeat(400))).wanted.text.chars().count(),
            MAX_CHARS
        );
    }
}
