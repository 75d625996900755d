//! What a written policy does not stop: findings with stable ids.
//!
//! ```
//! # use palisade::csp::{Csp, Severity};
//! let policy: Csp = "script-src 'self' 'unsafe-inline'".parse()?;
//! let first = &policy.lint()[0];
//! assert_eq!((first.id, first.severity), ("csp-unsafe-inline", Severity::High));
//! assert!(Csp::strict().lint().iter().all(|finding| finding.severity <= Severity::Info));
//! # Ok::<(), palisade::csp::CspError>(())
//! ```
//!
//! The questions are those of Google's CSP Evaluator, and a few of our own. A policy without findings can still be
//! wrong for its site; one with findings may have its reasons.
//!
//! References: Weichselbaum et al., "CSP Is Dead, Long Live CSP!" (2016); csp-evaluator.withgoogle.com.

mod bypass;
mod rules;
mod severity;

use super::directive::Directive;
use super::source::{NONCE, Token};
use super::{Csp, parse};
use rules::RULES;

pub use severity::SeverityError;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// One defence less.
    Low,
    /// A way round, under conditions.
    Medium,
    /// The policy does not stop scripts.
    High,
}

/// Something that a policy does not stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFinding {
    /// A stable name.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The directive in question.
    pub directive: Directive,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to write instead.
    pub fix: &'static str,
}

const SCRIPTS: [Directive; 3] = [Directive::ScriptSrc, Directive::ScriptSrcElem, Directive::ScriptSrcAttr];

impl Csp {
    /// What this policy does not stop.
    pub fn lint(&self) -> Vec<PolicyFinding> {
        let mut findings = Findings(Vec::new());
        match self.speaker(Directive::ScriptSrc) {
            None => findings.add("csp-missing-script-src", Directive::ScriptSrc),
            Some((spoken, _)) => {
                let narrower = SCRIPTS.into_iter().filter(|directive| *directive != spoken);
                std::iter::once(spoken)
                    .chain(narrower)
                    .for_each(|directive| findings.scripts(self, directive));
            }
        }
        findings.plug_ins(self);
        findings.navigation(self);
        findings.styles(self);
        findings.trusted_types(self);
        findings.reports(self);
        findings.0
    }

    fn listed(&self, directive: Directive) -> Option<&[Token]> {
        self.entry(directive).map(|entry| entry.tokens.as_slice())
    }
}

struct Findings(Vec<PolicyFinding>);

impl Findings {
    fn add(&mut self, id: &'static str, directive: Directive) {
        self.add_for(id, directive, "");
    }

    fn add_for(&mut self, id: &'static str, directive: Directive, source: &str) {
        let rule = RULES.iter().find(|rule| rule.id == id).expect("a test goes through every id");
        let message = rule.message.replacen("{}", source, 1);
        self.0.push(PolicyFinding { id, severity: rule.severity, directive, message, fix: rule.fix });
    }

    fn scripts(&mut self, policy: &Csp, directive: Directive) {
        let Some(sources) = policy.listed(directive) else { return };
        let has = |word: &str| sources.iter().any(|source| source == word);
        let (trusts, strict) = (trusts_by_value(sources), has("'strict-dynamic'"));
        if has("'unsafe-inline'") && !trusts && !strict {
            self.add("csp-unsafe-inline", directive);
        }
        if has("'unsafe-eval'") {
            self.add("csp-unsafe-eval", directive);
        }
        if has("'unsafe-hashes'") {
            self.add("csp-unsafe-hashes", directive);
        }
        if strict && !trusts {
            self.add("csp-strict-dynamic-alone", directive);
        }
        if strict {
            let ignored = |source: &&Token| {
                matches!(&***source, "*" | "'self'") || parse::is_scheme(source) || is_host(source)
            };
            for source in sources.iter().filter(ignored) {
                self.add_for("csp-ignored-source", directive, source);
            }
        } else {
            sources.iter().for_each(|source| self.script_source(directive, source));
            if !trusts && sources.iter().any(|source| is_host(source)) {
                self.add("csp-host-allowlist", directive);
            }
        }
    }

