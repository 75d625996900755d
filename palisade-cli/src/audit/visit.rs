//! One site: where its address leads, its page twice, what it tells strangers, and more of its pages.

use std::time::SystemTime;

use anyhow::{Context, bail};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderValue, Method};
use palisade_audit::{Answer, Seen, Tls};
use url::Url;

use super::crawl;
use crate::args::AuditOptions;
use crate::fetch::{Client, Fetched};

/// How many redirects are followed, as many as browsers and the MDN HTTP Observatory allow at least.
const MOST_HOPS: usize = 10;

/// Where an address leads.
struct Way {
    answers: Vec<Answer>,
    tls: Option<Tls>,
}

/// Looks at a site.
pub(super) async fn visit(client: &Client, url: Url, options: &AuditOptions) -> anyhow::Result<Seen> {
    let given = follow(client, &url).await?;
    let other = match other(&url, options) {
        Some(other) => Some(follow(client, &other).await.ok()),
        None => None,
    };
    let was_clear = url.scheme() == "http";
    // Which of the two began in the clear, and which is looked at: the secure one, if there is one.
    let (main, clear) = match (was_clear, other) {
        (true, Some(Some(secure))) => (secure, Some(given.answers)),
        (true, _) => {
            let clear = given.answers.clone();
            (given, Some(clear))
        }
        (false, Some(Some(clear))) => (given, Some(clear.answers)),
        (false, Some(None)) => (given, Some(Vec::new())),
        (false, None) => (given, None),
    };
    let Way { answers: mut hops, tls } = main;
    let page = hops.pop().context("nothing was answered")?;
    let address = Url::parse(page.url())?;
    let mut seen = Seen::new(page.clone(), SystemTime::now()).hops(hops);
    if let Some(clear) = clear {
        seen = seen.clear(clear);
    }
    if let Some(tls) = tls {
        seen = seen.tls(tls);
    }
    if options.preloaded {
        seen = seen.preloaded();
    }
    seen = strangers(client, &address, seen).await;
    if let Ok(again) = client.get(&address).await {
        seen = seen.again(answer(&address, &again)?);
    }
    let contact = address.join("/.well-known/security.txt")?;
    if let Ok(fetched) = client.get(&contact).await {
        seen = seen.security_txt(answer(&contact, &fetched)?, &fetched.text());
    }
    let more = crawl::crawl(client, &page, options.crawl.into()).await?;
    Ok(seen.more(more))
}

async fn strangers(client: &Client, address: &Url, mut seen: Seen) -> Seen {
    let origin = (ORIGIN, HeaderValue::from_static(Seen::STRANGER));
    let method = (ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
    if let Ok(fetched) = client.ask(Method::OPTIONS, address, &[origin.clone(), method]).await
        && let Ok(told) = answer(address, &fetched)
    {
        seen = seen.preflight(told);
    }
    if let Ok(fetched) = client.ask(Method::GET, address, &[origin]).await
        && let Ok(told) = answer(address, &fetched)
    {
        seen = seen.foreign(told);
    }
    seen
}

/// The same address by the other scheme, where it is known which port that has.
fn other(url: &Url, options: &AuditOptions) -> Option<Url> {
    let scheme = if url.scheme() == "https" { "http" } else { "https" };
    let port = match (url.port(), options.http_port) {
        (_, Some(port)) if scheme == "http" => Some(port),
        (None, _) => None,
        (Some(_), _) => return None,
    };
    let mut other = url.clone();
    other.set_scheme(scheme).ok()?;
    other.set_port(port).ok()?;
    Some(other)
}

async fn follow(client: &Client, url: &Url) -> anyhow::Result<Way> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut url = url.clone();
    url.set_fragment(None);
    loop {
        let fetched = match client.get(&url).await {
            Err(error) if !answers.is_empty() => bail!("a redirect led to {url}: {error}"),
            fetched => fetched?,
        };
        let answer = answer(&url, &fetched)?;
        let target = answer.redirects_to();
        answers.push(answer);
        let Some(target) = target else { return Ok(Way { answers, tls: fetched.tls }) };
        if answers.iter().any(|answer| answer.url() == target) {
            bail!("the redirects go in a circle: {target} leads back to itself");
        }
        if answers.len() > MOST_HOPS {
            bail!("there are more than {MOST_HOPS} redirects, the last one to {target}");
        }
        url = Url::parse(&target)?;
        if !matches!(url.scheme(), "http" | "https") {
            bail!("a redirect leads to {target}, which is no page");
        }
    }
}

/// What came, as the rules take it; a body in another encoding than we asked for is not read.
pub(super) fn answer(url: &Url, fetched: &Fetched) -> anyhow::Result<Answer> {
    let answer = Answer::new(url.as_str(), fetched.status, fetched.headers.clone())?;
    let encoded = fetched.headers.get(http::header::CONTENT_ENCODING);
    let readable = encoded.is_none_or(|encoding| encoding == "identity");
    Ok(if readable { answer.body(&fetched.text()) } else { answer })
}
