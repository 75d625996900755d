//! The test of scripts: where they come from, and whether they are what they were.

use url::{Host, Url};

use super::{Seen, is_html, media_type, worse};

const ALL_SECURE: &str = "sri-implemented-and-all-scripts-loaded-securely";
const EXTERNAL_SECURE: &str = "sri-implemented-and-external-scripts-loaded-securely";
const IN_CLEAR: &str = "sri-implemented-but-external-scripts-not-loaded-securely";
const UNCHECKED: &str = "sri-not-implemented-but-external-scripts-loaded-securely";
const UNCHECKED_IN_CLEAR: &str = "sri-not-implemented-and-external-scripts-not-loaded-securely";
/// From good to bad.
const ORDER: [&str; 5] = [ALL_SECURE, EXTERNAL_SECURE, IN_CLEAR, UNCHECKED, UNCHECKED_IN_CLEAR];

/// Second labels that stand for a kind of name under a country, as in `co.uk`.
const KINDS: [&str; 12] = ["ac", "co", "com", "edu", "gov", "go", "gob", "ltd", "mil", "net", "ne", "org"];

pub(super) fn test(seen: &Seen) -> &'static str {
    let kind = media_type(&seen.page);
    if !kind.is_empty() && !is_html(&kind) {
        return "sri-not-implemented-response-not-html";
    }
    let scripts = seen.page.page().map_or(&[][..], |html| &html.scripts);
    if scripts.is_empty() {
        return "sri-not-implemented-but-no-scripts-loaded";
    }
    let own = registrable(&seen.page.url);
    let (mut result, mut foreign) = (None, false);
    for script in scripts {
        let Some(src) = &script.src else { continue };
        let full = src.starts_with("http://") || src.starts_with("https://");
        let without_scheme = src.starts_with("//") && !src[2..].starts_with('/') && src.len() > 2;
        let relative = !full && !without_scheme;
        let same_site = full && Url::parse(src).is_ok_and(|url| registrable(&url) == own);
        let secure = if relative { seen.page.is_https() } else { src.starts_with("https://") };
        let checked = script.integrity.is_some();
        if relative || same_site {
            if checked && secure && result.is_none() {
                result = Some(ALL_SECURE);
            }
            continue;
        }
        foreign = true;
        result = match (checked, secure) {
            (true, true) => result,
            (true, false) => worse(IN_CLEAR, result, &ORDER),
            (false, true) => worse(UNCHECKED, result, &ORDER),
            (false, false) => worse(UNCHECKED_IN_CLEAR, result, &ORDER),
        };
    }
    let without_fault = if foreign {
        EXTERNAL_SECURE
    } else {
        "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
    };
    result.unwrap_or(without_fault)
}

/// `example.org` of `www.example.org`; nothing for addresses and for names of one label.
fn registrable(url: &Url) -> Option<String> {
    let Some(Host::Domain(name)) = url.host() else { return None };
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let many = match labels[..] {
        [.., kind, country] if country.len() == 2 && KINDS.contains(&kind) => 3,
        _ => 2,
    };
    labels.len().checked_sub(many).map(|from| labels[from..].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_what_somebody_registered() {
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
