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

use super::directive::Directive;
use super::source::{NONCE, Token};
use super::{Csp, parse};

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
pub struct Finding {
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
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = Findings(Vec::new());
        match self.speaker(Directive::ScriptSrc) {
            None => findings.add(
                "csp-missing-script-src",
                Severity::High,
                Directive::ScriptSrc,
                "Scripts may come from anywhere and run inline.",
                "script-src 'nonce' 'strict-dynamic'",
            ),
            Some((spoken, _)) => {
                findings.scripts(self, spoken);
                for more in SCRIPTS
                    .into_iter()
                    .filter(|directive| *directive != spoken && self.entry(*directive).is_some())
                {
                    findings.scripts(self, more);
                }
            }
        }
        findings.plug_ins(self);
        findings.navigation(self);
        findings.styles(self);
        findings.reports(self);
        findings.0
    }

    /// The directive that speaks for this one, and its sources.
    fn speaker(&self, directive: Directive) -> Option<(Directive, &[Token])> {
        let mut asked = Some(directive);
        while let Some(speaker) = asked {
            if let Some(entry) = self.entry(speaker) {
                return Some((speaker, &entry.tokens));
            }
            asked = speaker.fallback();
        }
        None
    }
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        id: &'static str,
        severity: Severity,
        directive: Directive,
        message: impl Into<String>,
        fix: &'static str,
    ) {
        self.0.push(Finding { id, severity, directive, message: message.into(), fix });
    }

    fn scripts(&mut self, policy: &Csp, directive: Directive) {
        let Some(entry) = policy.entry(directive) else { return };
        let has = |word: &str| entry.tokens.iter().any(|token| token == word);
        let trusted = has(NONCE) || entry.tokens.iter().any(|token| token.starts_with("'sha"));
        let strict = has("'strict-dynamic'");
        if has("'unsafe-inline'") && !trusted && !strict {
            self.add(
                "csp-unsafe-inline",
                Severity::High,
                directive,
                "Any script that somebody gets into the page runs.",
                "put 'nonce' in its place and the nonce into your own script elements",
            );
        }
        if has("'unsafe-eval'") {
            self.add(
                "csp-unsafe-eval",
                Severity::Medium,
                directive,
                "Text can become code: eval, new Function, setTimeout of a string.",
                "leave 'unsafe-eval' out; for WebAssembly alone, 'wasm-unsafe-eval'",
            );
        }
        if has("'unsafe-hashes'") {
            self.add(
                "csp-unsafe-hashes",
                Severity::Low,
                directive,
                "A hashed handler may be put on any element.",
                "move event handlers into a script, and leave 'unsafe-hashes' out",
            );
        }
        if strict && !trusted {
            self.add(
                "csp-strict-dynamic-alone",
                Severity::Medium,
                directive,
                "'strict-dynamic' without a nonce or a hash stops every script.",
                "add 'nonce'",
            );
        }
        if strict {
            // Hosts and schemes are only there for browsers that do not know 'strict-dynamic'.
            return;
        }
        let mut hosts = 0;
        for token in &entry.tokens {
            match &**token {
                "*" => self.add(
                    "csp-wildcard",
                    Severity::High,
                    directive,
                    "Scripts may come from any host.",
                    "name the hosts, or use 'nonce' 'strict-dynamic'",
                ),
                scheme if parse::is_scheme(scheme) => {
                    let severity = if matches!(scheme, "data:" | "http:" | "https:") {
                        Severity::High
                    } else {
                        Severity::Low
                    };
                    self.add(
                        "csp-plain-scheme",
                        severity,
                        directive,
                        format!("Scripts may come from any `{scheme}` address."),
                        "name the hosts, or use 'nonce' 'strict-dynamic'",
                    );
                }
                word if word.starts_with('\'') => {}
                host => {
                    hosts += 1;
                    self.script_host(directive, host);
                }
            }
        }
        if hosts > 0 && !trusted {
            self.add(
                "csp-host-allowlist",
                Severity::Low,
                directive,
                "Lists of hosts are often bypassed: one JSONP endpoint or old library among them is enough.",
                "script-src 'nonce' 'strict-dynamic'",
            );
        }
    }

    fn script_host(&mut self, directive: Directive, host: &str) {
        if let Some(why) = bypass::why(host) {
            self.add(
                "csp-bypass-host",
                Severity::High,
                directive,
                format!("`{host}` {why}."),
                "serve the file yourself, or use 'nonce' 'strict-dynamic'",
            );
        }
        if host.starts_with("http://") {
            self.add(
                "csp-http-host",
                Severity::Medium,
                directive,
                format!("`{host}` is fetched in the clear, and can be changed on the way."),
                "write https://",
            );
        }
        if bypass::name(host).parse::<std::net::Ipv4Addr>().is_ok() {
            self.add(
                "csp-ip-host",
                Severity::Info,
                directive,
                format!("`{host}` is an address, and browsers ignore all of these but 127.0.0.1."),
                "name the host",
            );
        }
    }

    fn plug_ins(&mut self, policy: &Csp) {
        match policy.speaker(Directive::ObjectSrc) {
            None => self.add(
                "csp-missing-object-src",
                Severity::High,
                Directive::ObjectSrc,
                "Plug-ins may be loaded from anywhere, and run code beside the policy.",
                "object-src 'none'",
            ),
            Some((_, [])) => {}
            Some(_) => self.add(
                "csp-object-src",
                Severity::Low,
                Directive::ObjectSrc,
                "Plug-ins are allowed, which no site needs any more.",
                "object-src 'none'",
            ),
        }
    }

    fn navigation(&mut self, policy: &Csp) {
        let uses_nonce = policy.prepare().uses_nonce();
        match policy.entry(Directive::BaseUri).map(|entry| entry.tokens.as_slice()) {
            None => {
                let severity = if uses_nonce { Severity::High } else { Severity::Low };
                self.add(
                    "csp-missing-base-uri",
                    severity,
                    Directive::BaseUri,
                    "A planted <base> moves every relative script to another host.",
                    "base-uri 'none'",
                );
            }
            Some(sources) if sources.iter().any(|source| source == "*" || parse::is_scheme(source)) => {
                self.add(
                    "csp-wide-base-uri",
                    Severity::Medium,
                    Directive::BaseUri,
                    "A planted <base> may name almost any host.",
                    "base-uri 'none'",
                );
            }
            Some(_) => {}
        }
        if policy.entry(Directive::FormAction).is_none() {
            self.add(
                "csp-missing-form-action",
                Severity::Low,
                Directive::FormAction,
                "A planted form may send what is typed anywhere; default-src does not speak for it.",
                "form-action 'self'",
            );
        }
        if policy.entry(Directive::FrameAncestors).is_none() {
            self.add(
                "csp-missing-frame-ancestors",
                Severity::Low,
                Directive::FrameAncestors,
                "Any site may frame the page; default-src does not speak for it.",
                "frame-ancestors 'none'",
            );
        }
    }

    fn styles(&mut self, policy: &Csp) {
        if let Some((directive, sources)) = policy.speaker(Directive::StyleSrc)
            && sources.iter().any(|source| source == "'unsafe-inline'")
            && !sources.iter().any(|source| source == NONCE || source.starts_with("'sha"))
            && directive == Directive::StyleSrc
        {
            self.add(
                "csp-style-unsafe-inline",
                Severity::Info,
                directive,
                "Planted styles can read form fields and draw over the page.",
                "move styles into files, or use 'nonce'",
            );
        }
    }

    fn reports(&mut self, policy: &Csp) {
        let (uri, endpoint) = (policy.entry(Directive::ReportUri), policy.entry(Directive::ReportTo));
        match (uri, endpoint) {
            (None, None) => self.add(
                "csp-missing-reports",
                Severity::Info,
                Directive::ReportTo,
                "Nobody learns what the policy stops.",
                "report-to csp, with Reporting-Endpoints",
            ),
            (Some(_), None) => self.add(
                "csp-report-uri-alone",
                Severity::Info,
                Directive::ReportUri,
                "report-uri is the old way; browsers with the Reporting API read report-to.",
                "add report-to, with Reporting-Endpoints",
            ),
            _ => {}
        }
        for directive in [Directive::PrefetchSrc, Directive::BlockAllMixedContent] {
            if policy.entry(directive).is_some() {
                self.add(
                    "csp-deprecated",
                    Severity::Info,
                    directive,
                    format!("Browsers no longer read {directive}."),
                    "leave it out",
                );
            }
        }
    }
}
