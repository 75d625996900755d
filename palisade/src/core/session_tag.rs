//! What ties a token to one visitor's session, for layers that do not know sessions.
//!
//! Sessions offer it through the [`RequestContext`](crate::RequestContext); whoever makes tokens mixes it in. It changes when the
//! session does: at each login and logout, so that a token from before does not pass after.

use std::fmt;

/// What ties a token to a session. Any other source of sessions can offer one too.
pub trait SessionTag: Send + Sync + fmt::Debug {
    /// The tag of the session that the request came with, if it came with one.
    fn presented(&self) -> Option<[u8; 16]>;

    /// The tag that the next request will come with; begins a session where there is none.
    fn next(&self) -> [u8; 16];
}
