//! The list of all settings as `.env.example`, and by name.

use std::fmt::Write;

use super::settings::SETTINGS;
use super::table::Setting;

/// Returns the setting with this name or alias.
pub(super) fn setting_named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().copied().find(|setting| setting.names().any(|known| known == name))
}

impl Setting {
    /// Appends the entry of `.env.example`.
    fn document(&self, file: &mut String) {
        let because = if self.because.is_empty() { String::new() } else { format!(" ({})", self.because) };
        let mut default = format!("Default: {}{because}.", self.default);
        if !self.aliases.is_empty() {
            let _ = write!(default, " Also read: {}.", self.aliases.join(", "));
        }
        file.push('\n');
        comment(file, self.meaning);
        comment(file, &self.advice());
        comment(file, &default);
        let example = self.example();
        let quote = if example.contains([' ', '#', '$']) { "'" } else { "" };
        let _ = writeln!(file, "#{}={quote}{example}{quote}", self.name);
    }
}

/// Returns the text of `.env.example`: every setting with its meaning, all commented out.
pub fn example_file() -> String {
    let mut file = String::new();
    for line in [
        "Settings of the Maths Society Platform. Copy this file to .env and change what you need.",
        "Variables of the process take precedence over .env. An empty value counts as unset.",
        "Put 'single quotes' around a value that contains a space, # or $.",
        "`mathsoc config` prints the values that apply, and where each one comes from.",
    ] {
        comment(&mut file, line);
    }
    SETTINGS.iter().for_each(|setting| setting.document(&mut file));
    file
}

/// Appends the text as comment lines of at most 100 characters.
fn comment(file: &mut String, text: &str) {
    let mut length = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > 100 {
            file.push('\n');
            length = 0;
        }
        file.push_str(if length == 0 { "# " } else { " " });
        file.push_str(word);
        length += width + if length == 0 { 2 } else { 1 };
    }
    file.push('\n');
}
