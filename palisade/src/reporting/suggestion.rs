//! What a policy would say if it allowed what was stopped, and what that would cost.

use super::group::{Group, ReportKind};
use crate::csp::{Csp, Directive, PolicyFinding};

/// A policy's line as it is, and with one source more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suggestion {
    /// The directive to change.
    pub directive: Directive,
    /// The source to add.
    pub source: String,
    /// The line that decides now.
    pub before: String,
    /// The line with the source.
    pub after: String,
    /// The policy with that line.
    pub policy: Csp,
    /// What [`Csp::lint`] says of that policy and not of the one before.
    pub findings: Vec<PolicyFinding>,
}

impl Group {
    /// The line that would let it through, where a source can: not for code in the page itself, which wants the nonce; not
    /// where `'strict-dynamic'` makes hosts count for nothing; not where the policy allows it already.
    pub fn suggestion(&self, policy: &Csp) -> Option<Suggestion> {
        if self.kind != ReportKind::Csp {
            return None;
        }
        let named: Directive = self.directive.parse().ok()?;
        let source = self.source()?;
        let decides = policy.effective_directive(named)?;
        // What falls back to all of a policy gets a line of its own; what has a line already gets one source more.
        let directive = match decides {
            Directive::DefaultSrc => general(named),
            directive => directive,
        };
        let line = |policy: &Csp, directive: Directive| {
            policy.get(directive).map(|sources| format!("{directive} {sources}"))
        };
        let before = line(policy, decides)?;
        let words: Vec<&str> = before.split(' ').collect();
        let by_address = !source.starts_with("'unsafe-") && !source.starts_with("'wasm-");
        if words.contains(&&*source) || by_address && words.contains(&"'strict-dynamic'") {
            return None;
        }
        let more: Csp = format!("{directive} {source}").parse().ok()?;
        let allowing = policy.merge(&more);
        let known = policy.lint();
        let findings = allowing.lint().into_iter().filter(|finding| !known.contains(finding)).collect();
        let after = line(&allowing, directive)?;
        Some(Suggestion { directive, source, before, after, policy: allowing, findings })
    }

    /// What a policy calls it.
    fn source(&self) -> Option<String> {
        // Browsers do not say who wanted to frame the page.
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

/// The directive for both elements and attributes.
fn general(directive: Directive) -> Directive {
    match directive {
        Directive::ScriptSrcElem | Directive::ScriptSrcAttr => Directive::ScriptSrc,
        Directive::StyleSrcElem | Directive::StyleSrcAttr => Directive::StyleSrc,
        other => other,
    }
}
