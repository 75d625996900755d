//! Tools for the tests of an application: a suite for session stores.
//!
//! ```
//! use palisade::session::store::MemorySessions;
//! use palisade::test::session_store;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = Arc::new(MemorySessions::new());
//! session_store::check(Arc::clone(&store)).await;
//! assert!(!store.is_empty());
//! # }
//! ```

#[cfg(feature = "session")]
pub mod session_store;
