//! The difference between an English word and a product of letters.

use super::token::TokenKind;
use super::vocabulary;

/// Returns `true` for one capital Latin letter: the name of a point, an event, or an option.
pub(crate) fn is_capital(name: &str) -> bool {
    matches!(name.as_bytes(), [letter] if letter.is_ascii_uppercase())
}

/// Returns `true` if a run of letters is a word, not a product of letters.
pub(crate) fn is_word(word: &str) -> bool {
    word.chars().count() >= 4 && !is_mathematics(word) && word.chars().any(|c| "aeiouAEIOU".contains(c))
}

/// Returns `true` if a run of letters is mathematics: `sinx`, `xcosx`, `alphabeta`, `infinity`.
///
/// Such a run consists of the names of functions, constants and Greek letters, with a few single
/// letters between them.
pub(crate) fn is_mathematics(word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    if vocabulary::whole_word(word).is_some() {
        return true;
    }
    // `abcd` is a product: its letters follow each other in the alphabet.
    let mut sorted = chars.clone();
    sorted.sort_unstable();
    if sorted.windows(2).all(|two| u32::from(two[1]) == u32::from(two[0]) + 1) {
        return true;
    }
    let (mut at, mut named, mut single) = (0, 0, 0);
    while at < chars.len() {
        match vocabulary::longest_prefix(&chars[at..]) {
            Some((kind, len)) => {
                named += if matches!(kind, TokenKind::Function(_)) { 2 } else { 1 };
                at += len;
            }
            None => {
                single += 1;
                at += 1;
            }
        }
    }
    named > 0 && single <= named || chars.len() == 4 && !chars.iter().any(|c| "aeiouAEIOU".contains(*c))
}
