//! `/search`: challenges, articles and newsletters that contain all the words.
//!
//! Texts with all words in the title come first, then the others; each group is newest first. The
//! search ignores case in every alphabet. It searches the visible text, not the markup.
//!
//! Each search reads all texts. A society has a few hundred, and searching a thousand takes a few
//! milliseconds. An index would have to be updated by every write
//! (`docs/decisions/0021-search.md`).

use std::convert::Infallible;
use std::ops::Range;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::response::Html;
use http::request::Parts;
use url::form_urlencoded;

use crate::db::search::{self, Text};
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;
use crate::text::rich_text;

/// The maximum length of a query.
const MAX_CHARS: usize = 100;
/// The maximum number of words. Further words are ignored.
const MAX_WORDS: usize = 8;
/// The number of characters on each side of the word in an excerpt.
const EXCERPT_CHARS: usize = 70;
const PER_PAGE: usize = 10;

/// The query string: a text and a page.
pub(crate) struct SearchQuery {
    text: String,
    page: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for SearchQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut parsed = Self { text: String::new(), page: 1 };
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "q" => parsed.text = value.trim().to_owned(),
                "page" => parsed.page = value.parse().ok().filter(|page| *page > 0).unwrap_or(1),
                _ => {}
            }
        }
        Ok(parsed)
    }
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    layout: Layout,
    query: String,
    too_long: bool,
    total: usize,
    hits: Vec<Hit>,
    pager: Pager,
}

/// A search result.
#[derive(Debug, PartialEq, Eq)]
struct Hit {
    text: Text,
    in_title: bool,
    /// Text before the first match in the body, the match, text after it. `None` if title and lead
    /// contain all words.
    excerpt: Option<[String; 3]>,
}

/// `GET /search?q=roots&page=2`.
///
/// # Errors
/// Returns [`Error::not_found`] past the last page.
pub(crate) async fn show(
    State(app): State<App>,
    search: SearchQuery,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let SearchQuery { text: query, page } = search;
    let too_long = query.chars().count() > MAX_CHARS;
    let words = words(&query);
    let hits = if too_long || words.is_empty() {
        Vec::new()
    } else {
        let texts = search::texts(&app.db).await?;
        tokio::task::spawn_blocking(move || find(texts, &words)).await?
    };
    let total = hits.len();
    let pages = u32::try_from(total.div_ceil(PER_PAGE).max(1)).unwrap_or(u32::MAX);
    if page > pages {
        return Err(Error::not_found());
    }
    let hits = hits.into_iter().skip((page as usize - 1) * PER_PAGE).take(PER_PAGE).collect();
    let address: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", &query).finish();
    let pager = Pager::new(format!("/search?{address}"), page, pages);
    render(&SearchPage { layout: frame.layout(Section::Other), query, too_long, total, hits, pager })
}

fn words(query: &str) -> Vec<String> {
    query.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect()
}

fn find(texts: Vec<Text>, words: &[String]) -> Vec<Hit> {
    let mut hits: Vec<Hit> = texts.into_iter().filter_map(|text| hit(text, words)).collect();
    hits.sort_by_key(|hit| !hit.in_title);
    hits
}

fn hit(text: Text, words: &[String]) -> Option<Hit> {
    let body = rich_text::plain(&text.body);
    let folded = [text.title.to_lowercase(), text.lead.to_lowercase(), body.to_lowercase()];
    let is_in = |place: &String, word: &String| place.contains(word.as_str());
    if !words.iter().all(|word| folded.iter().any(|place| is_in(place, word))) {
        return None;
    }
    let in_title = words.iter().all(|word| is_in(&folded[0], word));
    let in_shown_text = words.iter().all(|word| folded[..2].iter().any(|place| is_in(place, word)));
    let excerpt = words.iter().filter(|_| !in_shown_text).find_map(|word| excerpt(&body, word));
    Some(Hit { text, in_title, excerpt })
}

