//! The request as the layers see it: the client and its address, the scheme, the host, the request id.
//!
//! ```
//! use palisade::request::{Authority, Client, Scheme};
//!
//! let client = Client::direct("192.0.2.7:40000".parse()?, Scheme::Https);
//! assert_eq!(client.ip().to_string(), "192.0.2.7");
//! assert_eq!(client.port(Authority::parse("example.org")?), 443);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | type | meaning |
//! |---|---|
//! | [`PeerAddr`] | the other end of the connection; the server puts it into the request's extensions |
//! | [`Client`] | address, scheme, host, port and path prefix, as [`Proxies`](crate::proxy::Proxies) resolves them |
//! | [`ClientIp`], [`Scheme`] | parts of it, as extractors for axum |
//! | [`Authority`] | a host and an optional port |
//! | [`RequestId`] | the id on error pages and in the log; [`RequestIds`](crate::request_id::RequestIds) sends it |
//! | [`RequestContext`], [`SessionTag`] | for authors of layers: the values that layers share |
//!
//! In tests, put `PeerAddr` into the request's extensions:
//!
//! ```
//! use palisade::request::{ClientIp, PeerAddr};
//!
//! let peer = PeerAddr("192.0.2.7:40000".parse()?);
//! let request = http::Request::get("/").extension(peer).body(())?;
//! assert_eq!(PeerAddr::of(request.extensions()), Some(peer.0));
//! assert_eq!(ClientIp(peer.0.ip()).0.to_string(), "192.0.2.7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use super::authority::{Authority, AuthorityError};
pub use super::client::{Client, ClientIp, PeerAddr, Scheme};
pub use super::request_context::RequestContext;
pub use super::request_id::{RequestId, RequestIdError};
pub use super::session_tag::SessionTag;
