//! The policy for new passwords, with messages that a pupil understands.

use std::fmt;

use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

use super::plaintext::Password;

/// The policy for new passwords: length, common passwords, guessability by zxcvbn.
///
/// It has no rules about digits or capitals: those make passwords worse.
///
/// ```
/// # use palisade::password::{Password, PasswordPolicy, PasswordRejected};
/// let policy = PasswordPolicy::new();
/// let about = ["Ada Lovelace", "ada@example.org"];
/// assert!(policy.check(&Password::from("seven purple otters"), &about).is_ok());
/// assert_eq!(policy.check(&Password::from("otters"), &about), Err(PasswordRejected::TooShort { characters: 8 }));
/// assert_eq!(policy.check(&Password::from("password1"), &about), Err(PasswordRejected::Common));
/// let error = policy.check(&Password::from("adalovelace"), &about).unwrap_err();
/// assert_eq!(error.to_string(), "This password is too easy to guess from your name or e-mail address. Three or four words \
///     that have nothing to do with you, such as an animal, a colour and a food, are easy to remember and hard to guess.");
/// ```
///
/// References: NIST SP 800-63B §5.1.1.2; OWASP Authentication Cheat Sheet.
#[doc(alias = "zxcvbn")]
#[doc(alias = "AUTH_PASSWORD_VALIDATORS")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct PasswordPolicy {
    min_length: usize,
    max_bytes: usize,
    min_score: Score,
}

/// The reason why a new password is rejected. `Display` is a message for the person who chose it.
///
/// ```
/// use palisade::password::PasswordRejected;
///
/// let message = PasswordRejected::TooShort { characters: 8 }.to_string();
/// assert!(message.starts_with("Please use at least 8 characters."));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRejected {
    /// It is too short.
    TooShort {
        /// The minimum length in characters.
        characters: usize,
    },
    /// It is too long.
    TooLong {
        /// The maximum length in bytes; a letter without an accent is one byte.
        bytes: usize,
    },
    /// Many people use it.
    Common,
    /// It consists of the person's name, address or the like.
    AboutYou,
    /// It is easy to guess.
    Guessable {
        /// The reason, as a sentence.
        because: &'static str,
    },
}

/// The characters that guessability is estimated from. More take long and change little.
const ESTIMATED_CHARACTERS: usize = 32;

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl PasswordPolicy {
    /// Requires 8 characters to 128 bytes, no common password, and 10^8 guesses (zxcvbn score 3).
    pub const fn new() -> Self {
        Self { min_length: 8, max_bytes: 128, min_score: Score::Three }
    }

    /// Sets the minimum length in characters, 8 or more.
    pub fn min_length(self, characters: usize) -> Self {
        Self { min_length: characters.max(8), ..self }
    }

    /// Requires 10^10 guesses (zxcvbn score 4) if `true`, such as for administrators.
    pub const fn strict(self, strict: bool) -> Self {
        Self { min_score: if strict { Score::Four } else { Score::Three }, ..self }
    }

    /// Checks a new password. `about` is data of the person that an attacker knows: name, e-mail
    /// address, school.
    ///
    /// # Errors
    /// The first reason to reject it.
    pub fn check(&self, password: &Password, about: &[&str]) -> Result<(), PasswordRejected> {
        let text = password.text();
        if text.chars().count() < self.min_length {
            return Err(PasswordRejected::TooShort { characters: self.min_length });
        }
        if text.len() > self.max_bytes {
            return Err(PasswordRejected::TooLong { bytes: self.max_bytes });
        }
        let end = text.char_indices().nth(ESTIMATED_CHARACTERS).map_or(text.len(), |(at, _)| at);
        let estimated = &text[..end];
        let words: Vec<&str> = about
            .iter()
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
            .chain(about.iter().copied())
            .filter(|word| word.chars().count() > 2)
            .collect();
        let guess = zxcvbn(estimated, &words);
        let warning = guess.feedback().and_then(|feedback| feedback.warning());
        if matches!(
            warning,
            Some(
                Warning::ThisIsATop10Password
                    | Warning::ThisIsATop100Password
                    | Warning::ThisIsACommonPassword
            )
        ) {
            return Err(PasswordRejected::Common);
        }
        if guess.score() >= self.min_score {
            return Ok(());
        }
        if zxcvbn(estimated, &[]).score() >= self.min_score {
            return Err(PasswordRejected::AboutYou);
        }
        let lower = estimated.to_lowercase();
        if words.iter().any(|word| lower.contains(&word.to_lowercase())) {
            return Err(PasswordRejected::AboutYou);
        }
        Err(PasswordRejected::Guessable {
            because: warning.map_or("It is too much like what others choose.", because),
        })
    }
}

fn because(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            "Keys that lie side by side are easy to guess."
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "Saying the same thing again, as in aaa or abcabc, hardly helps."
        }
        Warning::SequencesLikeAbcAreEasyToGuess => "Sequences such as abc or 6543 are easy to guess.",
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => {
            "Years and dates are easy to guess."
        }
        Warning::AWordByItselfIsEasyToGuess => "A word by itself is easy to guess.",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => "Names are easy to guess.",
        _ => "It is too much like what others choose.",
    }
}

impl fmt::Display for PasswordRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BETTER: &str = "Three or four words that have nothing to do with you, such as an animal, a colour and a \
                              food, are easy to remember and hard to guess.";
        match self {
            Self::TooShort { characters } => {
                write!(f, "Please use at least {characters} characters. {BETTER}")
            }
            Self::TooLong { bytes } => write!(f, "Please use no more than {bytes} letters."),
            Self::Common => write!(f, "Many people use this password, so it is tried first. {BETTER}"),
            Self::AboutYou => {
                write!(f, "This password is too easy to guess from your name or e-mail address. {BETTER}")
            }
            Self::Guessable { because } => {
                write!(f, "This password is too easy to guess. {because} {BETTER}")
            }
        }
    }
}

impl std::error::Error for PasswordRejected {}
