//! The request as the layers see it: the client, its address, the scheme, the host, the request id.

pub use super::authority::{Authority, AuthorityError};
pub use super::client::{Client, ClientIp, Peer, Scheme};
pub use super::request_context::Exchange;
pub use super::request_id::RequestId;
pub use super::session_tag::Binding;
