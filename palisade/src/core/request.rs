//! The request as the layers see it: the client, its address, the scheme, the host, the request id.

pub use super::authority::{Authority, AuthorityError};
pub use super::client::{Client, ClientIp, PeerAddr, Scheme};
pub use super::request_context::RequestContext;
pub use super::request_id::RequestId;
pub use super::session_tag::SessionTag;
