//! The key stages of English schools.
//!
//! ```
//! use mathsoc::domain::key_stage::KeyStage;
//!
//! assert_eq!("ks4".parse::<KeyStage>()?, KeyStage::Ks4);
//! # Ok::<(), mathsoc::domain::key_stage::KeyStageError>(())
//! ```

use std::fmt;
use std::str::FromStr;

/// A key stage that challenges are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", rename_all = "UPPERCASE")]
pub enum KeyStage {
    /// Years 7–9.
    Ks3,
    /// Years 10 and 11.
    Ks4,
    /// The sixth form: years 12 and 13.
    Ks5,
}

impl KeyStage {
    /// All key stages, youngest first.
    pub const ALL: [Self; 3] = [Self::Ks3, Self::Ks4, Self::Ks5];

    /// Returns `KS3`, `KS4` or `KS5`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ks3 => "KS3",
            Self::Ks4 => "KS4",
            Self::Ks5 => "KS5",
        }
    }
}

impl fmt::Display for KeyStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyStage {
    type Err = KeyStageError;

    fn from_str(text: &str) -> Result<Self, KeyStageError> {
        let stage = Self::ALL.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(text));
        stage.ok_or_else(|| KeyStageError(text.to_owned()))
    }
}

impl TryFrom<String> for KeyStage {
    type Error = KeyStageError;

    fn try_from(text: String) -> Result<Self, KeyStageError> {
        text.parse()
    }
}

/// An error for text that is not a key stage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key stage: write KS3, KS4 or KS5")]
pub struct KeyStageError(String);