/// Returns the first match outside of formulas with its context. A formula in it becomes `…`.
fn excerpt(body: &str, word: &str) -> Option<[String; 3]> {
    let text = without_formulas(body);
    let at = find_word(&text, word)?;
    let before: String = {
        let start = text[..at.start].char_indices().rev().nth(EXCERPT_CHARS).map_or(0, |(at, _)| at);
        let cut = text[start..at.start].find(' ').filter(|_| start > 0).map_or(start, |gap| start + gap + 1);
        let dots = if start > 0 { "… " } else { "" };
        format!("{dots}{}", &text[cut.min(at.start)..at.start])
    };
    let after: String = {
        let rest = &text[at.end..];
        match rest.char_indices().nth(EXCERPT_CHARS) {
            None => rest.to_owned(),
            Some((end, _)) => format!("{} …", &rest[..rest[..end].rfind(' ').unwrap_or(end)]),
        }
    };
    Some([before, text[at].to_owned(), after])
}

/// Finds a lower-case word, ignoring case.
fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    text.char_indices().find_map(|(start, _)| {
        let mut folded = String::new();
        for (at, c) in text[start..].char_indices() {
            if folded.len() >= word.len() {
                return (folded == word).then_some(start..start + at);
            }
            folded.extend(c.to_lowercase());
            if !word.starts_with(folded.as_str()) {
                return None;
            }
        }
        (folded == word).then_some(start..text.len())
    })
}

fn without_formulas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("\\(").into_iter().chain(rest.find("\\[")).min() {
        let close = if rest[open..].starts_with("\\(") { "\\)" } else { "\\]" };
        let Some(end) = rest[open..].find(close) else { break };
        out.push_str(&rest[..open]);
        out.push('…');
        rest = &rest[open + end + 2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, lead: &str, body: &str) -> Text {
        let (title, lead, body) = (title.to_owned(), lead.to_owned(), body.to_owned());
        Text { kind: LogSubject::Challenge, id: 1, title, lead, body, at: 0 }
    }

    fn found(texts: Vec<Text>, query: &str) -> Vec<String> {
        find(texts, &words(query)).into_iter().map(|hit| hit.text.title).collect()
    }

    #[test]
    fn requires_all_words_and_sorts_titles_first() {
        let texts = || {
            vec![
                text("Primes", "", "<p>On roots.</p>"),
                text("Roots of primes", "", ""),
                text("Roots", "Square ones", ""),
            ]
        };
        assert_eq!(found(texts(), "roots PRIMES"), ["Roots of primes", "Primes"]);
        assert_eq!(found(texts(), "square roots"), ["Roots"]);
        assert!(found(texts(), "cubes").is_empty());
        assert_eq!(found(vec![text("ÉCOLE 100%", "", "")], "école 100%"), ["ÉCOLE 100%"]);
        assert!(found(vec![text("ab", "", "")], "a_").is_empty(), "there are no wildcards");
    }

    #[test]
    fn ignores_markup_and_scripts() {
        let one = || vec![text("One", "", r#"<p class="note">text<script>evil</script></p>"#)];
        for word in ["class", "note", "script", "evil", "<p"] {
            assert!(found(one(), word).is_empty(), "{word}");
        }
    }

    #[test]
    fn an_excerpt_is_text_and_cuts_no_formula() {
        let body = r"Before it stands \(\frac{1}{2}\) and 1 &lt;script&gt; then the Word, and after it \[x^2\] the end.";
        let hit = hit(text("", "", body), &words("word")).unwrap();
        let [before, word, after] = hit.excerpt.unwrap();
        assert_eq!((before.as_str(), word.as_str()), ("Before it stands … and 1 <script> then the ", "Word"));
        assert_eq!(after, ", and after it … the end.");
        let long = format!("{} Word {}", "before ".repeat(40), "after ".repeat(40));
        let [before, _, after] = excerpt(&long, "word").unwrap();
        assert!(before.starts_with("… before ") && before.len() < 90, "{before}");
        assert!(after.ends_with("after …") && after.len() < 90, "{after}");
    }

    #[test]
    fn ignores_case_in_every_alphabet() {
        for (text, word, found) in
            [("Straße", "straße", "Straße"), ("aÉb", "é", "É"), ("İx", "x", "x"), ("ααΑΒ", "αβ", "ΑΒ")]
        {
            assert_eq!(find_word(text, word).map(|at| &text[at]), Some(found), "{text}");
        }
        assert_eq!(find_word("abc", "abcd"), None);
    }
}
