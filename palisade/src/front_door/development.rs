//! The check of a developer's machine: local names, from local peers.

use std::net::IpAddr;

use crate::core::authority::{Authority, AuthorityError};
use crate::core::client::Client;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::host::{HostRejection, Hosts};

const NOT_LOCAL: MissingLayer = MissingLayer(
    "`Palisade::development()` answers this machine and the local network only. Write \
     `Palisade::for_hosts([\"example.org\"])?`; for a tunnel, add its name with `.hosts([..])?`.",
);

/// Passes a request of this machine or its network for a local name, or for one of `hosts`.
pub(super) fn check(
    client: &Client,
    host: Result<Authority<'_>, AuthorityError>,
    hosts: &Hosts,
) -> Result<(), Rejection> {
    let host = host.map_err(|_| HostRejection::Malformed)?;
    let is_listed = hosts.has_list() && hosts.check_host(client, Ok(host)).is_ok();
    if is_listed || is_local_name(host) && is_local(client.peer().ip()) && is_local(client.ip()) {
        return Ok(());
    }
    Err(NOT_LOCAL.rejection(format_args!("host {host}, peer {}", client.peer())))
}

fn is_local_name(host: Authority<'_>) -> bool {
    let name = host.host();
    match host.ip() {
        Some(ip) => is_local(ip),
        None => {
            host.is_loopback()
                || !name.contains('.')
                || name.to_ascii_lowercase().ends_with(".local")
                || host.is("host.docker.internal")
        }
    }
}

/// Returns `true` for loopback, private, link-local and shared (100.64.0.0/10) addresses.
fn is_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
