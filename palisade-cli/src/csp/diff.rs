//! What changes from one policy to another.

use std::fmt::Write;

use palisade::csp::Csp;

use super::entries;
use crate::style::tame;

/// A line for each directive that changes, and what the lint says otherwise of the new one; nothing where nothing does.
pub(super) fn diff(old: &Csp, new: &Csp) -> String {
    let (before, after) = (entries(old), entries(new));
    let mut text = String::new();
    let of = |entries: &[(String, Vec<String>)], name: &str| {
        entries.iter().find(|(known, _)| known == name).map(|(_, sources)| sources.clone())
    };
    let gone = before.iter().filter(|(name, _)| of(&after, name).is_none());
    for (name, sources) in gone {
        line(&mut text, format_args!("- {name} {}", sources.join(" ")));
    }
    for (name, sources) in &after {
        let Some(known) = of(&before, name) else {
            line(&mut text, format_args!("+ {name} {}", sources.join(" ")));
            continue;
        };
        let taken =
            known.iter().filter(|source| !sources.contains(source)).map(|source| format!("-{source}"));
        let added =
            sources.iter().filter(|source| !known.contains(source)).map(|source| format!("+{source}"));
        let changes: Vec<String> = taken.chain(added).collect();
        if !changes.is_empty() {
            line(&mut text, format_args!("~ {name} {}", changes.join(" ")));
        }
    }
    let (was, is) = (old.lint(), new.lint());
    for finding in was.iter().filter(|finding| !is.contains(finding)) {
        line(
            &mut text,
            format_args!("  mended  {:<6} {}: {}", finding.severity, finding.id, finding.message),
        );
    }
    for finding in is.iter().filter(|finding| !was.contains(finding)) {
        line(
            &mut text,
            format_args!("  new     {:<6} {}: {}", finding.severity, finding.id, finding.message),
        );
    }
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}", tame(&line.to_string()).trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_says_what_it_means_for_safety() {
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
