//! Tools for the tests of an application: a suite for session stores.
//!
//! ```
//! use palisade::session::store::MemorySessions;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! palisade::test::session_store::check(MemorySessions::new()).await;
//! # }
//! ```

#[cfg(feature = "session")]
pub mod session_store;
