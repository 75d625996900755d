//! Colour, where somebody sees it; and text of strangers, where a terminal would obey it.

use std::borrow::Cow;
use std::env;
use std::io::IsTerminal;

use palisade::csp::Severity;

/// Whether to colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style(bool);

impl Style {
    /// For standard output: coloured on a terminal, unless `NO_COLOR` is set to something.
    pub(crate) fn stdout() -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(std::io::stdout().is_terminal() && !unwanted)
    }

    /// Without colour.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self(false)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::High => "1;31",
            Severity::Medium => "33",
            Severity::Low => "36",
            Severity::Info => "2",
        };
        self.paint(code, text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// How much of a stranger's text is shown.
const SHOWN: usize = 200;

/// A stranger's text in one line, without what a terminal would obey or a reader misread.
pub(crate) fn tame(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(obeyed) && text.chars().nth(SHOWN).is_none() {
        return Cow::Borrowed(text);
    }
    let mut tamed: String =
        text.chars().take(SHOWN).map(|c| if obeyed(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        tamed.push('…');
    }
    Cow::Owned(tamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_no_stranger() {
        assert_eq!(tame("a\x1b[31m\u{202e}b"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(tame(&"x".repeat(500)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn colour_is_there_or_not_at_all() {
        assert_eq!(Style::plain().severity(Severity::High, "x"), "x");
        assert_eq!(Style(true).severity(Severity::High, "x"), "\x1b[1;31mx\x1b[0m");
    }
}
