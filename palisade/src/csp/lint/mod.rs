//! The lint: weaknesses of a valid policy, as findings with stable ids.

mod bypass;
mod rules;
mod severity;

use super::directive::Directive;
use super::token::{NONCE, Token};
use super::{Csp, grammar};
use rules::RULES;

pub use severity::SeverityError;

/// The severity of a finding.
///
/// ```
/// use palisade::csp::Severity;
///
/// assert!(Severity::High > Severity::Info);
/// assert_eq!("medium".parse(), Ok(Severity::Medium));
/// assert!("worst".parse::<Severity>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A hint that weakens nothing by itself.
    Info,
    /// The policy lacks one line of defence.
    Low,
    /// The policy can be bypassed under conditions.
    Medium,
    /// The policy does not stop injected scripts.
    High,
}

/// A weakness of a policy, found by [`Csp::lint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFinding {
    /// The stable name of the rule, such as `csp-unsafe-inline`.
    pub id: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The directive that is weak or missing.
    pub directive: Directive,
    /// The problem, in one sentence.
    pub message: String,
    /// The correction.
    pub fix: &'static str,
}

const SCRIPTS: [Directive; 3] = [Directive::ScriptSrc, Directive::ScriptSrcElem, Directive::ScriptSrcAttr];

impl Csp {
    /// Returns the weaknesses of this policy. See *Lint* on the [module page](crate::csp).
    pub fn lint(&self) -> Vec<PolicyFinding> {
        let mut findings = Findings(Vec::new());
        match self.effective(Directive::ScriptSrc) {
            None => findings.add("csp-missing-script-src", Directive::ScriptSrc),
            Some((effective, _)) => {
                let narrower = SCRIPTS.into_iter().filter(|directive| *directive != effective);
                std::iter::once(effective)
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

    fn sources_of(&self, directive: Directive) -> Option<&[Token]> {
        self.entry(directive).map(|entry| entry.tokens.as_slice())
    }
}

struct Findings(Vec<PolicyFinding>);

impl Findings {
    fn add(&mut self, id: &'static str, directive: Directive) {
        self.add_for(id, directive, "");
    }

    fn add_for(&mut self, id: &'static str, directive: Directive, source: &str) {
        let rule =
            RULES.iter().find(|rule| rule.id == id).expect("every id is in the table, as a test shows");
        let message = rule.message.replacen("{}", source, 1);
        self.0.push(PolicyFinding { id, severity: rule.severity, directive, message, fix: rule.fix });
    }

    fn scripts(&mut self, policy: &Csp, directive: Directive) {
        let Some(sources) = policy.sources_of(directive) else { return };
        let has = |word: &str| sources.iter().any(|source| source == word);
        let (has_value, strict) = (has_nonce_or_hash(sources), has("'strict-dynamic'"));
        if has("'unsafe-inline'") && !has_value && !strict {
            self.add("csp-unsafe-inline", directive);
        }
        if has("'unsafe-eval'") {
            self.add("csp-unsafe-eval", directive);
        }
        if has("'unsafe-hashes'") {
            self.add("csp-unsafe-hashes", directive);
        }
        if strict && !has_value {
            self.add("csp-strict-dynamic-alone", directive);
        }
        if strict {
            let is_ignored = |source: &&Token| {
                matches!(&***source, "*" | "'self'") || grammar::is_scheme(source) || is_host(source)
            };
            for source in sources.iter().filter(is_ignored) {
                self.add_for("csp-ignored-source", directive, source);
            }
        } else {
            sources.iter().for_each(|source| self.script_source(directive, source));
            if !has_value && sources.iter().any(|source| is_host(source)) {
                self.add("csp-host-allowlist", directive);
            }
        }
    }

    fn script_source(&mut self, directive: Directive, source: &str) {
        match source {
            _ if bypass::name(source) == "*" => self.add("csp-wildcard", directive),
            "data:" | "http:" | "https:" => self.add_for("csp-plain-scheme", directive, source),
            _ if grammar::is_scheme(source) => self.add_for("csp-other-scheme", directive, source),
            _ if is_host(source) => {
                if let Some(reason) = bypass::reason(source) {
                    self.add_for("csp-bypass-host", directive, &format!("{source} {reason}"));
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
        match policy.effective(Directive::ObjectSrc) {
            None => self.add("csp-missing-object-src", Directive::ObjectSrc),
            Some((_, [])) => {}
            Some(_) => self.add("csp-object-src", Directive::ObjectSrc),
        }
    }

    /// Checks the directives for which `default-src` is no fallback.
    fn navigation(&mut self, policy: &Csp) {
        for (directive, missing, wide) in [
            (Directive::BaseUri, "csp-missing-base-uri", "csp-wide-base-uri"),
            (Directive::FormAction, "csp-missing-form-action", "csp-wide-form-action"),
            (Directive::FrameAncestors, "csp-missing-frame-ancestors", "csp-wide-frame-ancestors"),
        ] {
            let any_host = |source: &Token| bypass::name(source) == "*" || grammar::is_scheme(source);
            match policy.sources_of(directive) {
                None => self.add(missing, directive),
                Some(sources) if sources.iter().any(any_host) => self.add(wide, directive),
                Some(_) => {}
            }
        }
    }

    fn styles(&mut self, policy: &Csp) {
        if let Some(sources) = policy.sources_of(Directive::StyleSrc)
            && sources.iter().any(|source| source == "'unsafe-inline'")
            && !has_nonce_or_hash(sources)
        {
            self.add("csp-style-unsafe-inline", Directive::StyleSrc);
        }
    }

    /// Trusted Types matter only if the policy lets scripts run.
    fn trusted_types(&mut self, policy: &Csp) {
        let scripts_run =
            policy.effective(Directive::ScriptSrc).is_none_or(|(_, sources)| !sources.is_empty());
        if policy.sources_of(Directive::RequireTrustedTypesFor).is_some() || !scripts_run {
            return;
        }
        match policy.sources_of(Directive::TrustedTypes) {
            None => self.add("csp-missing-trusted-types", Directive::RequireTrustedTypesFor),
            Some(_) => self.add("csp-trusted-types-alone", Directive::TrustedTypes),
        }
    }

    fn reports(&mut self, policy: &Csp) {
        match (policy.sources_of(Directive::ReportUri), policy.sources_of(Directive::ReportTo)) {
            (None, None) => self.add("csp-missing-reports", Directive::ReportTo),
            (Some(_), None) => self.add("csp-report-uri-alone", Directive::ReportUri),
            _ => {}
        }
        if policy.sources_of(Directive::PrefetchSrc).is_some() {
            self.add("csp-deprecated-prefetch-src", Directive::PrefetchSrc);
        }
        if policy.sources_of(Directive::BlockAllMixedContent).is_some() {
            self.add("csp-deprecated-block-all-mixed-content", Directive::BlockAllMixedContent);
        }
    }
}

/// Returns `true` for a list with a nonce or a hash: browsers ignore its 'unsafe-inline'.
fn has_nonce_or_hash(sources: &[Token]) -> bool {
    sources.iter().any(|source| source == NONCE || source.starts_with("'sha"))
}

fn is_host(source: &str) -> bool {
    source != "*" && !source.starts_with('\'') && !grammar::is_scheme(source)
}
