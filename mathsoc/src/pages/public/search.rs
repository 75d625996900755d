//! `/search`: challenges, articles and newsletters that contain all the words.
//!
//! Texts with all words in the title come first, then the others; each group is newest first. The
//! search ignores case in every alphabet. It searches the visible text, not the markup.
//!
//! Each search takes these steps:
//! 1. It waits for a slot. If too many wait already, the answer is 503 with `Retry-After`.
//! 2. It reads the texts in batches, and remembers which match. It keeps no text.
//! 3. It reads the ten texts of the page again, and finds the word for their excerpts.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | searches at a time | 2 | a thousand articles take about 40 ms of a core |
//! | waiting searches | 32 | the last one waits for less than a second |
//! | texts in memory | 32 for each search | a few MB |
//!
//! A society has a few hundred texts. An index would have to be updated by every write
//! (`docs/decisions/0021-search.md`).

use std::convert::Infallible;
use std::ops::Range;
use std::time::Duration;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::response::Html;
use http::StatusCode;
use http::request::Parts;
use palisade::Rejection;
use tokio::sync::Semaphore;
use url::form_urlencoded;

use crate::db::Db;
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

/// The slots of the searches that run.
static RUNNING: Semaphore = Semaphore::const_new(2);
/// The slots of the searches that run or wait.
static ADMITTED: Semaphore = Semaphore::const_new(2 + 32);

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

/// A text that matches, without the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Match {
    kind: LogSubject,
    id: i64,
    at: i64,
    in_title: bool,
}

/// A search result on the page.
#[derive(Debug, PartialEq, Eq)]
struct Hit {
    kind: LogSubject,
    text: Text,
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
    let matches = if too_long || words.is_empty() { Vec::new() } else { matches(&app.db, &words).await? };
    let total = matches.len();
    let pages = u32::try_from(total.div_ceil(PER_PAGE).max(1)).unwrap_or(u32::MAX);
    if page > pages {
        return Err(Error::not_found());
    }
    let shown = matches.into_iter().skip((page as usize - 1) * PER_PAGE).take(PER_PAGE).collect();
    let hits = hits(&app.db, shown, words).await?;
    let address: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", &query).finish();
    let pager = Pager::new(format!("/search?{address}"), page, pages);
    render(&SearchPage { layout: frame.layout(Section::Other), query, too_long, total, hits, pager })
}

fn words(query: &str) -> Vec<String> {
    query.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect()
}

/// Returns what matches, titles first, then newest first.
async fn matches(db: &Db, words: &[String]) -> Result<Vec<Match>, Error> {
    let _admitted = ADMITTED.try_acquire().map_err(|_| {
        let message = "Many people are searching just now. Please try again in a moment.";
        Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "search_busy", message)
            .with_retry_after(Duration::from_secs(1))
    })?;
    let _slot = RUNNING.acquire().await?;
    let mut found = Vec::new();
    for kind in search::KINDS {
        let mut next = Some(i64::MIN);
        while let Some(first) = next {
            let texts = search::texts(db, kind, first..=i64::MAX).await?;
            let last = texts.last().filter(|_| texts.len() == search::BATCH);
            next = last.and_then(|text| text.id.checked_add(1));
            let words = words.to_vec();
            let batch = move || texts.iter().filter_map(|text| matched(kind, text, &words)).collect();
            let batch: Vec<_> = tokio::task::spawn_blocking(batch).await?;
            found.extend(batch);
        }
    }
    sort(&mut found);
    Ok(found)
}

fn sort(found: &mut [Match]) {
    found.sort_by_key(|it| (!it.in_title, std::cmp::Reverse((it.at, it.id))));
}

fn matched(kind: LogSubject, text: &Text, words: &[String]) -> Option<Match> {
    let [title, lead] = [&text.title, &text.lead].map(|text| text.to_lowercase());
    let in_title = words.iter().all(|word| title.contains(word.as_str()));
    let is_elsewhere = |word: &&String| ![&title, &lead].iter().any(|it| it.contains(word.as_str()));
    let others: Vec<_> = words.iter().filter(is_elsewhere).collect();
    let is_match = others.is_empty() || {
        let body = rich_text::plain(&text.body).to_lowercase();
        others.iter().all(|word| body.contains(word.as_str()))
    };
    is_match.then_some(Match { kind, id: text.id, at: text.at, in_title })
}

/// Reads the texts of one page. One that was deleted since is left out.
async fn hits(db: &Db, shown: Vec<Match>, words: Vec<String>) -> Result<Vec<Hit>, Error> {
    let mut texts = Vec::with_capacity(shown.len());
    for Match { kind, id, .. } in shown {
        texts.extend(search::texts(db, kind, id..=id).await?.pop().map(|text| (kind, text)));
    }
    let hits = move || texts.into_iter().map(|(kind, text)| hit(kind, text, &words)).collect();
    Ok(tokio::task::spawn_blocking(hits).await?)
}

fn hit(kind: LogSubject, text: Text, words: &[String]) -> Hit {
    let shown = [&text.title, &text.lead].map(|text| text.to_lowercase());
    let in_shown_text = words.iter().all(|word| shown.iter().any(|it| it.contains(word.as_str())));
    let body = rich_text::plain(&text.body);
    let excerpt = words.iter().filter(|_| !in_shown_text).find_map(|word| excerpt(&body, word));
    Hit { kind, text, excerpt }
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
        let mut rest = word;
        for (at, c) in text[start..].char_indices() {
            if rest.is_empty() {
                return Some(start..start + at);
            }
            for folded in c.to_lowercase() {
                rest = rest.strip_prefix(folded)?;
            }
        }
        rest.is_empty().then_some(start..text.len())
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
        Text { id: 1, title, lead, body, at: 0 }
    }

    fn found(texts: Vec<Text>, query: &str) -> Vec<String> {
        let texts = texts.into_iter().zip(0_i64..).map(|(text, n)| Text { id: n, at: -n, ..text });
        let texts: Vec<Text> = texts.collect();
        let match_of = |text| matched(LogSubject::Article, text, &words(query));
        let mut found: Vec<Match> = texts.iter().filter_map(match_of).collect();
        sort(&mut found);
        found.iter().map(|it| texts[it.id as usize].title.clone()).collect()
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
        let hit = hit(LogSubject::Article, text("", "", body), &words("word"));
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
