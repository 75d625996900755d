//! Values that do not share cache lines with others.

/// A value with cache lines of its own. Processors fetch lines of 64 bytes in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct CacheAligned<T>(pub(crate) T);
