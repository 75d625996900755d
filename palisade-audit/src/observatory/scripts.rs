//! The subresource integrity test: the origin of each script, and its `integrity`.

use url::{Host, Url};

use super::{Observation, is_html, media_type, worse};

const ALL_SECURE: &str = "sri-implemented-and-all-scripts-loaded-securely";
const EXTERNAL_SECURE: &str = "sri-implemented-and-external-scripts-loaded-securely";
const INSECURE: &str = "sri-implemented-but-external-scripts-not-loaded-securely";
const UNCHECKED: &str = "sri-not-implemented-but-external-scripts-loaded-securely";
const UNCHECKED_INSECURE: &str = "sri-not-implemented-and-external-scripts-not-loaded-securely";
/// From good to bad.
const ORDER: [&str; 5] = [ALL_SECURE, EXTERNAL_SECURE, INSECURE, UNCHECKED, UNCHECKED_INSECURE];

/// Second-level labels below a country code, as in `co.uk`.
const SECOND_LEVEL: [&str; 12] =
    ["ac", "co", "com", "edu", "gov", "go", "gob", "ltd", "mil", "net", "ne", "org"];

pub(super) fn test(observation: &Observation) -> &'static str {
    let media_type = media_type(&observation.page);
    if !media_type.is_empty() && !is_html(&media_type) {
        return "sri-not-implemented-response-not-html";
    }
    let scripts = observation.page.page().map_or(&[][..], |html| &html.scripts);
    if scripts.is_empty() {
        return "sri-not-implemented-but-no-scripts-loaded";
    }
    let own = registrable(&observation.page.url);
    let (mut result, mut external) = (None, false);
    for script in scripts {
        let Some(src) = &script.src else { continue };
        let full = src.starts_with("http://") || src.starts_with("https://");
        let without_scheme = src.starts_with("//") && !src[2..].starts_with('/') && src.len() > 2;
        let relative = !full && !without_scheme;
        let same_site = full && Url::parse(src).is_ok_and(|url| registrable(&url) == own);
        let secure = if relative { observation.page.is_https() } else { src.starts_with("https://") };
        let checked = script.integrity.is_some();
        if relative || same_site {
            if checked && secure && result.is_none() {
                result = Some(ALL_SECURE);
            }
            continue;
        }
        external = true;
        result = match (checked, secure) {
            (true, true) => result,
            (true, false) => worse(INSECURE, result, &ORDER),
            (false, true) => worse(UNCHECKED, result, &ORDER),
            (false, false) => worse(UNCHECKED_INSECURE, result, &ORDER),
        };
    }
    let good = if external {
        EXTERNAL_SECURE
    } else {
        "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
    };
    result.unwrap_or(good)
}

/// Returns `example.org` for `www.example.org`; `None` for IP addresses and single labels.
fn registrable(url: &Url) -> Option<String> {
    let Some(Host::Domain(name)) = url.host() else { return None };
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let count = match labels[..] {
        [.., second, country] if country.len() == 2 && SECOND_LEVEL.contains(&second) => 3,
        _ => 2,
    };
    labels.len().checked_sub(count).map(|from| labels[from..].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_registrable_domain() {
        for (host, site) in [
            ("www.example.org", Some("example.org")),
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("x.example.de", Some("example.de")),
            ("localhost", None),
            ("127.0.0.1", None),
        ] {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            assert_eq!(registrable(&url).as_deref(), site, "{host}");
        }
    }
}
