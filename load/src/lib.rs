//! Scenarios of load and faults, each against a real program of this workspace as a process.
//!
//! A scenario starts a server, attacks it or breaks what it needs, and asks for pages all the time
//! as an honest visitor. It then says what the visitor got, how much memory the server took, and
//! which promises were broken. `make load` prints the table; the tests run a short form.
//!
//! | module | for |
//! |---|---|
//! | [`scenarios`] | the list |
//! | [`report`] | the outcome of a scenario, and the table |
//! | [`servers`] | the programs under test |
//! | [`visitor`] | the honest visitor |
//! | [`writers`] | programs that write, and remember what was acknowledged |
//! | [`client`] | requests of programs and attackers |
//! | [`http2_frames`] | frames that no library would send |

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the scenario and names the line")]

pub mod client;
pub mod http2_frames;
pub mod report;
pub mod scenarios;
pub mod servers;
pub mod visitor;
pub mod writers;
