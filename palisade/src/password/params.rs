//! The parameters of Argon2id.

/// The parameters of Argon2id: memory, passes, lanes.
///
/// ```
/// use palisade::password::{Argon2Params, Argon2ParamsError};
///
/// assert_eq!(Argon2Params::new(19_456, 2, 1), Ok(Argon2Params::OWASP));
/// assert_eq!(Argon2Params::new(19, 2, 1), Err(Argon2ParamsError));
/// ```
#[doc(alias = "cost")]
#[doc(alias = "rounds")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    pub(super) memory: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Argon2Params {
    /// OWASP's parameters: 19 MiB, 2 passes, 1 lane.
    pub const OWASP: Self = Self { memory: 19_456, passes: 2, lanes: 1 };

    /// Makes parameters: memory in KiB from 8,192 (8 MiB) to 262,144 (256 MiB), passes from 1 to
    /// 16, lanes from 1 to 8.
    ///
    /// # Errors
    /// If a number is out of its range.
    pub const fn new(memory: u32, passes: u32, lanes: u32) -> Result<Self, Argon2ParamsError> {
        let in_range =
            memory >= 8_192 && memory <= 262_144 && passes >= 1 && passes <= 16 && lanes >= 1 && lanes <= 8;
        if in_range { Ok(Self { memory, passes, lanes }) } else { Err(Argon2ParamsError) }
    }

    /// Returns the cheapest parameters that Argon2 accepts, for tests.
    ///
    /// # Security
    /// An attacker who has such hashes finds the passwords quickly.
    pub const fn dangerous_minimum() -> Self {
        Self { memory: 8, passes: 1, lanes: 1 }
    }
}

/// The error for Argon2 parameters out of range. Its text has the ranges.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write memory from 8192 to 262144 KiB, passes from 1 to 16 and lanes from 1 to 8; OWASP recommends 19456, 2 and 1"
)]
pub struct Argon2ParamsError;

crate::core::error_text::debug_is_text!(Argon2ParamsError);
