//! The sites that may frame a page, and the two headers that say so.

use super::values::FrameOptions;
use crate::csp::{Csp, Directive, none};

/// The sites that may frame a page.
#[derive(Clone, Debug, Default)]
pub(super) enum Framing {
    /// The policies and `X-Frame-Options` decide.
    #[default]
    Unset,
    /// None, unless a policy has a `frame-ancestors` of its own.
    DeniedByDefault,
    /// The `frame-ancestors` of this policy, in place of those of the others.
    Only(Csp),
    /// Any site.
    Any,
}

impl Framing {
    /// Changes `frame-ancestors` of the policies.
    pub(super) fn apply(&self, enforced: &mut Vec<Csp>, report_only: &mut [Csp]) {
        match self {
            Self::Unset => {}
            Self::DeniedByDefault => {
                // With a policy of its own, a site may allow what the default denies.
                if !enforced.iter().any(has_ancestors)
                    && let Some(first) = enforced.first_mut()
                {
                    *first = std::mem::take(first).frame_ancestors(none());
                }
            }
            Self::Only(ancestors) => {
                if enforced.is_empty() {
                    enforced.push(Csp::new());
                }
                // A trial without the directive reports no frames.
                let tried = report_only.iter_mut().filter(|policy| has_ancestors(policy));
                for policy in enforced.iter_mut().chain(tried) {
                    *policy = std::mem::take(policy).replace(ancestors);
                }
            }
            Self::Any => {
                for policy in enforced.iter_mut().chain(report_only) {
                    *policy = std::mem::take(policy).without(Directive::FrameAncestors);
                }
            }
        }
    }

    /// Returns `X-Frame-Options` for enforced policies that [`apply`](Self::apply) has changed, if it
    /// can express their `frame-ancestors`.
    pub(super) fn options(&self, enforced: &[Csp]) -> Option<FrameOptions> {
        match self {
            Self::DeniedByDefault if enforced.is_empty() => Some(FrameOptions::Deny),
            _ => enforced.iter().find_map(frame_options),
        }
    }
}

fn has_ancestors(policy: &Csp) -> bool {
    policy.get(Directive::FrameAncestors).is_some()
}

fn frame_options(policy: &Csp) -> Option<FrameOptions> {
    match policy.get(Directive::FrameAncestors)?.as_str() {
        "'none'" => Some(FrameOptions::Deny),
        "'self'" => Some(FrameOptions::SameOrigin),
        _ => None,
    }
}
