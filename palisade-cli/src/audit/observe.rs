//! All requests to one site: redirects by both schemes, the page twice, CORS, security.txt, crawl.

use std::time::SystemTime;

use anyhow::{Context, bail};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderValue, Method};
use palisade_audit::{Observation, ObservedResponse, Tls};
use url::Url;

use super::crawl;
use super::observed::observed;
use crate::args::AuditOptions;
use crate::fetch::Client;

/// The number of redirects that are followed; browsers and the MDN HTTP Observatory allow as many.
const MAX_REDIRECTS: usize = 10;

/// The responses from a URL to the end of its redirects, and the last TLS connection.
struct RedirectChain {
    responses: Vec<ObservedResponse>,
    tls: Option<Tls>,
}

/// Requests everything that the rules check.
pub(super) async fn observe(
    client: &Client,
    url: Url,
    options: &AuditOptions,
) -> anyhow::Result<Observation> {
    let given = follow(client, &url).await?;
    let other = match other_scheme(&url, options) {
        Some(other) => Some(follow(client, &other).await.ok()),
        None => None,
    };
    let is_http = url.scheme() == "http";
    // The page is that of https:// if the site has one.
    let (main, plain_http) = match (is_http, other) {
        (true, Some(Some(https))) => (https, Some(given.responses)),
        (true, _) => {
            let responses = given.responses.clone();
            (given, Some(responses))
        }
        (false, Some(Some(http))) => (given, Some(http.responses)),
        (false, Some(None)) => (given, Some(Vec::new())),
        (false, None) => (given, None),
    };
    let RedirectChain { responses: mut redirects, tls } = main;
    let page = redirects.pop().context("the site sent no response")?;
    let url = Url::parse(page.url())?;
    let mut observation = Observation::new(page.clone(), SystemTime::now()).redirects(redirects);
    if let Some(responses) = plain_http {
        observation = observation.plain_http(responses);
    }
    if let Some(tls) = tls {
        observation = observation.tls(tls);
    }
    if options.preloaded {
        observation = observation.preloaded();
    }
    observation = cross_origin(client, &url, observation).await;
    if let Ok(second) = client.get(&url).await {
        observation = observation.second_response(observed(&url, &second)?);
    }
    let contact = url.join("/.well-known/security.txt")?;
    if let Ok(fetched) = client.get(&contact).await {
        observation = observation.security_txt(observed(&contact, &fetched)?, &fetched.text());
    }
    let more_pages = crawl::crawl(client, &page, options.crawl.into()).await?;
    Ok(observation.more_pages(more_pages))
}

/// Requests the page as another origin does: with a preflight, and without.
async fn cross_origin(client: &Client, url: &Url, mut observation: Observation) -> Observation {
    let origin = (ORIGIN, HeaderValue::from_static(Observation::FOREIGN_ORIGIN));
    let method = (ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
    if let Ok(fetched) = client.request(Method::OPTIONS, url, &[origin.clone(), method]).await
        && let Ok(response) = observed(url, &fetched)
    {
        observation = observation.preflight(response);
    }
    if let Ok(fetched) = client.request(Method::GET, url, &[origin]).await
        && let Ok(response) = observed(url, &fetched)
    {
        observation = observation.cross_origin(response);
    }
    observation
}

/// Returns the URL with the other scheme; `None` if its port is not known.
fn other_scheme(url: &Url, options: &AuditOptions) -> Option<Url> {
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

async fn follow(client: &Client, url: &Url) -> anyhow::Result<RedirectChain> {
    let mut responses: Vec<ObservedResponse> = Vec::new();
    let mut url = url.clone();
    url.set_fragment(None);
    loop {
        let fetched = match client.get(&url).await {
            Err(error) if !responses.is_empty() => bail!("redirected to {url}: {error}"),
            fetched => fetched?,
        };
        let response = observed(&url, &fetched)?;
        let target = response.redirect_target();
        responses.push(response);
        let Some(target) = target else { return Ok(RedirectChain { responses, tls: fetched.tls }) };
        if responses.iter().any(|response| response.url() == target) {
            bail!("redirect loop: a redirect leads back to {target}");
        }
        if responses.len() > MAX_REDIRECTS {
            bail!("more than {MAX_REDIRECTS} redirects, the last one to {target}");
        }
        url = Url::parse(&target)?;
        if !matches!(url.scheme(), "http" | "https") {
            bail!("a redirect leads to {target}, which is not an http or https URL");
        }
    }
}
