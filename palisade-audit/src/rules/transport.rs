//! TLS, redirects, HSTS, security.txt.

use http::header::STRICT_TRANSPORT_SECURITY;

use super::add_header;
use crate::rule::{Evidence, Rule, at_page, at_site, fix, saw, saw_if};
use crate::seen::{Answer, Seen, Tls};
use palisade::csp::Severity::{High, Info, Low, Medium};

const DAY: i64 = 86_400;
/// The least that the preload list takes.
const YEAR: u64 = 31_536_000;
/// Six months, as the MDN HTTP Observatory counts them.
const HALF_A_YEAR: u64 = 15_552_000;

const TLS_GUIDE: &str = "https://ssl-config.mozilla.org/";
const HSTS_GUIDE: &str =
    "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security";
const REDIRECT_GUIDE: &str = "https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS#http_redirection";
const PRELOAD: &str = "https://hstspreload.org/#submission-requirements";
const SECURITY_TXT: &str = "https://securitytxt.org/";

const RENEW: &str = "certbot renew";
const HSTS: &str = "Strict-Transport-Security: max-age=31536000; includeSubDomains";
const HSTS_HERE: &str = "Palisade::new() // Https::new().hsts(Hsts::default()) is in it";
const HSTS_NGINX: &str = add_header!("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
const TO_HTTPS: &str = "return 301 https://$host$request_uri; # in the server block of port 80";
const CONTACT: &str = "Contact: mailto:security@example.org";

pub(super) const RULES: &[Rule] = &[
    at_page(
        "https-missing",
        High,
        "The page comes in the clear: whoever is on the way can read and change it.",
        fix("certbot --nginx -d example.org", "Palisade::new() // Https::new() is in it", TO_HTTPS),
        TLS_GUIDE,
        |page, _| saw_if(!page.is_https(), "http://"),
    ),
    at_page(
        "password-in-clear",
        High,
        "The page asks for a password and comes in the clear.",
        fix("certbot --nginx -d example.org", "Palisade::new() // Https::new() is in it", TO_HTTPS),
        TLS_GUIDE,
        |page, _| {
            let asks = page.page().is_some_and(|html| html.asks_password);
            saw_if(asks && !page.is_https(), "input type=password")
        },
    ),
    at_site(
        "tls-untrusted",
        High,
        "The certificate is not one that browsers believe.",
        fix(
            "certbot --nginx -d example.org",
            "",
            "ssl_certificate /etc/letsencrypt/live/example.org/fullchain.pem;",
        ),
        TLS_GUIDE,
        |seen| tls(seen, |tls, _| tls.distrust.clone().map(saw)),
    ),
    at_site(
        "tls-expired",
        High,
        "The certificate has ended: browsers stop visitors before the site.",
        fix(RENEW, "", ""),
        "https://letsencrypt.org/docs/integration-guide/#when-to-renew",
        |seen| {
            tls(seen, |_, days| days.filter(|days| *days < 0).map(|days| saw(format!("{} days ago", -days))))
        },
    ),
    at_site(
        "tls-expires-soon",
        Medium,
        "The certificate ends within two weeks: nobody seems to renew it.",
        fix(RENEW, "", ""),
        "https://letsencrypt.org/docs/integration-guide/#when-to-renew",
        |seen| {
            let soon = |days: &i64| (0..14).contains(days);
            tls(seen, |_, days| days.filter(soon).map(|days| saw(format!("{days} days left"))))
        },
    ),
    at_site(
        "tls-old",
        Info,
        "The site does not speak TLS 1.3, which takes one round trip less and has no weak choices.",
        fix("ssl_protocols TLSv1.2 TLSv1.3;", "", "ssl_protocols TLSv1.2 TLSv1.3;"),
        TLS_GUIDE,
        |seen| tls(seen, |tls, _| (tls.version != "TLSv1.3").then(|| saw(&*tls.version))),
    ),
    at_site(
        "redirect-missing",
        Medium,
        "Who comes by http:// stays there, and can be read and deceived.",
        fix("Location: https://example.org/", "Palisade::new() // Https::new() is in it", TO_HTTPS),
        REDIRECT_GUIDE,
        |seen| {
            let end = seen.clear.as_ref().and_then(|way| way.last());
            saw_if(end.is_some_and(|end| !end.is_https()), "http:// leads to no https://")
        },
    ),
    at_site(
        "redirect-detour",
        Low,
        "The first redirect from http:// leads elsewhere than to https:// on the same host, so HSTS never covers that host.",
        fix("Location: https://example.org/", "Palisade::new() // Https::new() keeps the host", TO_HTTPS),
        REDIRECT_GUIDE,
        |seen| match seen.clear.as_deref() {
            Some([first, second, ..])
                if seen.clear.iter().flatten().last().is_some_and(Answer::is_https)
                    && (!second.is_https() || first.url.host() != second.url.host()) =>
            {
                saw(format!("{} → {}", first.url(), second.url()))
            }
            _ => Vec::new(),
        },
    ),
    at_site(
        "redirect-downgrade",
        High,
        "A redirect leads from https:// to http://.",
        fix(
            "Location: https://example.org/",
            "Palisade::new().behind(Proxies::hops(Hops::default()))",
            TO_HTTPS,
        ),
        REDIRECT_GUIDE,
        |seen| {
            let ways = [seen.way().collect(), seen.clear.iter().flatten().collect::<Vec<_>>()];
            let steps = ways.iter().flat_map(|way| way.windows(2));
            let down = steps.filter(|step| step[0].is_https() && !step[1].is_https());
            down.take(1).flat_map(|step| saw(format!("{} → {}", step[0].url(), step[1].url()))).collect()
        },
    ),
    at_page(
        "hsts-missing",
        Medium,
        "Browsers are not told to come by https only, so the first request of each visit can be caught.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page, _| {
            saw_if(page.is_https() && page.header(&STRICT_TRANSPORT_SECURITY).is_none(), "no such header")
        },
    ),
    at_page(
        "hsts-invalid",
        Medium,
        "Browsers cannot read the Strict-Transport-Security header.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page, _| match page.header(&STRICT_TRANSPORT_SECURITY) {
            Some(text) if Hsts::read(&text).is_none() => saw(text),
            _ => Vec::new(),
        },
    ),
    at_page(
        "hsts-short",
        Low,
        "Strict-Transport-Security holds for less than six months.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page, _| hsts(page, |hsts| hsts.max_age < HALF_A_YEAR),
    ),
    at_page(
        "hsts-subdomains",
        Info,
        "Strict-Transport-Security leaves the subdomains out, and a subdomain in the clear can set cookies for this host.",
        fix(HSTS, HSTS_HERE, HSTS_NGINX),
        HSTS_GUIDE,
        |page, _| hsts(page, |hsts| !hsts.subdomains && hsts.max_age >= HALF_A_YEAR),
    ),
    at_page(
        "hsts-preload-unready",
        Low,
        "The header asks for the preload list, which does not take it so: it wants a year and includeSubDomains.",
        fix(
            "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload",
            "Https::new().hsts(Hsts::preloaded(Duration::from_secs(63_072_000))?)",
            add_header!("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"),
        ),
        PRELOAD,
        |page, _| hsts(page, |hsts| hsts.preload && (hsts.max_age < YEAR || !hsts.subdomains)),
    ),
    at_site(
        "security-txt-missing",
        Info,
        "Who finds a hole does not learn whom to tell: there is no /.well-known/security.txt.",
        fix(CONTACT, "", "location = /.well-known/security.txt { alias /srv/security.txt; }"),
        SECURITY_TXT,
        |seen| match &seen.security_txt {
            Some((answer, text)) if !is_security_txt(answer, text) => saw(answer.status.as_str()),
            _ => Vec::new(),
        },
    ),
    at_site(
        "security-txt-expired",
        Low,
        "security.txt says itself that it is out of date, or does not say until when it holds.",
        fix("Expires: 2030-01-01T00:00:00Z", "", ""),
        SECURITY_TXT,
        |seen| match &seen.security_txt {
            Some((answer, text)) if is_security_txt(answer, text) => match field(text, "expires") {
                None => saw("no Expires"),
                Some(date) => saw_if(date.get(..10).is_none_or(|day| day < &*civil(seen.now / DAY)), date),
            },
            _ => Vec::new(),
        },
    ),
];

