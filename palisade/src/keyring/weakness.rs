//! The weaknesses of keys.

use std::collections::HashSet;

/// The least estimated randomness of a strong key.
const MIN_BITS: f64 = 256.0;

/// Words of placeholders. They have six letters or more: random keys contain shorter ones by
/// chance.
const PLACEHOLDERS: &[&str] = &[
    "change",
    "secret",
    "password",
    "passwd",
    "testkey",
    "test-key",
    "test_key",
    "example",
    "placeholder",
    "replace",
    "default",
    "insecure",
    "development",
    "qwerty",
    "your-key",
    "yourkey",
    "your_key",
    "letmein",
];

/// Keys that documentation prints or has printed: ours, and Flask's.
const PUBLISHED: &[&str] = &[
    "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq",
    "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
];

/// The weakness of a key. [`WeakKey::of`] checks, in this order:
///
/// 1. keys that documentation prints, Palisade's and Flask's;
/// 2. words of placeholders (`change`, `secret`, `password`, `testkey`, …);
/// 3. fewer than 8 different characters;
/// 4. sequences (`abcdef`, `4321`) or repetitions in more than a quarter of the key;
/// 5. fewer than 256 bits, estimated from the alphabet that the key seems to use. A hexadecimal
///    digit counts 4 bits, a decimal digit 3.3, a letter of one case 4.7, with digits 5.2,
///    anything else 6.
///
/// It cannot tell randomness from text: a quotation passes if it is long enough.
///
/// References: NIST SP 800-90A (256 bits), CWE-331.
///
/// ```
/// use palisade::keyring::{WeakKey, random_key};
///
/// assert_eq!(WeakKey::of("9f86d081884c7d659a2feaa0c55ad015"), Some(WeakKey::Short(128)));
/// assert_eq!(WeakKey::of(&random_key()), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakKey {
    /// The key is printed in documentation, where every attacker reads it.
    #[error("is printed in documentation, so that everyone knows it")]
    Published,
    /// The key contains a word of placeholders.
    #[error("contains a placeholder such as change, secret or example")]
    Placeholder,
    /// The key has fewer than 8 different characters.
    #[error("has only {0} different characters")]
    FewCharacters(usize),
    /// The key is mostly the alphabet, digits in order, or one character.
    #[error("is mostly a sequence such as abcdef or 4321")]
    Sequence,
    /// The key repeats the same piece.
    #[error("repeats itself")]
    Repetition,
    /// The key is too short for its alphabet; the value is the estimated number of bits.
    #[error("has about {0} bits of randomness; 256 are needed, which is 32 random bytes")]
    Short(u32),
}

impl WeakKey {
    /// Returns the first weakness of the key, `None` if it is strong.
    pub fn of(key: &str) -> Option<Self> {
        let lower = key.to_lowercase();
        let length = key.chars().count();
        let distinct = key.chars().collect::<HashSet<_>>().len();
        if PUBLISHED.iter().any(|published| key.contains(published)) {
            Some(Self::Published)
        } else if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
            Some(Self::Placeholder)
        } else if distinct < 8 {
            Some(Self::FewCharacters(distinct))
        } else if sequence_length(&lower) * 4 > length {
            Some(Self::Sequence)
        } else if repetition_length(&lower) * 4 > length {
            Some(Self::Repetition)
        } else {
            let bits = bits_per_character(key) * length as f64;
            (bits < MIN_BITS).then_some(Self::Short(bits as u32))
        }
    }
}

/// Counts the characters that continue a run of three or more with the same step: up, down or
/// equal.
fn sequence_length(text: &str) -> usize {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let runs = codes.windows(3).filter(|w| {
        let step = w[1] - w[0];
        step.abs() <= 1 && w[2] - w[1] == step
    });
    runs.count()
}

/// Counts the pieces of four characters that occur earlier too.
fn repetition_length(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let mut seen = HashSet::new();
    characters.windows(4).filter(|piece| !seen.insert(*piece)).count()
}

fn bits_per_character(text: &str) -> f64 {
    let has = |class: fn(&char) -> bool| text.chars().any(|c| class(&c));
    let (lower, upper) = (has(char::is_ascii_lowercase), has(char::is_ascii_uppercase));
    let (digit, other) = (has(char::is_ascii_digit), text.chars().any(|c| !c.is_ascii_alphanumeric()));
    if text.chars().all(|c| c.is_ascii_hexdigit()) && digit && (lower || upper) {
        4.0
    } else if other || (lower && upper) {
        6.0
    } else if lower || upper {
        if digit { 36_f64.log2() } else { 26_f64.log2() }
    } else {
        10_f64.log2()
    }
}

crate::core::error_text::debug_is_text!(WeakKey);

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn finds_each_weakness() {
        use WeakKey::*;
        for (key, weakness) in [
            ("change-me", Placeholder),
            ("CHANGE_THIS_TO_SOMETHING_LONG_AND_RANDOM_0123456789_x", Placeholder),
            ("testkeytestkeytestkeytestkeytestkeytestkey", Placeholder),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", FewCharacters(1)),
            ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", Sequence),
            ("98765432109876543210987654321098765432109876543210987654321098765432109876543210", Sequence),
            ("q8Zr4tLm0Kx2q8Zr4tLm0Kx2q8Zr4tLm0Kx2q8Zr4tLm0Kx2", Repetition),
            ("9f86d081884c7d659a2feaa0c55ad015", Short(128)),
            ("q8Zr4tLm0Kx2Wv7N", Short(96)),
        ] {
            assert_eq!(WeakKey::of(key), Some(weakness), "{key}");
        }
    }

    #[test]
    fn random_keys_are_strong_in_each_encoding() {
        // SplitMix64: random enough, and the same in every run.
        let mut state = 0_u64;
        let mut random = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)).to_be_bytes()
        };
        for _ in 0..500 {
            let bytes = [random(), random(), random(), random()].concat();
            for key in [hex::encode(&bytes), STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                assert_eq!(WeakKey::of(&key), None, "{key}");
            }
        }
    }
}
