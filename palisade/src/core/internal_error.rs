//! The cause of a 500: for the log, never for the page.
//!
//! A handler that fails puts an `InternalError` into the response's extensions, or returns it as its
//! error. [`ErrorPages`](crate::ErrorPages) logs the cause once, with the request id that the visitor
//! sees.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The cause of a 500, on its way to the log.
///
/// ```
/// use palisade::rejection::InternalError;
///
/// let error = InternalError::new(std::io::Error::other("the disk is full"));
/// assert_eq!(error.to_string(), "the disk is full");
/// ```
#[derive(Clone)]
pub struct InternalError(Arc<dyn Error + Send + Sync>);

impl InternalError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(cause.into()))
    }

    /// Returns the cause, such as to answer 503 while a database is down.
    ///
    /// ```
    /// use palisade::rejection::InternalError;
    ///
    /// let error = InternalError::new(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    /// assert!(error.cause().is::<std::io::Error>());
    /// ```
    pub fn cause(&self) -> &(dyn Error + 'static) {
        &*self.0
    }

    /// The message of a panic.
    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let said = payload.downcast_ref::<&str>().copied();
        let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::new(format!("panicked: {}", said.unwrap_or("(no message)")))
    }
}

/// Writes the cause and its sources, joined by `: `.
impl fmt::Display for InternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(deeper) = cause {
            write!(f, ": {deeper}")?;
            cause = deeper.source();
        }
        Ok(())
    }
}

impl fmt::Debug for InternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InternalError({self})")
    }
}
