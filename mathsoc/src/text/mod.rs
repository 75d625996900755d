//! Texts as pages show them: formulas typeset to MathML, HTML sanitized.

pub mod rich_text;
pub mod typeset;
pub mod typeset_cache;
