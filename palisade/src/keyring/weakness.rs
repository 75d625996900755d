//! Whether a key is too weak to be trusted, and why.
//!
//! What passes as strong, in this order:
//! 1. nothing that contains a word of placeholders (`change`, `secret`, `password`, `testkey`, …);
//! 2. at least 8 different characters;
//! 3. no sequences (`abcdef`, `4321`) and no repetitions over a quarter of its length;
//! 4. 256 bits, counted as bits per character of the alphabet that it seems to be written in: hexadecimal 4, digits 3.3,
//!    letters of one case 4.7, with digits 5.2, everything else 6.
//!
//! It does not know whether a text that looks random is: a quotation passes if it is long enough.
//!
//! References: NIST SP 800-90A (256 bits), CWE-331.

use std::collections::HashSet;

/// How much uncertainty a strong key has, at least.
const BITS: f64 = 256.0;

/// What people write where a key should be. Six letters or more: shorter ones would be met in random keys by chance.
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

/// Why a key is too weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakKey {
    /// A word that stands for a key to come.
    #[error("contains a word that is in everybody's example")]
    Placeholder,
    /// Nearly always the same characters.
    #[error("has only {0} different characters")]
    FewCharacters(usize),
    /// The alphabet, the digits, or keys side by side.
    #[error("is mostly a sequence such as abcdef or 4321")]
    Sequence,
    /// The same piece again and again.
    #[error("repeats itself")]
    Repetition,
    /// Too short for its alphabet.
    #[error("has about {0} bits of randomness; 256 are needed, which is 32 random bytes")]
    Short(u32),
}

impl WeakKey {
    /// Why this key is too weak, if it is.
    pub fn of(key: &str) -> Option<Self> {
        let lower = key.to_lowercase();
        let length = key.chars().count();
        let distinct = key.chars().collect::<HashSet<_>>().len();
        if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
            Some(Self::Placeholder)
        } else if distinct < 8 {
            Some(Self::FewCharacters(distinct))
        } else if stepping(&lower) * 4 > length {
            Some(Self::Sequence)
        } else if repeating(&lower) * 4 > length {
            Some(Self::Repetition)
        } else {
            let bits = bits_per_character(key) * length as f64;
            (bits < BITS).then_some(Self::Short(bits as u32))
        }
    }
}

/// How many characters continue a run of three or more that go up, down or nowhere by one.
fn stepping(text: &str) -> usize {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let runs = codes.windows(3).filter(|w| {
        let step = w[1] - w[0];
        step.abs() <= 1 && w[2] - w[1] == step
    });
    runs.count()
}

/// How many pieces of four characters were there before.
fn repeating(text: &str) -> usize {
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

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn weak_keys_are_refused_each_for_its_reason() {
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
    fn random_keys_pass_in_every_usual_form() {
        // SplitMix64: as good as random here, and the same in every run.
        let mut state = 0_u64;
        let mut random = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)).to_be_bytes()
        };
        for _ in 0..500 {
            let bytes = [random(), random(), random(), random()].concat();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            for key in [hex, STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                assert_eq!(WeakKey::of(&key), None, "{key}");
            }
        }
    }
}
