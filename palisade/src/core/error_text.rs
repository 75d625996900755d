//! Errors that print their text in `main`.

/// Implements `Debug` by `Display`: `main` prints the error that it returns by `Debug`, and the text
/// says what to write.
macro_rules! debug_is_text {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )+};
}
pub(crate) use debug_is_text;
