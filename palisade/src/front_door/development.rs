//! The check of a developer's machine: local names, from local peers.

use crate::core::authority::{Authority, AuthorityError};
use crate::core::client::Client;
use crate::core::local_network::{is_local_host, is_local_ip};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::host::{HostRejection, Hosts};

const NOT_LOCAL: MissingLayer = MissingLayer(
    "`Palisade::development()` answers this machine and the local network only. Write \
     `Palisade::for_hosts([\"example.org\"])?`; for a tunnel, add its name with `.hosts([..])?`.",
);

/// Passes a request of this machine or its network for a local name. For a name of `hosts`, only the
/// peer must be local: a tunnel's agent runs on this machine, its client need not.
pub(super) fn check(
    client: &Client,
    host: Result<Authority<'_>, AuthorityError>,
    hosts: &Hosts,
) -> Result<(), Rejection> {
    let host = host.map_err(|_| HostRejection::Malformed)?;
    let is_local = || is_local_host(host) && is_local_ip(client.ip());
    if client.has_local_peer() && (hosts.lists(client, host) || is_local()) {
        return Ok(());
    }
    Err(NOT_LOCAL.rejection(format_args!("host {host}, peer {}", client.peer())))
}
