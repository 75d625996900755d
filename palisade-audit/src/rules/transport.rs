//! Rules for TLS, redirects, HSTS and security.txt.

use http::header::STRICT_TRANSPORT_SECURITY;
use jiff::{Timestamp, civil, tz::TimeZone};
use palisade::csp::Severity::{High, Info, Low, Medium};

use super::add_header;
use crate::observation::{Observation, ObservedResponse, Tls};
use crate::rule::{Detection, Rule, detected, detected_if, fix, page_rule, site_rule};

/// The shortest max-age that the preload list accepts.
const YEAR: u64 = 31_536_000;
/// The MDN HTTP Observatory's six months, in seconds.
const HALF_A_YEAR: u64 = 15_552_000;

const TLS_GUIDE: &str = "https://ssl-config.mozilla.org/";
const HSTS_GUIDE: &str =
    "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security";
const REDIRECT_GUIDE: &str = "https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS#http_redirection";
const PRELOAD: &str = "https://hstspreload.org/#submission-requirements";
const SECURITY_TXT: &str = "https://securitytxt.org/";

const RENEW: &str = "certbot renew";
const HSTS: &str = "Strict-Transport-Security: max-age=31536000; includeSubDomains";
const HSTS_HERE: &str = "Palisade::for_hosts(hosts)? // includes Https::new().hsts(Hsts::default())";
const HSTS_NGINX: &str = add_header!("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
const TO_HTTPS: &str = "return 301 https://$host$request_uri; # in the server block of port 80";
const CONTACT: &str = "Contact: mailto:security@example.org";

pub(super) const RULES: &[Rule] = &[
    page_rule(
        "https-missing",
        High,
        "The page is served over plain HTTP: anyone on the network path can read and change it.",
        fix(
            "certbot --nginx -d example.org",
            "Palisade::for_hosts(hosts)? // includes Https::new()",
            TO_HTTPS,
        ),
        TLS_GUIDE,
        |page| detected_if(!page.is_https(), "http://"),
    ),
    page_rule(
        "password-in-clear",
        High,
        "The page asks for a password over plain HTTP.",
        fix(
            "certbot --nginx -d example.org",
            "Palisade::for_hosts(hosts)? // includes Https::new()",
            TO_HTTPS,
        ),
        TLS_GUIDE,
        |page| {
            let has_field = page.page().is_some_and(|html| html.has_password_field);
            detected_if(has_field && !page.is_https(), "input type=password")
        },
    ),
    site_rule(
        "tls-untrusted",
        High,
        "Browsers do not trust the certificate.",
        fix(
            "certbot --nginx -d example.org",
            "",
            "ssl_certificate /etc/letsencrypt/live/example.org/fullchain.pem;",
        ),
        TLS_GUIDE,
        |observation| tls(observation, |tls, _| tls.certificate_error.clone().map(detected)),
    ),
    site_rule(
        "tls-expired",
        High,
        "The certificate has expired: browsers block the site.",
        fix(RENEW, "", ""),
        "https://letsencrypt.org/docs/integration-guide/#when-to-renew",
        |observation| {
            tls(observation, |_, days| {
                days.filter(|days| *days < 0).map(|days| detected(format!("{} days ago", -days)))
            })
        },
    ),
    site_rule(
        "tls-expires-soon",
        Medium,
        "The certificate expires within two weeks: automatic renewal seems to be missing.",
        fix(RENEW, "", ""),
        "https://letsencrypt.org/docs/integration-guide/#when-to-renew",
        |observation| {
            let soon = |days: &i64| (0..14).contains(days);
            tls(observation, |_, days| days.filter(soon).map(|days| detected(format!("{days} days left"))))
        },
    ),
    site_rule(
        "tls-old",
        Info,
        "The server does not support TLS 1.3, which saves a round trip and has no weak cipher suites.",
        fix("ssl_protocols TLSv1.2 TLSv1.3;", "", "ssl_protocols TLSv1.2 TLSv1.3;"),
        TLS_GUIDE,
        |observation| tls(observation, |tls, _| (tls.version != "TLSv1.3").then(|| detected(&*tls.version))),
    ),
    site_rule(
        "redirect-missing",
        Medium,
        "http:// does not redirect to https://: visitors stay on an unencrypted connection.",
        fix(
            "Location: https://example.org/",
            "Palisade::for_hosts(hosts)? // includes Https::new()",
            TO_HTTPS,
        ),
        REDIRECT_GUIDE,
        |observation| {
            let last = observation.plain_http.as_ref().and_then(|chain| chain.last());
            detected_if(last.is_some_and(|last| !last.is_https()), "no redirect to https://")
        },
    ),
    site_rule(
        "redirect-detour",
        Low,
        "The first redirect from http:// does not go to https:// on the same host, so HSTS never covers that host.",
        fix(
            "Location: https://example.org/",
            "Palisade::for_hosts(hosts)? // Https::new() keeps the host",
            TO_HTTPS,
        ),
        REDIRECT_GUIDE,
        |observation| match observation.plain_http.as_deref() {
            Some([first, second, ..])
                if observation.plain_http_chain().last().is_some_and(ObservedResponse::is_https)
                    && (!second.is_https() || first.url.host() != second.url.host()) =>
            {
                detected(format!("{} → {}", first.url(), second.url()))
            }
            _ => Vec::new(),
        },
    ),
    site_rule(
        "redirect-downgrade",
        High,
        "A redirect leads from https:// to http://.",
        fix("Location: https://example.org/", ".trusted_proxies(Proxies::hops(1))", TO_HTTPS),
        REDIRECT_GUIDE,
        |observation| {
            let chains =
                [observation.redirect_chain().collect(), observation.plain_http_chain().collect::<Vec<_>>()];
            let steps = chains.iter().flat_map(|chain| chain.windows(2));
            let down = steps.filter(|step| step[0].is_https() && !step[1].is_https());
            down.take(1).flat_map(|step| detected(format!("{} → {}", step[0].url(), step[1].url()))).collect()
        },
    ),
    page_rule(
        "hsts-missing",
        Medium,
        "There is no Strict-Transport-Security header: the first request of each visit can be intercepted.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page| {
            let is_missing = page.is_https() && page.header(&STRICT_TRANSPORT_SECURITY).is_none();
            detected_if(is_missing, "header missing")
        },
    ),
    page_rule(
        "hsts-invalid",
        Medium,
        "Browsers ignore the Strict-Transport-Security header: it has no valid max-age.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page| match page.header(&STRICT_TRANSPORT_SECURITY) {
            Some(text) if Hsts::parse(&text).is_none() => detected(text),
            _ => Vec::new(),
        },
    ),
    page_rule(
        "hsts-short",
        Low,
        "The max-age of Strict-Transport-Security is under six months.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page| hsts(page, |hsts| hsts.max_age < HALF_A_YEAR),
    ),
    page_rule(
        "hsts-subdomains",
        Info,
        "Strict-Transport-Security excludes subdomains: one that uses plain HTTP can set cookies for this host.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page| hsts(page, |hsts| !hsts.subdomains && hsts.max_age >= HALF_A_YEAR),
    ),
    page_rule(
        "hsts-preload-unready",
        Low,
        "The header asks for the preload list but does not qualify: a year and includeSubDomains are required.",
        fix(
            "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload",
            "Https::new().hsts(Hsts::preloaded(Duration::from_secs(63_072_000))?)",
            add_header!("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"),
        ),
        PRELOAD,
        |page| hsts(page, |hsts| hsts.preload && (hsts.max_age < YEAR || !hsts.subdomains)),
    ),
    site_rule(
        "security-txt-missing",
        Info,
        "There is no /.well-known/security.txt to tell security researchers how to report a vulnerability.",
        fix(CONTACT, "", "location = /.well-known/security.txt { alias /srv/security.txt; }"),
        SECURITY_TXT,
        |observation| match &observation.security_txt {
            Some((response, text)) if !is_security_txt(response, text) => detected(response.status.as_str()),
            _ => Vec::new(),
        },
    ),
    site_rule(
        "security-txt-expired",
        Low,
        "security.txt has expired, or has no valid Expires field.",
        fix("Expires: 2030-01-01T00:00:00Z", "", ""),
        SECURITY_TXT,
        |observation| match &observation.security_txt {
            Some((response, text)) if is_security_txt(response, text) => match field(text, "expires") {
                None => detected("no Expires"),
                Some(date) => detected_if(is_past(date, observation.now), date),
            },
            _ => Vec::new(),
        },
    ),
];

