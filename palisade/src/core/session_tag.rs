//! The tag of a session, for layers that know no sessions.
//!
//! The session layer puts it into the [`RequestContext`](crate::request::RequestContext); CSRF tokens are
//! bound to it. It changes at each login and logout, so that older tokens become invalid.

use std::fmt;

/// The tag of a visitor's session, to which CSRF tokens are bound. A session layer of your own can
/// implement it too.
///
/// ```
/// use std::sync::Arc;
/// use palisade::request::{RequestContext, SessionTag};
///
/// #[derive(Debug)]
/// struct Tag([u8; 16]);
///
/// impl SessionTag for Tag {
///     fn current(&self) -> Option<[u8; 16]> {
///         Some(self.0)
///     }
///
///     fn next(&self) -> [u8; 16] {
///         self.0
///     }
/// }
///
/// let context = RequestContext::begin(&mut http::Extensions::new());
/// context.set_session_tag(Arc::new(Tag([7; 16])));
/// assert_eq!(context.session_tag().and_then(|tag| tag.current()), Some([7; 16]));
/// ```
pub trait SessionTag: Send + Sync + fmt::Debug {
    /// Returns the tag of the session that the request came with, if it came with one.
    fn current(&self) -> Option<[u8; 16]>;

    /// Returns the tag that the next request will come with. Starts a session if there is none.
    fn next(&self) -> [u8; 16];
}
