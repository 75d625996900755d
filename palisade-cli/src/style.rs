//! Colour for terminals, and text of strangers without terminal control characters.

use std::borrow::Cow;
use std::env;
use std::io::IsTerminal;

use palisade::csp::Severity;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Style(bool);

impl Style {
    /// Colours standard output if it is a terminal and `NO_COLOR` is empty or not set.
    pub(crate) fn stdout() -> Self {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(std::io::stdout().is_terminal() && !no_color)
    }

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

/// The number of characters of a stranger's text that are printed.
const MAX_CHARS: usize = 200;

/// Returns a stranger's text shortened, with control and direction characters replaced.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_control = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_control) && text.chars().nth(MAX_CHARS).is_none() {
        return Cow::Borrowed(text);
    }
    let mut printable: String =
        text.chars().take(MAX_CHARS).map(|c| if is_control(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        printable.push('…');
    }
    Cow::Owned(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable("a\x1b[31m\u{202e}b"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(printable(&"x".repeat(500)).chars().count(), MAX_CHARS + 1);
    }

    #[test]
    fn plain_style_has_no_escape_sequences() {
        assert_eq!(Style::plain().severity(Severity::High, "x"), "x");
        assert_eq!(Style(true).severity(Severity::High, "x"), "\x1b[1;31mx\x1b[0m");
    }
}
