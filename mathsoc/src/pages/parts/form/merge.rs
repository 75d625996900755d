//! Two people edit the same thing: neither loses text.
//!
//! A form carries the version of what it shows, and a digest of each field as it was then. A save
//! over a newer version is not made. The form comes back instead:
//!
//! | field | shows |
//! |---|---|
//! | changed by the other only | what is saved |
//! | changed by the sender only | what was sent |
//! | changed by both | what was sent, and beside it what is saved |
//!
//! The form then has the newer version, so that the next save is made.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Field, FieldKind};

/// The sentence above a form that met a newer version.
pub(super) const EXPLANATION: &str = "Somebody else has saved this since you opened it. Nothing is lost: you see your text, and beside it what is saved where both of you changed it. Look through it, and save again.";

/// The version that a form was sent with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FormVersion {
    pub(super) version: String,
    pub(super) base: String,
}

impl FormVersion {
    pub(crate) fn new(version: impl Into<String>, base: impl Into<String>) -> Self {
        Self { version: version.into(), base: base.into() }
    }

    /// Returns the number. A form without one is older than every version.
    pub(crate) fn number(&self) -> i64 {
        self.version.parse().unwrap_or(0)
    }
}

/// Returns the digests of all fields: `title:3f2a…,body:77c1…`.
pub(super) fn base(fields: &[Field]) -> String {
    let part = |field: &Field| format!("{}:{}", field.name, digest(&field.value));
    fields.iter().filter(|field| field.is_sent()).map(part).collect::<Vec<_>>().join(",")
}

/// Returns eight hexadecimal digits. Browsers send line breaks as CRLF, and handlers trim.
fn digest(value: &str) -> String {
    let value = value.replace("\r\n", "\n");
    hex::encode(&Sha256::digest(value.trim().as_bytes())[..4])
}

/// Merges sent fields with the stored ones.
pub(super) fn merge(sent: Vec<Field>, stored: &[Field], base: &str) -> Vec<Field> {
    let before = |name: &str| {
        base.split(',').find_map(|part| part.split_once(':').filter(|(of, _)| *of == name)).map(|(_, it)| it)
    };
    let merged = |field: Field| {
        let Some(theirs) = stored.iter().find(|it| it.name == field.name && it.is_sent()) else {
            return field;
        };
        let (ours_now, theirs_now) = (digest(&field.value), digest(&theirs.value));
        let before = before(&field.name);
        if ours_now == theirs_now || before == Some(&theirs_now) {
            field
        } else if before == Some(&ours_now) {
            field.value(theirs.value.clone())
        } else {
            let theirs = theirs.shown_value();
            Field { theirs: Some(theirs), ..field }
        }
    };
    sent.into_iter().map(merged).collect()
}

impl Field {
    /// Returns `true` for an input, other than a file or a password.
    fn is_sent(&self) -> bool {
        !matches!(self.kind, FieldKind::Part | FieldKind::File(_) | FieldKind::Password | FieldKind::Code)
            && !["version", "base"].contains(&&*self.name)
    }

    /// Returns the value as a person reads it: the label of a choice, or the text.
    fn shown_value(&self) -> String {
        match &self.kind {
            FieldKind::Select(choices) => {
                let label = choices.iter().find(|(value, _)| *value == self.value);
                label.map_or_else(|| self.value.clone(), |(_, label)| label.clone())
            }
            FieldKind::Checkbox if self.value == "yes" => "ticked".to_owned(),
            FieldKind::Checkbox => "not ticked".to_owned(),
            FieldKind::Hour => self.value.replace('T', " "),
            _ if self.value.is_empty() => "empty".to_owned(),
            _ => self.value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(title: &str, body: &str, author: &str) -> Vec<Field> {
        vec![
            Field::text("title", "Title", "off").value(title),
            Field::long_text("body", "Text").value(body),
            Field::text("author", "Author", "off").value(author),
        ]
    }

    // F16, A7.
    #[test]
    fn a_merge_loses_neither_text() {
        let base = base(&fields("Tea", "At four.", "Ada"));
        let sent = fields("Tea and cake", "At four.", "Ada and Bob");
        let stored = fields("Tea", "At five.\r\nBring cups.", "Ada and Eve");
        let merged = merge(sent, &stored, &base);
        let values: Vec<_> = merged.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(values, ["Tea and cake", "At five.\r\nBring cups.", "Ada and Bob"]);
        let theirs: Vec<_> = merged.iter().map(|it| it.theirs.as_deref()).collect();
        assert_eq!(theirs, [None, None, Some("Ada and Eve")]);
    }

    #[test]
    fn without_a_base_every_difference_is_shown() {
        let merged = merge(fields("Mine", "", "Ada"), &fields("Theirs", "x", "Ada"), "");
        let theirs: Vec<_> = merged.iter().map(|it| it.theirs.as_deref()).collect();
        assert_eq!(theirs, [Some("Theirs"), Some("x"), None]);
    }

    #[test]
    fn line_breaks_of_browsers_make_no_difference() {
        assert_eq!(digest("a\r\nb\r\n"), digest("a\nb"));
        assert_eq!(FormVersion::new("7", "").number(), 7);
        assert_eq!(FormVersion::default().number(), 0);
    }
}
