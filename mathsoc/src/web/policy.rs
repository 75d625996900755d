//! The security policy of the site: headers, Content-Security-Policy, trusted proxies, hosts,
//! HTTPS.
//!
//! ```
//! # use mathsoc::config::Config;
//! let config = Config::from_vars(&|_: &str| None)?;
//! let policy = mathsoc::web::policy::csp(&config).to_string();
//! assert!(policy.starts_with("default-src 'none'; script-src 'nonce' 'strict-dynamic'; "));
//! # Ok::<(), mathsoc::config::ConfigError>(())
//! ```
//!
//! | part | value | reason |
//! |---|---|---|
//! | headers | [`SecurityHeaders::strict`], plus those of the Flask site | operators expect them |
//! | X-XSS-Protection | `1; mode=block` | as on the Flask site; Palisade's default is `0` |
//! | Trusted Types | no policy allowed | only [`math_field`] and [`editor`] write markup |
//! | report-only policy | `CSP_REPORT_ONLY_EXTRA` | to try a stricter policy |
//! | reports | `report-to` over HTTPS, `report-uri` over HTTP | Chromium needs HTTPS |
//! | request ids | `X-Request-Id`, taken from trusted proxies | one id in both logs |
//! | hosts | `SERVER_NAME`; in development also localhost, or any if unset | no setup |
//! | HTTPS | `FORCE_HTTPS`; HSTS with it, and in production | browsers stay on HTTPS |
//!
//! References: CSP Level 3.

use std::sync::LazyLock;

use palisade::csp::{Csp, Severity, Source, none};
use palisade::csrf::Csrf;
use palisade::front_door::Guards;
use palisade::headers::{ReportsTo, XssProtection};
use palisade::https::Https;
use palisade::reporting::{Disposition, PolicySuggestion, ReportGroup};
use palisade::request_id::RequestIds;
use palisade::{PageHeaders, Palisade, SecurityHeaders};

use crate::config::{Config, ExtraPolicy};

/// The path of the report endpoint.
pub const REPORT_PATH: &str = "/csp-report";

/// Returns the protections for the whole site.
pub fn palisade(config: &Config) -> Palisade {
    let reports = ReportsTo::new(REPORT_PATH).expect("a valid path");
    let headers = SecurityHeaders::strict().xss_protection(XssProtection::Block).csp(csp(config));
    let headers = headers.reports_to(reports);
    let headers = match report_only_csp(config) {
        Some(policy) => headers.csp_report_only(policy.clone()),
        None => headers,
    };
    let guards =
        Guards::new().trusted_proxies(config.trusted_proxies.proxies()).headers(headers).https(https(config));
    let guards = guards.request_ids(RequestIds::new());
    let guards = if config.csrf_enabled {
        guards
    } else {
        guards.cross_origin(Csrf::new().dangerous_disable_origin_check())
    };
    Palisade::from(match &config.server_name {
        None => guards,
        Some(names) if config.is_production() => guards.allowed_hosts(names.hosts()),
        Some(names) => guards.allowed_hosts(names.hosts_and_here()),
    })
}

/// Returns the site's policy with the additions of `CSP_ALLOW_UNSAFE_EVAL` and `CSP_EXTRA`.
pub fn csp(config: &Config) -> Csp {
    let eval = config.csp_allow_unsafe_eval.then_some(Source::UNSAFE_EVAL);
    let own = Csp::new()
        .default_src(none())
        .script_src([Source::NONCE, Source::STRICT_DYNAMIC].into_iter().chain(eval))
        .style_src([Source::SELF])
        .img_src([Source::SELF])
        .font_src([Source::SELF])
        .connect_src([Source::SELF])
        .object_src(none())
        .base_uri(none())
        .form_action([Source::SELF])
        .frame_ancestors([Source::SELF])
        .no_trusted_types();
    config.csp_extra.as_ref().map_or(own.clone(), |extra| own.merge(extra.policy()))
}

/// Returns the report-only policy of `CSP_REPORT_ONLY_EXTRA`.
pub fn report_only_csp(config: &Config) -> Option<&Csp> {
    config.csp_report_only_extra.as_ref().map(ExtraPolicy::policy)
}

/// Returns the change that would allow what a group of reports is about, and the setting that
/// holds the reporting policy.
pub fn suggestion(config: &Config, group: &ReportGroup) -> Option<(PolicySuggestion, &'static str)> {
    match group.disposition {
        Disposition::Enforced => Some((group.suggestion(&csp(config))?, "CSP_EXTRA")),
        Disposition::Reported => Some((group.suggestion(report_only_csp(config)?)?, "CSP_REPORT_ONLY_EXTRA")),
    }
}

/// Returns the headers of a page with a math field. MathLive sets style attributes, and writes
/// markup as text, which the Trusted Types policy of `web/trusted_types.ts` checks.
pub fn math_field() -> PageHeaders {
    static PAGE: LazyLock<PageHeaders> = LazyLock::new(|| {
        let added = Csp::new().style_src_attr([Source::UNSAFE_INLINE]);
        let added = added.trusted_types(["default"]).expect("a valid policy name");
        PageHeaders::new().merge_csp(added)
    });
    PAGE.clone()
}

/// Returns the headers of a page with the editor. It parses markup into documents that are never
/// shown, by the Trusted Types policy of `web/markup.ts`, and on paste by that of ProseMirror.
pub fn editor() -> PageHeaders {
    static PAGE: LazyLock<PageHeaders> = LazyLock::new(|| {
        let added = Csp::new().trusted_types(["editor", "ProseMirrorClipboard"]);
        PageHeaders::new().merge_csp(added.expect("valid policy names"))
    });
    PAGE.clone()
}

/// Logs the lint findings of the policy, if settings weaken it.
pub fn log_lint(config: &Config) {
    if config.csp_extra.is_none() && !config.csp_allow_unsafe_eval {
        return;
    }
    for finding in csp(config).lint() {
        let (id, message, fix) = (finding.id, finding.message, finding.fix);
        match finding.severity {
            Severity::Info => tracing::info!(id, fix, "Content-Security-Policy: {message}"),
            _ => tracing::warn!(id, fix, "Content-Security-Policy: {message}"),
        }
    }
}

fn https(config: &Config) -> Https {
    let https = Https::new();
    match (config.force_https, config.is_production()) {
        (true, _) => https,
        (false, true) => https.dangerous_allow_http(),
        (false, false) => https.dangerous_allow_http().dangerous_disable_hsts(),
    }
}