/// Runs a check of the connection and of the days until the certificate expires.
fn tls(
    observation: &Observation,
    check: impl Fn(&Tls, Option<i64>) -> Option<Vec<Detection>>,
) -> Vec<Detection> {
    let days_left = observation.certificate_days_left();
    observation.tls.as_ref().and_then(|tls| check(tls, days_left)).unwrap_or_default()
}

struct Hsts {
    max_age: u64,
    subdomains: bool,
    preload: bool,
}

impl Hsts {
    /// Parses as RFC 6797 §6.1 requires, except that a repeated directive is accepted.
    fn parse(text: &str) -> Option<Self> {
        let (mut max_age, mut subdomains, mut preload) = (None, false, false);
        for part in text.split(';').map(str::trim) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match &*name.trim().to_ascii_lowercase() {
                "max-age" => max_age = Some(value.trim().trim_matches('"').parse().ok()?),
                "includesubdomains" => subdomains = true,
                "preload" => preload = true,
                _ => {}
            }
        }
        Some(Self { max_age: max_age?, subdomains, preload })
    }
}

fn hsts(page: &ObservedResponse, wrong: impl Fn(&Hsts) -> bool) -> Vec<Detection> {
    let text = page.header(&STRICT_TRANSPORT_SECURITY).unwrap_or_default();
    detected_if(Hsts::parse(&text).is_some_and(|hsts| wrong(&hsts)), text)
}

fn is_security_txt(response: &ObservedResponse, text: &str) -> bool {
    response.status.is_success()
        && response.media_type().is_none_or(|media_type| media_type == "text/plain")
        && field(text, "contact").is_some()
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// Returns `true` if the date of an RFC 3339 timestamp is before today in UTC, or is not valid.
fn is_past(timestamp: &str, now: i64) -> bool {
    let today = Timestamp::from_second(now).map(|now| now.to_zoned(TimeZone::UTC).date());
    let date = timestamp.get(..10).and_then(|date| date.parse::<civil::Date>().ok());
    date.zip(today.ok()).is_none_or(|(date, today)| date < today)
}

#[cfg(test)]
mod tests {
    use super::is_past;

    #[test]
    fn a_date_is_past_from_the_next_day_on() {
        let now = 20_778 * 86_400; // 2026-11-21
        let cases = [
            ("2026-11-20T23:59:59Z", true),
            ("2026-11-21T00:00:00Z", false),
            ("2027-02-29T00:00:00Z", true),
            ("2028-02-29T00:00:00Z", false),
            ("21 November 2030", true),
        ];
        for (date, expected) in cases {
            assert_eq!(is_past(date, now), expected, "{date}");
        }
    }
}
