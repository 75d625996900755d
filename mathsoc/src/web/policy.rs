//! What the site sends with every page, whom it believes, and for which hosts it answers.
//!
//! ```
//! # use mathsoc::config::Config;
//! let config = Config::from_vars(&|_: &str| None)?;
//! let policy = mathsoc::web::policy::csp(&config).to_string();
//! assert!(policy.starts_with("default-src 'none'; script-src 'nonce' 'strict-dynamic'; style-src 'self'"));
//! # Ok::<(), mathsoc::config::ConfigError>(())
//! ```
//!
//! | part | is | because |
//! |---|---|---|
//! | headers | [`SecurityHeaders::strict`], with the header table of the original site | its operators know it |
//! | X-XSS-Protection | `1; mode=block` | that table has it; the library's own default is `0` |
//! | Trusted Types | wanted, and no policy allowed | our scripts write no markup; where a math field does, [`math_field`]; where the editor reads some, [`editor`] |
//! | a policy on trial | what `CSP_REPORT_ONLY_EXTRA` says, beside the one that is enforced; it stops nothing | a stricter policy is seen at work first |
//! | reports | to `/csp-report`: by `report-to` over https, by `report-uri` in the clear | Chromium sends the first over https only |
//! | hosts | `SERVER_NAME`; in development this machine too, or any host where it is not set | nobody sets up names for a first look |
//! | https | as `FORCE_HTTPS` says; HSTS with it, and in production | a browser that was told stays away from http for a year |
//!
//! References: the security page of the original site; CSP Level 3.

use std::sync::LazyLock;

use palisade::csp::{Csp, Severity, Source, none};
use palisade::csrf::Csrf;
use palisade::headers::{ReportsTo, XssProtection};
use palisade::https::{Hsts, Https};
use palisade::reporting::{Disposition, PolicySuggestion, ReportGroup};
use palisade::{CsrfTokens, Keyring, PageHeaders, Palisade, SecurityHeaders};

use crate::config::{Config, ExtraPolicy};

/// The path that browsers report to.
pub const REPORT_PATH: &str = "/csp-report";

/// The layer around the whole site.
pub fn palisade(config: &Config) -> Palisade {
    let reports = ReportsTo::new(REPORT_PATH).expect("a path of letters");
    let headers = SecurityHeaders::strict().xss_protection(XssProtection::Block).csp(csp(config));
    let headers = headers.reports_to(reports);
    let headers = match tried(config) {
        Some(policy) => headers.csp_report_only(policy.clone()),
        None => headers,
    };
    let palisade = Palisade::new()
        .trusted_proxies(config.trusted_proxies.proxies())
        .headers(headers)
        .https(https(config));
    let palisade = if config.csrf_enabled {
        palisade
    } else {
        palisade.csrf(Csrf::new().dangerous_disable_origin_check())
    };
    match &config.server_name {
        None => palisade,
        Some(names) if config.is_production() => palisade.allowed_hosts(names.hosts()),
        Some(names) => palisade.allowed_hosts(names.hosts_and_here()),
    }
}

/// The layer that wants a token of one of our pages in whatever is sent: always, besides what the browser says.
pub fn csrf_tokens(keyring: &Keyring, enabled: bool) -> CsrfTokens {
    let tokens = CsrfTokens::new(keyring);
    if enabled { tokens } else { tokens.dangerous_disable_token_check() }
}

/// The site's own policy, with what `CSP_ALLOW_UNSAFE_EVAL` and `CSP_EXTRA` add.
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

/// The policy on trial, which stops nothing: what `CSP_REPORT_ONLY_EXTRA` says.
pub fn tried(config: &Config) -> Option<&Csp> {
    config.csp_report_only_extra.as_ref().map(ExtraPolicy::policy)
}

/// What would let through what a group of reports is about, with the name of the setting to write it into: that of the
/// policy which reported it.
pub fn suggestion(config: &Config, group: &ReportGroup) -> Option<(PolicySuggestion, &'static str)> {
    match group.disposition {
        Disposition::Enforced => Some((group.suggestion(&csp(config))?, "CSP_EXTRA")),
        Disposition::Reported => Some((group.suggestion(tried(config)?)?, "CSP_REPORT_ONLY_EXTRA")),
    }
}

/// What a page with a math field needs beside the site's policy: MathLive places what it sets by style attributes, and writes
/// markup as text, which the one policy of `web/vetted.ts` reads before the browser does.
pub fn math_field() -> PageHeaders {
    static PAGE: LazyLock<PageHeaders> = LazyLock::new(|| {
        let beside = Csp::new().style_src_attr([Source::UNSAFE_INLINE]);
        let beside = beside.trusted_types(["default"]).expect("a name of letters");
        PageHeaders::new().merge_csp(beside)
    });
    PAGE.clone()
}

/// What a page with the editor needs beside the site's policy: it reads markup into documents that are never shown, by the policy
/// of `web/markup.ts`, and, where something is pasted, by ProseMirror's own.
pub fn editor() -> PageHeaders {
    static PAGE: LazyLock<PageHeaders> = LazyLock::new(|| {
        let beside = Csp::new().trusted_types(["editor", "ProseMirrorClipboard"]);
        PageHeaders::new().merge_csp(beside.expect("names of letters"))
    });
    PAGE.clone()
}

/// Tells the log what the policy no longer stops, if its settings have opened it.
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
    let hsts = (config.force_https || config.is_production()).then(Hsts::default);
    let https = Https::new().hsts(hsts);
    if config.force_https { https } else { https.dangerous_allow_http() }
}
