//! Suggestions: the smallest change of a policy that would allow a blocked resource, and its
//! risks.

use super::group::{ReportGroup, ReportKind};
use crate::csp::{Csp, Directive, PolicyFinding};

/// A change of a policy that would allow a blocked resource: one more source for one directive.
///
/// ```
/// use palisade::csp::Csp;
/// use palisade::reporting::{PolicySuggestion, ReportGroup, ReportKind};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy: Csp = "default-src 'self'".parse()?;
/// let group = ReportGroup::new(ReportKind::Csp, "script-src", "eval", "/");
/// let suggestion: PolicySuggestion = group.suggestion(&policy).ok_or("no suggestion")?;
/// assert_eq!(suggestion.source, "'unsafe-eval'");
/// assert!(!suggestion.findings.is_empty(), "the linter warns of it");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicySuggestion {
    /// The directive to change.
    pub directive: Directive,
    /// The source to add.
    pub source: String,
    /// The directive that applies now, with its sources.
    pub before: String,
    /// The directive with the added source.
    pub after: String,
    /// The changed policy.
    pub policy: Csp,
    /// The findings of [`Csp::lint`] that the change would cause.
    pub findings: Vec<PolicyFinding>,
}

impl ReportGroup {
    /// Suggests a change of `policy` that would allow the blocked resource.
    ///
    /// Returns `None` if no source can allow it:
    /// - inline code, which needs the nonce;
    /// - a host beside `'strict-dynamic'`, which makes browsers ignore hosts;
    /// - a resource that the policy allows already;
    /// - a report that is not about a policy.
    pub fn suggestion(&self, policy: &Csp) -> Option<PolicySuggestion> {
        if self.kind != ReportKind::Csp {
            return None;
        }
        let named: Directive = self.directive.parse().ok()?;
        let source = self.source()?;
        let decides = policy.effective_directive(named)?;
        // A directive that falls back to `default-src` is added; an existing one gets one more
        // source.
        let directive = match decides {
            Directive::DefaultSrc => general(named),
            directive => directive,
        };
        let line = |policy: &Csp, directive: Directive| {
            policy.get(directive).map(|sources| format!("{directive} {sources}"))
        };
        let before = line(policy, decides)?;
        let tokens: Vec<&str> = before.split(' ').collect();
        let is_address = !source.starts_with("'unsafe-") && !source.starts_with("'wasm-");
        if tokens.contains(&&*source) || is_address && tokens.contains(&"'strict-dynamic'") {
            return None;
        }
        let addition: Csp = format!("{directive} {source}").parse().ok()?;
        let changed = policy.merge(&addition);
        let old_findings = policy.lint();
        let findings = changed.lint().into_iter().filter(|finding| !old_findings.contains(finding)).collect();
        let after = line(&changed, directive)?;
        Some(PolicySuggestion { directive, source, before, after, policy: changed, findings })
    }

    /// Returns the blocked resource as a source of a policy.
    fn source(&self) -> Option<String> {
        // Browsers do not report the site that embeds the page.
        if self.directive == Directive::FrameAncestors.name() {
            return None;
        }
        match &*self.blocked {
            "eval" => Some("'unsafe-eval'".to_owned()),
            "wasm-eval" => Some("'wasm-unsafe-eval'".to_owned()),
            "self" => Some("'self'".to_owned()),
            path if path.starts_with('/') => Some("'self'".to_owned()),
            scheme if scheme.ends_with(':') => Some(scheme.to_owned()),
            origin if origin.contains("://") => Some(origin.to_owned()),
            _ => None,
        }
    }
}

/// Returns the directive that covers both elements and attributes.
fn general(directive: Directive) -> Directive {
    match directive {
        Directive::ScriptSrcElem | Directive::ScriptSrcAttr => Directive::ScriptSrc,
        Directive::StyleSrcElem | Directive::StyleSrcAttr => Directive::StyleSrc,
        other => other,
    }
}
