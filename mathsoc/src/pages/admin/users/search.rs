//! The filters of the list of users, in the query string. Invalid parameters are ignored.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use url::form_urlencoded::parse;

use crate::db::results::ResultFilter;
use crate::db::users::list::UserFilter;
use crate::domain::person::Role;
use crate::pages::admin::class_filter;

/// The maximum length of the search text. A longer text is truncated.
const MAX_CHARS: usize = 100;

/// The filters and the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserSearch {
    pub wanted: UserFilter,
    /// Starts at 1.
    pub page: u32,
}

impl UserSearch {
    #[must_use]
    pub(crate) fn parse(query: &str) -> Self {
        let mut search = Self { wanted: UserFilter::default(), page: 1 };
        let (wanted, mut class) = (&mut search.wanted, ResultFilter::default());
        for (name, value) in parse(query.as_bytes()) {
            match &*name {
                "q" => wanted.text = value.trim().chars().take(MAX_CHARS).collect(),
                "role" => wanted.role = [Role::Pupil, Role::Admin].into_iter().find(|it| it.name() == value),
                "unverified" => wanted.unverified = value == "yes",
                "page" => search.page = class_filter::read_page(&value),
                name => {
                    class_filter::read(&mut class, name, &value);
                }
            }
        }
        (wanted.school, wanted.year, wanted.key_stage) = (class.school, class.year, class.key_stage);
        search
    }

    /// Returns the filters as form fields.
    #[must_use]
    pub(crate) fn fields(&self) -> class_filter::Fields {
        let UserFilter { text, school, key_stage, year, role, unverified } = &self.wanted;
        let text = (!text.is_empty()).then(|| ("q", text.clone()));
        let class = ResultFilter { school: *school, year: *year, key_stage: *key_stage };
        let role = role.map(|it| ("role", it.name().to_owned()));
        let unverified = unverified.then(|| ("unverified", "yes".to_owned()));
        text.into_iter().chain(class_filter::fields(class)).chain(role).chain(unverified).collect()
    }

    /// Returns the URL of the first page of results.
    #[must_use]
    pub(crate) fn address(&self, path: &str) -> String {
        class_filter::address(path, self.fields())
    }

    /// Returns `true` if the field has this value.
    pub(super) fn chosen(&self, field: &str, value: &str) -> bool {
        class_filter::is_chosen(&self.fields(), field, value)
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
                UserSearch { wanted: UserFilter::default(), page: 1 },
                "{query}"
            );
        }
        assert_eq!(
            UserSearch::parse(&format!("q={}", "é".repeat(400))).wanted.text.chars().count(),
            MAX_CHARS
        );
    }
}
