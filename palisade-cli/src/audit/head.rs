//! The head of an answer as text, as `curl -i` and `curl -iL` print it: status line, headers, and perhaps a body.

use anyhow::{Context, bail};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_audit::Answer;

/// How many answers one text may have.
const MOST: usize = 20;

/// The last answer, and the redirects before it.
pub(super) fn read(text: &str, url: &str) -> anyhow::Result<(Answer, Vec<Answer>)> {
    let mut hops: Vec<Answer> = Vec::new();
    let (mut rest, mut url) = (text.trim_start_matches('\u{feff}'), url.to_owned());
    for _ in 0..MOST {
        let (answer, after) = one(rest, &url)?;
        match answer.redirects_to() {
            Some(target) if after.starts_with("HTTP/") => {
                hops.push(answer);
                (rest, url) = (after, target);
            }
            _ => return Ok((answer.body(after), hops)),
        }
    }
    bail!("there are more than {MOST} redirects in it")
}

fn one<'a>(text: &'a str, url: &str) -> anyhow::Result<(Answer, &'a str)> {
    let mut headers = HeaderMap::new();
    let mut status = StatusCode::OK;
    let mut rest = text;
    let mut number = 0;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        (rest, number) = (after, number + 1);
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if number == 1 && line.starts_with("HTTP/") {
            let code = line.split_whitespace().nth(1).and_then(|code| code.parse().ok());
            status = code.context("the first line has no status: write one such as HTTP/1.1 200 OK")?;
            continue;
        }
        let wrong = || format!("line {number} is no header: write one such as X-Frame-Options: DENY");
        let (name, value) = line.split_once(':').with_context(wrong)?;
        let name: HeaderName = name.trim().parse().ok().with_context(wrong)?;
        headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).ok().with_context(wrong)?);
    }
    Ok((Answer::new(url, status, headers)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_curl_prints_is_read() {
        let text = "HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\n\r\nHTTP/2 200\r\ncontent-type: text/html\r\n\r\n<p onclick=x>";
        let (page, hops) = read(text, "http://a.example/").unwrap();
        assert_eq!((page.url(), hops.len()), ("https://a.example/", 1));
        assert_eq!(page.page().unwrap().handlers.len(), 1);
        assert!(read("X-Frame-Options: DENY", "https://a.example/").is_ok());
    }

    #[test]
    fn what_is_no_head_says_so() {
        let wrong = |text: &str| read(text, "https://a.example/").unwrap_err().to_string();
        assert!(wrong("HTTP/1.1 200 OK\nfoo").contains("line 2"));
        assert!(wrong("HTTP/1.1").contains("status"));
    }
}
