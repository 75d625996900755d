//! A crawl over the pages of the same origin that the first page leads to.
//!
//! It is polite: one request at a time, a pause between two, `robots.txt` respected, no URL that
//! looks like a sign-out or a deletion. It is bounded: `--crawl` limits the number of requests.

use std::collections::{HashSet, VecDeque};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use palisade_audit::ObservedResponse;
use url::Url;

use super::observed::observed;
use crate::fetch::Client;

const PAUSE: Duration = Duration::from_millis(100);
/// The requests between two lines of progress, if stderr is not a terminal.
const PROGRESS_STEP: usize = 20;
/// The size of all bodies together.
const MAX_BYTES: usize = 64 << 20;
/// The number of URLs that are remembered.
const MAX_URLS: usize = 10_000;

/// Returns the pages that `first` leads to, after at most `limit` requests.
pub(super) async fn crawl(
    client: &Client,
    first: &ObservedResponse,
    limit: usize,
) -> anyhow::Result<Vec<ObservedResponse>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let robots_url = Url::parse(first.url())?.join("/robots.txt")?;
    let robots = match client.get(&robots_url).await {
        Ok(fetched) if fetched.status.is_success() => Robots::parse(&fetched.text()),
        _ => Robots::default(),
    };
    let mut seen: HashSet<String> = HashSet::from([first.url().to_owned()]);
    let mut queue: VecDeque<String> = VecDeque::new();
    enqueue(&mut queue, &mut seen, first);
    let mut pages = Vec::new();
    let (mut requests, mut bytes) = (0, 0);
    while let Some(next) = queue.pop_front() {
        // A response that is not a page, such as an image, counts as a request too.
        if requests == limit || bytes > MAX_BYTES {
            break;
        }
        let url = Url::parse(&next)?;
        if !robots.allows(url.path()) || has_side_effect(url.path()) {
            continue;
        }
        tokio::time::sleep(PAUSE).await;
        requests += 1;
        progress(requests, limit, &next);
        let Ok(fetched) = client.get(&url).await else { continue };
        bytes += fetched.body.len();
        let page = observed(&url, &fetched)?;
        if page.page().is_some() && !page.status().is_redirection() {
            enqueue(&mut queue, &mut seen, &page);
            pages.push(page);
        }
    }
    Ok(pages)
}

fn enqueue(queue: &mut VecDeque<String>, seen: &mut HashSet<String>, page: &ObservedResponse) {
    for link in page.links() {
        if seen.len() < MAX_URLS && seen.insert(link.clone()) {
            queue.push_back(link);
        }
    }
}

/// Returns `true` for a path that may sign the visitor out, or delete something, on a GET.
fn has_side_effect(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["logout", "log-out", "log_out", "signout", "sign-out", "delete", "remove"]
        .iter()
        .any(|word| path.contains(word))
}

fn progress(requests: usize, limit: usize, url: &str) {
    let mut stderr = io::stderr();
    let url = crate::style::printable(url);
    if stderr.is_terminal() {
        let end = if requests == limit { "\r\x1b[K" } else { "" };
        let _ = write!(stderr, "\r\x1b[K{requests} of up to {limit} pages: {url}{end}");
    } else if limit >= PROGRESS_STEP && requests.is_multiple_of(PROGRESS_STEP) {
        let _ = writeln!(stderr, "palisade: {requests} of up to {limit} pages");
    }
}

/// The rules of `robots.txt` for all user agents.
#[derive(Debug, Default)]
struct Robots {
    disallow: Vec<String>,
    allow: Vec<String>,
}

impl Robots {
    fn parse(text: &str) -> Self {
        let mut robots = Self::default();
        let (mut for_all, mut in_agents) = (false, false);
        for line in text.lines().take(5_000) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match &*key.trim().to_ascii_lowercase() {
                "user-agent" => {
                    for_all = value == "*" || in_agents && for_all;
                    in_agents = true;
                }
                "disallow" if for_all && !value.is_empty() => robots.disallow.push(value.to_owned()),
                "allow" if for_all && !value.is_empty() => robots.allow.push(value.to_owned()),
                _ => {}
            }
            in_agents &= key.trim().eq_ignore_ascii_case("user-agent");
        }
        robots
    }

    /// Applies the longest matching rule. A rule is cut at its first `*` or `$`.
    fn allows(&self, path: &str) -> bool {
        let longest = |rules: &[String]| {
            let prefixes = rules.iter().map(|rule| rule.split(['*', '$']).next().unwrap_or_default());
            prefixes.filter(|rule| path.starts_with(rule)).map(str::len).max()
        };
        longest(&self.allow) >= longest(&self.disallow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn respects_robots_txt() {
        let robots = Robots::parse(
            "User-agent: other\nDisallow: /\n\nUser-agent: a\nUser-agent: *\nDisallow: /admin # no\nAllow: /admin/help\nDisallow:\n",
        );
        for (path, allowed) in [("/", true), ("/admin/x", false), ("/admin/help", true)] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
        assert!(Robots::default().allows("/"));
        assert!(!Robots::parse("user-agent:*\ndisallow:/").allows("/x"));
    }
}