    fn script_source(&mut self, directive: Directive, source: &str) {
        match source {
            _ if bypass::name(source) == "*" => self.add("csp-wildcard", directive),
            "data:" | "http:" | "https:" => self.add_for("csp-plain-scheme", directive, source),
            _ if parse::is_scheme(source) => self.add_for("csp-other-scheme", directive, source),
            _ if is_host(source) => {
                if let Some(why) = bypass::why(source) {
                    self.add_for("csp-bypass-host", directive, &format!("{source} {why}"));
                }
                if source.starts_with("http://") {
                    self.add_for("csp-http-host", directive, source);
                }
                if bypass::name(source).parse::<std::net::Ipv4Addr>().is_ok() {
                    self.add_for("csp-ip-host", directive, source);
                }
            }
            _ => {}
        }
    }

    fn plug_ins(&mut self, policy: &Csp) {
        match policy.speaker(Directive::ObjectSrc) {
            None => self.add("csp-missing-object-src", Directive::ObjectSrc),
            Some((_, [])) => {}
            Some(_) => self.add("csp-object-src", Directive::ObjectSrc),
        }
    }

    /// What default-src does not speak for.
    fn navigation(&mut self, policy: &Csp) {
        for (directive, missing, wide) in [
            (Directive::BaseUri, "csp-missing-base-uri", "csp-wide-base-uri"),
            (Directive::FormAction, "csp-missing-form-action", "csp-wide-form-action"),
            (Directive::FrameAncestors, "csp-missing-frame-ancestors", "csp-wide-frame-ancestors"),
        ] {
            let any_host = |source: &Token| bypass::name(source) == "*" || parse::is_scheme(source);
            match policy.listed(directive) {
                None => self.add(missing, directive),
                Some(sources) if sources.iter().any(any_host) => self.add(wide, directive),
                Some(_) => {}
            }
        }
    }

    fn styles(&mut self, policy: &Csp) {
        if let Some(sources) = policy.listed(Directive::StyleSrc)
            && sources.iter().any(|source| source == "'unsafe-inline'")
            && !trusts_by_value(sources)
        {
            self.add("csp-style-unsafe-inline", Directive::StyleSrc);
        }
    }

    /// Worth something only where a script runs.
    fn trusted_types(&mut self, policy: &Csp) {
        let runs = policy.speaker(Directive::ScriptSrc).is_none_or(|(_, sources)| !sources.is_empty());
        if policy.listed(Directive::RequireTrustedTypesFor).is_some() || !runs {
            return;
        }
        match policy.listed(Directive::TrustedTypes) {
            None => self.add("csp-missing-trusted-types", Directive::RequireTrustedTypesFor),
            Some(_) => self.add("csp-trusted-types-alone", Directive::TrustedTypes),
        }
    }

    fn reports(&mut self, policy: &Csp) {
        match (policy.listed(Directive::ReportUri), policy.listed(Directive::ReportTo)) {
            (None, None) => self.add("csp-missing-reports", Directive::ReportTo),
            (Some(_), None) => self.add("csp-report-uri-alone", Directive::ReportUri),
            _ => {}
        }
        if policy.listed(Directive::PrefetchSrc).is_some() {
            self.add("csp-deprecated-prefetch-src", Directive::PrefetchSrc);
        }
        if policy.listed(Directive::BlockAllMixedContent).is_some() {
            self.add("csp-deprecated-block-all-mixed-content", Directive::BlockAllMixedContent);
        }
    }
}

/// Whether what runs is chosen by a nonce or a hash, beside which browsers ignore 'unsafe-inline'.
fn trusts_by_value(sources: &[Token]) -> bool {
    sources.iter().any(|source| source == NONCE || source.starts_with("'sha"))
}

fn is_host(source: &str) -> bool {
    source != "*" && !source.starts_with('\'') && !parse::is_scheme(source)
}
