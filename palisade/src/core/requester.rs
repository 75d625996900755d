//! The requester: a person in front of a browser, a program, or htmx.
//!
//! Error pages and sign-in redirects depend on it. The page of [`error_page`](crate::error_page) has the table.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::accept::asks_for_html;

/// The kind of client that sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requester {
    /// A browser shows the response as a page.
    Person,
    /// A program reads the response.
    Program,
    /// htmx puts the response into a page.
    Htmx,
}

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const HX_BOOSTED: HeaderName = HeaderName::from_static("hx-boosted");
const HX_HISTORY: HeaderName = HeaderName::from_static("hx-history-restore-request");

/// The value of `Vary`: the headers that most often decide.
pub(crate) const VARY: HeaderValue = HeaderValue::from_static("accept, sec-fetch-mode, hx-request");

impl Requester {
    /// Decides by the head of a request. The first rule that fits counts.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let is = |name: HeaderName, text: &str| headers.get(name).is_some_and(|value| value == text);
        if is(HX_REQUEST, "true") {
            // htmx replaces the whole page by the response to these two.
            let whole = is(HX_BOOSTED, "true") || is(HX_HISTORY, "true");
            return if whole { Self::Person } else { Self::Htmx };
        }
        if let Some(mode) = headers.get(SEC_FETCH_MODE) {
            return if mode == "navigate" { Self::Person } else { Self::Program };
        }
        if is(REQUESTED_WITH, "XMLHttpRequest") {
            return Self::Program;
        }
        if asks_for_html(headers) { Self::Person } else { Self::Program }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

    #[test]
    fn the_first_rule_that_fits_counts() {
        for (headers, requester) in [
            (&[][..], Requester::Program),
            (&[("accept", "*/*")], Requester::Program),
            (&[BROWSER], Requester::Person),
            (&[BROWSER, ("sec-fetch-mode", "navigate")], Requester::Person),
            (&[("sec-fetch-mode", "navigate")], Requester::Person),
            (&[BROWSER, ("sec-fetch-mode", "cors")], Requester::Program),
            (&[BROWSER, ("x-requested-with", "XMLHttpRequest")], Requester::Program),
            (&[("hx-request", "true"), ("sec-fetch-mode", "cors")], Requester::Htmx),
            (&[("hx-request", "false"), ("sec-fetch-mode", "cors")], Requester::Program),
            (
                &[("hx-request", "true"), ("hx-boosted", "true"), ("sec-fetch-mode", "cors")],
                Requester::Person,
            ),
            (&[("hx-request", "true"), ("hx-history-restore-request", "true")], Requester::Person),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(Requester::of(&headers), requester, "{headers:?}");
        }
    }
}
