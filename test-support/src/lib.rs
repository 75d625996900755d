//! Shared parts of the tests in this workspace.
//!
//! | module | for |
//! |---|---|
//! | [`browser`] | requests with cookies that a test can forge |
//! | [`servers`] | Redis, memcached, moto's S3 and ClamAV, each started for one test |
//! | [`program`] | a program of this workspace as a process: start, stop, memory |
//! | [`raw_client`] | a client that sends exact bytes, from an address of its own |
//! | [`delay_proxy`] | a network between a client and a server that delays every packet |
//! | [`redis_many`] | Redis Cluster and Redis Sentinel |
//! | `postgres` | a private PostgreSQL server (feature `postgres`) |
//! | [`log`] | the log lines of one thread |
//!
//! [`Folder`] is a temporary folder, [`allow_skip`] decides about a missing program.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test and names the line")]

pub mod browser;
pub mod delay_proxy;
mod folder;
pub mod log;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod program;
pub mod raw_client;
pub mod redis_many;
pub mod servers;
mod skip;

pub use folder::Folder;
pub use skip::allow_skip;
