//! The parser of quotas, and its error.

use std::num::NonZeroU32;
use std::str::FromStr;

use super::{Quota, Quotas, Unit};

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let quotas: Quotas = text.parse()?;
        match *quotas.0 {
            [only] => Ok(only),
            _ => Err(QuotaError::new(text, text.len(), "write one quota, not a list")),
        }
    }
}

impl FromStr for Quotas {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let mut parser = Parser { text, position: 0 };
        let mut quotas = vec![parser.quota()?];
        while parser.separator()? {
            quotas.push(parser.quota()?);
        }
        Ok(Self(quotas.into()))
    }
}

/// The error of a text that is not a quota: the character, and what to write there.
///
/// ```
/// use palisade::rate_limit::quota::Quota;
///
/// let error = "0/minute".parse::<Quota>().unwrap_err();
/// assert!(error.to_string().starts_with("`0/minute` is not a quota: at character 1, write"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a quota: at character {}, {expected}", position + 1)]
pub struct QuotaError {
    text: String,
    /// The position in characters, from 0.
    position: usize,
    expected: &'static str,
}

impl QuotaError {
    fn new(text: &str, byte: usize, expected: &'static str) -> Self {
        Self { text: text.to_owned(), position: text[..byte].chars().count(), expected }
    }
}

const AMOUNT: &str = "write a number from 1 to 4294967295, such as the 5 in `5 per minute`";
const PER: &str = "write `/` or `per`, as in `5/minute` or `5 per minute`";
const UNIT: &str = "write second, minute, hour, day, month or year";
const END: &str = "the quota ends; write `;` before the next one";

struct Parser<'a> {
    text: &'a str,
    /// The position in bytes.
    position: usize,
}

impl Parser<'_> {
    fn quota(&mut self) -> Result<Quota, QuotaError> {
        let amount = self.number()?;
        self.skip_spaces();
        if !self.accepts("/") && !self.accepts("per") {
            return Err(self.expected(PER));
        }
        self.skip_spaces();
        let multiple = if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            self.number()?
        } else {
            NonZeroU32::MIN
        };
        self.skip_spaces();
        let word = self.rest().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let singular = word.strip_suffix(['s', 'S']).unwrap_or(word);
        let unit = Unit::ALL.into_iter().find(|unit| unit.name().eq_ignore_ascii_case(singular));
        let unit = unit.ok_or_else(|| self.expected(UNIT))?;
        self.position += word.len();
        Ok(Quota::new(amount, multiple, unit))
    }

    /// Consumes a separator. Returns `false` at the end of the text.
    fn separator(&mut self) -> Result<bool, QuotaError> {
        self.skip_spaces();
        match self.rest().bytes().next() {
            None => Ok(false),
            Some(b';' | b',' | b'|') => {
                self.position += 1;
                Ok(true)
            }
            Some(_) => Err(self.expected(END)),
        }
    }

    fn number(&mut self) -> Result<NonZeroU32, QuotaError> {
        self.skip_spaces();
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest()[..digits].parse().map_err(|_| self.expected(AMOUNT))?;
        self.position += digits;
        Ok(number)
    }

    fn accepts(&mut self, word: &str) -> bool {
        let found = self.rest().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        self.position += if found { word.len() } else { 0 };
        found
    }

    fn skip_spaces(&mut self) {
        self.position = self.text.len() - self.rest().trim_ascii_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn expected(&self, expected: &'static str) -> QuotaError {
        QuotaError::new(self.text, self.position, expected)
    }
}

crate::core::error_text::debug_is_text!(QuotaError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_syntax_of_flask_limiter() {
        for (text, amount, seconds) in [
            ("200 per day", 200, 86_400),
            ("50/hour", 50, 3_600),
            ("1 / second", 1, 1),
            ("10 PER Minute", 10, 60),
            (" 5/minute ", 5, 60),
            ("1/SECONDS", 1, 1),
            ("10 per 2 minute", 10, 120),
            ("10 per 2 minutes", 10, 120),
            ("10/5minutes", 10, 300),
            ("10per5minutes", 10, 300),
            ("10 perminute", 10, 60),
            ("1/month", 1, 2_592_000),
            ("1/year", 1, 31_104_000),
        ] {
            let quota: Quota = text.parse().unwrap();
            assert_eq!((quota.amount(), quota.window().as_secs()), (amount, seconds), "{text}");
            assert_eq!(quota.to_string().parse::<Quota>().unwrap(), quota, "{text}");
        }
        for list in
            ["5/minute;100/hour", "5/minute,100/hour", "5/minute|100/hour", "5 per minute ; 100 per hour"]
        {
            assert_eq!(list.parse::<Quotas>().unwrap().to_string(), "5 per minute; 100 per hour");
        }
    }

    #[test]
    fn an_error_names_the_character() {
        for (text, character, expected) in [
            ("", 1, AMOUNT),
            ("0/minute", 1, AMOUNT),
            ("-1/minute", 1, AMOUNT),
            ("5/0 minute", 3, AMOUNT),
            ("99999999999999999999/second", 1, AMOUNT),
            ("٣/minute", 1, AMOUNT),
            ("1/week", 3, UNIT),
            ("5/min", 3, UNIT),
            ("5/mins", 3, UNIT),
            ("5/m", 3, UNIT),
            ("5", 2, PER),
            ("5 pe", 3, PER),
            ("5 minute", 3, PER),
            ("1.5/minute", 2, PER),
            ("1,000/day", 2, PER),
            ("5//minute", 3, UNIT),
            ("5/1e3 second", 4, UNIT),
            ("5/minute;", 10, AMOUNT),
            ("; 5/minute", 1, AMOUNT),
            ("10/minute;;5/hour", 11, AMOUNT),
            ("5/minute:;6/hour", 9, END),
            ("5/minute 6/hour", 10, END),
        ] {
            let error = text.parse::<Quotas>().unwrap_err();
            assert_eq!((error.position + 1, error.expected), (character, expected), "{text}");
        }
    }

    #[test]
    fn a_list_is_not_one_quota() {
        assert!("5/minute;6/hour".parse::<Quota>().is_err());
    }
}
