//! More pages of a site: those that the first one leads to, of the same origin, one after the other.
//!
//! It is polite: one request at a time with a pause between, nothing that `robots.txt` keeps from everybody, no address
//! that could sign somebody out; and bounded: as many pages as the command line says.

use std::collections::{HashSet, VecDeque};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use palisade_audit::Answer;
use url::Url;

use super::visit::answer;
use crate::fetch::Client;

const PAUSE: Duration = Duration::from_millis(100);
/// From how many pages on it says how far it is.
const LONG: usize = 20;
/// How much of bodies it reads altogether.
const MOST_BYTES: usize = 64 << 20;
/// How many addresses are kept in mind.
const MOST_KNOWN: usize = 10_000;

/// At most so many pages that `first` leads to.
pub(super) async fn crawl(client: &Client, first: &Answer, most: usize) -> anyhow::Result<Vec<Answer>> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let kept = Url::parse(first.url())?.join("/robots.txt")?;
    let robots = match client.get(&kept).await {
        Ok(fetched) if fetched.status.is_success() => Robots::read(&fetched.text()),
        _ => Robots::default(),
    };
    let mut known: HashSet<String> = HashSet::from([first.url().to_owned()]);
    let mut waiting: VecDeque<String> = VecDeque::new();
    add(&mut waiting, &mut known, first);
    let mut pages = Vec::new();
    let (mut asked, mut bytes) = (0, 0);
    while let Some(next) = waiting.pop_front() {
        // Pages that are none, such as pictures, count as asked for.
        if asked == most || bytes > MOST_BYTES {
            break;
        }
        let url = Url::parse(&next)?;
        if !robots.lets(url.path()) || ends_session(url.path()) {
            continue;
        }
        tokio::time::sleep(PAUSE).await;
        asked += 1;
        progress(asked, most, &next);
        let Ok(fetched) = client.get(&url).await else { continue };
        bytes += fetched.body.len();
        let page = answer(&url, &fetched)?;
        if page.page().is_some() && !page.status().is_redirection() {
            add(&mut waiting, &mut known, &page);
            pages.push(page);
        }
    }
    Ok(pages)
}

fn add(waiting: &mut VecDeque<String>, known: &mut HashSet<String>, page: &Answer) {
    for link in page.links() {
        if known.len() < MOST_KNOWN && known.insert(link.clone()) {
            waiting.push_back(link);
        }
    }
}

/// Whether an address could sign somebody out, or take something away, by a GET.
fn ends_session(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["logout", "log-out", "log_out", "signout", "sign-out", "delete", "remove"]
        .iter()
        .any(|word| path.contains(word))
}

fn progress(asked: usize, most: usize, url: &str) {
    let mut stderr = io::stderr();
    let url = crate::style::tame(url);
    if stderr.is_terminal() {
        let end = if asked == most { "\r\x1b[K" } else { "" };
        let _ = write!(stderr, "\r\x1b[K{asked} of at most {most} pages: {url}{end}");
    } else if most >= LONG && asked.is_multiple_of(LONG) {
        let _ = writeln!(stderr, "palisade: {asked} of at most {most} pages");
    }
}

/// What `robots.txt` keeps from everybody.
#[derive(Debug, Default)]
struct Robots {
    kept: Vec<String>,
    open: Vec<String>,
}

impl Robots {
    fn read(text: &str) -> Self {
        let mut robots = Self::default();
        let (mut for_all, mut naming) = (false, false);
        for line in text.lines().take(5_000) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match &*key.trim().to_ascii_lowercase() {
                "user-agent" => {
                    for_all = value == "*" || naming && for_all;
                    naming = true;
                }
                "disallow" if for_all && !value.is_empty() => robots.kept.push(value.to_owned()),
                "allow" if for_all && !value.is_empty() => robots.open.push(value.to_owned()),
                _ => {}
            }
            naming &= key.trim().eq_ignore_ascii_case("user-agent");
        }
        robots
    }

    /// The longer rule counts; `*` and `$` are read as the beginning of the rule before them.
    fn lets(&self, path: &str) -> bool {
        let longest = |rules: &[String]| {
            let plain = rules.iter().map(|rule| rule.split(['*', '$']).next().unwrap_or_default());
            plain.filter(|rule| path.starts_with(rule)).map(str::len).max()
        };
        longest(&self.open) >= longest(&self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_txt_is_heeded() {
        let robots = Robots::read(
            "User-agent: other\nDisallow: /\n\nUser-agent: a\nUser-agent: *\nDisallow: /admin # no\nAllow: /admin/help\nDisallow:\n",
        );
        for (path, lets) in [("/", true), ("/admin/x", false), ("/admin/help", true)] {
            assert_eq!(robots.lets(path), lets, "{path}");
        }
        assert!(Robots::default().lets("/"));
        assert!(!Robots::read("user-agent:*\ndisallow:/").lets("/x"));
    }
}