fn tls(seen: &Seen, look: impl Fn(&Tls, Option<i64>) -> Option<Vec<Evidence>>) -> Vec<Evidence> {
    seen.tls.as_ref().and_then(|tls| look(tls, seen.days_left())).unwrap_or_default()
}

struct Hsts {
    max_age: u64,
    subdomains: bool,
    preload: bool,
}

impl Hsts {
    /// By RFC 6797 §6.1; where the header is there twice, browsers read the first, and say nothing of a list.
    fn read(text: &str) -> Option<Self> {
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

fn hsts(page: &Answer, wrong: impl Fn(&Hsts) -> bool) -> Vec<Evidence> {
    let text = page.header(&STRICT_TRANSPORT_SECURITY).unwrap_or_default();
    saw_if(Hsts::read(&text).is_some_and(|hsts| wrong(&hsts)), text)
}

fn is_security_txt(answer: &Answer, text: &str) -> bool {
    answer.status.is_success()
        && answer.media_type().is_none_or(|kind| kind == "text/plain")
        && field(text, "contact").is_some()
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// `2026-11-21` of days since 1970.
fn civil(days: i64) -> String {
    // Years begin in March, so that the leap day is the last; an era has 400 of them.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_778, "2026-11-21")]
        {
            assert_eq!(civil(days), date);
        }
    }
}
