//! A response as text, as `curl -i` and `curl -iL` print it: status line, headers, optional body.

use anyhow::{Context, bail};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use palisade_audit::ObservedResponse;

/// The number of responses in one text.
const MAX_RESPONSES: usize = 20;

/// Returns the last response, and the redirects before it.
pub(super) fn parse(text: &str, url: &str) -> anyhow::Result<(ObservedResponse, Vec<ObservedResponse>)> {
    let mut redirects: Vec<ObservedResponse> = Vec::new();
    let (mut rest, mut url) = (text.trim_start_matches('\u{feff}'), url.to_owned());
    for _ in 0..MAX_RESPONSES {
        let (response, after) = parse_one(rest, &url)?;
        match response.redirect_target() {
            Some(target) if after.starts_with("HTTP/") => {
                redirects.push(response);
                (rest, url) = (after, target);
            }
            _ => return Ok((response.body(after), redirects)),
        }
    }
    bail!("the text has more than {MAX_RESPONSES} responses")
}

fn parse_one<'a>(text: &'a str, url: &str) -> anyhow::Result<(ObservedResponse, &'a str)> {
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
            status =
                code.context("line 1 has no status code: write a status line such as HTTP/1.1 200 OK")?;
            continue;
        }
        let invalid = || format!("line {number} is not a header: write one such as X-Frame-Options: DENY");
        let (name, value) = line.split_once(':').with_context(invalid)?;
        let name: HeaderName = name.trim().parse().ok().with_context(invalid)?;
        headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).ok().with_context(invalid)?);
    }
    Ok((ObservedResponse::new(url, status, headers)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_output_of_curl() {
        let text = "HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\n\r\nHTTP/2 200\r\ncontent-type: text/html\r\n\r\n<p onclick=x>";
        let (page, redirects) = parse(text, "http://a.example/").unwrap();
        assert_eq!((page.url(), redirects.len()), ("https://a.example/", 1));
        assert_eq!(page.page().unwrap().event_handlers.len(), 1);
        assert!(parse("X-Frame-Options: DENY", "https://a.example/").is_ok());
    }

    #[test]
    fn malformed_text_has_an_error_with_its_line() {
        let error = |text: &str| parse(text, "https://a.example/").unwrap_err().to_string();
        assert!(error("HTTP/1.1 200 OK\nfoo").contains("line 2"));
        assert!(error("HTTP/1.1").contains("status"));
    }
}
