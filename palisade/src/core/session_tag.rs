//! The tag of a session, for layers that know no sessions.
//!
//! The session layer puts it into the request's extensions, as an `Arc<dyn SessionTag>`; CSRF tokens are
//! bound to it. It changes at each login and logout, so that older tokens become invalid. Of several
//! session layers, the nearest one counts.

use std::fmt;

/// The tag of a visitor's session, to which CSRF tokens are bound. A session layer of your own can
/// implement it too, and puts it into the request's extensions.
///
/// ```
/// use std::sync::Arc;
/// use palisade::request::SessionTag;
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
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert::<Arc<dyn SessionTag>>(Arc::new(Tag([7; 16])));
/// let tag = request.extensions().get::<Arc<dyn SessionTag>>().expect("the line above has put it there");
/// assert_eq!((tag.current(), tag.next()), (Some([7; 16]), [7; 16]));
/// ```
pub trait SessionTag: Send + Sync + fmt::Debug {
    /// Returns the tag of the session that the request came with, if it came with one. The session
    /// may have expired.
    fn current(&self) -> Option<[u8; 16]>;

    /// Returns the tag that the next request will come with. Starts a session if there is none.
    fn next(&self) -> [u8; 16];
}
