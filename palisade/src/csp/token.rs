//! The text of one source, as a policy stores it.

use std::borrow::Cow;

/// A source as text. `'nonce'` stands for the nonce of each response.
pub(super) type Token = Cow<'static, str>;

pub(super) const NONCE: &str = "'nonce'";
pub(super) const UNSAFE_INLINE: &str = "'unsafe-inline'";
