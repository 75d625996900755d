//! What broke: for the log, never for the page.
//!
//! A handler that fails answers with a status and puts a `InternalError` into the response's extensions;
//! [`ErrorPages`](crate::ErrorPages) logs the cause once, under the request id that the visitor sees.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The cause of a 500, on its way to the log.
#[derive(Clone)]
pub struct InternalError(Arc<dyn Error + Send + Sync>);

impl InternalError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(cause.into()))
    }

    /// What a panic left behind.
    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let said = payload.downcast_ref::<&str>().copied();
        let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::new(format!("panicked: {}", said.unwrap_or("(no message)")))
    }
}

/// The cause and the causes behind it, joined by `: `.
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
