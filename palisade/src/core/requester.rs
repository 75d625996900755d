//! The requester: a person in front of a browser, a program, or htmx.
//!
//! Error pages and sign-in redirects depend on it. The page of [`error_page`](crate::error_page) has the table.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

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

/// The value of `Vary`: the headers that most often decide.
pub(crate) const VARY: HeaderValue = HeaderValue::from_static("accept, sec-fetch-mode, hx-request");

/// The requester, or the header that tells it: `Accept` is read for errors only.
#[derive(Clone)]
pub(crate) enum RequesterHint {
    Known(Requester),
    Accept(HeaderValue),
}

impl RequesterHint {
    /// Decides by the head of a request. The first rule that fits counts.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // One pass costs less than a look-up of each name.
        let (mut htmx, mut whole, mut script) = (false, false, false);
        let (mut mode, mut accept, mut accept_lines) = (None, None, 0);
        for (name, value) in headers {
            match name.as_str() {
                "hx-request" => htmx |= value == "true",
                // htmx replaces the whole page by the response to these two.
                "hx-boosted" | "hx-history-restore-request" => whole |= value == "true",
                "sec-fetch-mode" => mode = Some(value),
                "x-requested-with" => script |= value == "XMLHttpRequest",
                "accept" => {
                    accept = Some(value);
                    accept_lines += 1;
                }
                _ => {}
            }
        }
        let known = match (htmx, mode, accept) {
            (true, _, _) if whole => Requester::Person,
            (true, _, _) => Requester::Htmx,
            (false, Some(mode), _) if mode == "navigate" => Requester::Person,
            (false, Some(_), _) | (false, None, None) => Requester::Program,
            (false, None, Some(_)) if script => Requester::Program,
            (false, None, Some(line)) if accept_lines == 1 => return Self::Accept(line.clone()),
            (false, None, Some(_)) => Requester::of_accept(headers.get_all(ACCEPT).iter()),
        };
        Self::Known(known)
    }

    pub(crate) fn requester(&self) -> Requester {
        match self {
            Self::Known(requester) => *requester,
            Self::Accept(line) => Requester::of_accept(std::iter::once(line)),
        }
    }
}

impl Requester {
    fn of_accept<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Self {
        if asks_for_html(lines) { Self::Person } else { Self::Program }
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
            (&[("accept", "*/*"), BROWSER], Requester::Person),
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
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(RequesterHint::of(&map).requester(), requester, "{headers:?}");
        }
    }
}
