//! Which new passwords are good enough, in words that a pupil understands.

use std::fmt;

use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

use super::Password;

/// Which new passwords are good enough. Any characters will do: rules about digits and capitals make passwords worse.
///
/// ```
/// # use palisade::password::{Password, PasswordPolicy, PasswordRejected};
/// let policy = PasswordPolicy::new();
/// let about = ["Ada Lovelace", "ada@example.org"];
/// assert!(policy.check(&Password::from("seven purple otters"), &about).is_ok());
/// assert_eq!(policy.check(&Password::from("otters"), &about), Err(PasswordRejected::Short { characters: 8 }));
/// assert_eq!(policy.check(&Password::from("password1"), &about), Err(PasswordRejected::Common));
/// let error = policy.check(&Password::from("adalovelace"), &about).unwrap_err();
/// assert_eq!(error.to_string(), "This password is too easy to guess from your name or e-mail address. Three or four words \
///     that have nothing to do with you, such as an animal, a colour and a food, are easy to remember and hard to guess.");
/// ```
///
/// Reference: NIST SP 800-63B §5.1.1.2; OWASP Authentication Cheat Sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    shortest: usize,
    longest: usize,
    score: Score,
}

/// Why a new password is not good enough. `Display` says so to its owner, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRejected {
    /// It is too short.
    Short {
        /// How many characters there should be at least.
        characters: usize,
    },
    /// It is too long.
    Long {
        /// How many bytes there may be; a letter without an accent is one.
        bytes: usize,
    },
    /// Many people have it.
    Common,
    /// It is made of what is known of its owner.
    AboutYou,
    /// It can be guessed.
    Guessable {
        /// What makes it so, as a sentence.
        because: &'static str,
    },
}

/// More than this is not looked at when guessing: it takes longer than it tells.
const LOOKED_AT: usize = 32;

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl PasswordPolicy {
    /// 8 characters to 128 bytes; not common; 10^8 guesses or more (zxcvbn score 3).
    pub const fn new() -> Self {
        Self { shortest: 8, longest: 128, score: Score::Three }
    }

    /// How many characters there must be, 8 or more.
    pub fn shortest(self, characters: usize) -> Self {
        Self { shortest: characters.max(8), ..self }
    }

    /// How many guesses it must stand: true for 10^10 and more (zxcvbn score 4), as for administrators.
    pub const fn strict(self, strict: bool) -> Self {
        Self { score: if strict { Score::Four } else { Score::Three }, ..self }
    }

    /// Checks a new password. `about` is what is known of its owner: name, e-mail address, school.
    ///
    /// # Errors
    /// Why it is not good enough.
    pub fn check(&self, password: &Password, about: &[&str]) -> Result<(), PasswordRejected> {
        let text = password.text();
        if text.chars().count() < self.shortest {
            return Err(PasswordRejected::Short { characters: self.shortest });
        }
        if text.len() > self.longest {
            return Err(PasswordRejected::Long { bytes: self.longest });
        }
        let end = text.char_indices().nth(LOOKED_AT).map_or(text.len(), |(at, _)| at);
        let looked_at = &text[..end];
        let words: Vec<&str> = about
            .iter()
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
            .chain(about.iter().copied())
            .filter(|word| word.chars().count() > 2)
            .collect();
        let guess = zxcvbn(looked_at, &words);
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
        if guess.score() >= self.score {
            return Ok(());
        }
        if zxcvbn(looked_at, &[]).score() >= self.score {
            return Err(PasswordRejected::AboutYou);
        }
        let lower = looked_at.to_lowercase();
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
            Self::Short { characters } => {
                write!(f, "Please use at least {characters} characters. {BETTER}")
            }
            Self::Long { bytes } => write!(f, "Please use no more than {bytes} letters."),
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
