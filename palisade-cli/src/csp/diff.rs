//! The differences between two policies, and their effect on the lint.

use std::fmt::Write;

use palisade::csp::Csp;

use super::entries;
use crate::style::printable;

/// Returns a line for each changed directive and each changed lint finding; empty if none changed.
pub(super) fn diff(old: &Csp, new: &Csp) -> String {
    let (before, after) = (entries(old), entries(new));
    let mut text = String::new();
    let of = |entries: &[(String, Vec<String>)], name: &str| {
        entries.iter().find(|(known, _)| known == name).map(|(_, sources)| sources.clone())
    };
    let removed_directives = before.iter().filter(|(name, _)| of(&after, name).is_none());
    for (name, sources) in removed_directives {
        line(&mut text, format_args!("- {name} {}", sources.join(" ")));
    }
    for (name, sources) in &after {
        let Some(known) = of(&before, name) else {
            line(&mut text, format_args!("+ {name} {}", sources.join(" ")));
            continue;
        };
        let removed =
            known.iter().filter(|source| !sources.contains(source)).map(|source| format!("-{source}"));
        let added =
            sources.iter().filter(|source| !known.contains(source)).map(|source| format!("+{source}"));
        let changes: Vec<String> = removed.chain(added).collect();
        if !changes.is_empty() {
            line(&mut text, format_args!("~ {name} {}", changes.join(" ")));
        }
    }
    let (lint_before, lint_after) = (old.lint(), new.lint());
    for finding in lint_before.iter().filter(|finding| !lint_after.contains(finding)) {
        line(
            &mut text,
            format_args!("  fixed   {:<6} {}: {}", finding.severity, finding.id, finding.message),
        );
    }
    for finding in lint_after.iter().filter(|finding| !lint_before.contains(finding)) {
        line(
            &mut text,
            format_args!("  new     {:<6} {}: {}", finding.severity, finding.id, finding.message),
        );
    }
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}", printable(&line.to_string()).trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_new_lint_findings() {
        let diff = |old: &str, new: &str| diff(&old.parse().unwrap(), &new.parse().unwrap());
        let text = diff("script-src 'self'; img-src *", "script-src 'self' 'unsafe-inline'; font-src 'self'");
        assert!(
            text.starts_with("- img-src *\n~ script-src +'unsafe-inline'\n+ font-src 'self'\n"),
            "{text}"
        );
        assert!(text.contains("new     high   csp-unsafe-inline"), "{text}");
        assert_eq!(diff("img-src *", "img-src *"), "");
    }
}
