//! The addresses and names of this machine and of the local network.

use std::net::IpAddr;

use super::authority::Authority;

/// Returns `true` for loopback, private and link-local addresses.
pub(crate) fn is_private_ip(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Returns `true` for private addresses and for the shared ones of RFC 6598 (100.64.0.0/10), which
/// hosting providers, overlay networks and Tailscale use.
pub(crate) fn is_local_ip(ip: IpAddr) -> bool {
    let is_shared = match ip.to_canonical() {
        IpAddr::V4(ip) => matches!(ip.octets(), [100, 64..=127, _, _]),
        IpAddr::V6(_) => false,
    };
    is_shared || is_private_ip(ip)
}

/// Returns `true` for a host that no site on the internet can have: a local address, a single label
/// such as a container's name, and the reserved names `localhost`, `*.localhost`, `*.local` and
/// `*.test`.
///
/// Pages of other sites cannot reach a local server under such a name by DNS rebinding.
pub(crate) fn is_local_host(host: Authority<'_>) -> bool {
    if let Some(ip) = host.ip() {
        return is_local_ip(ip) || ip.is_unspecified();
    }
    match host.host().rsplit_once('.') {
        None => true,
        Some((_, top)) => {
            ["localhost", "local", "test"].iter().any(|reserved| top.eq_ignore_ascii_case(reserved))
                || host.is("host.docker.internal")
                || host.is("host.containers.internal")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_local_addresses() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.17.0.1",
            "192.168.1.7",
            "169.254.9.9",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            let ip: IpAddr = ip.parse().unwrap();
            assert!(is_private_ip(ip) && is_local_ip(ip), "{ip}");
        }
        for ip in ["100.64.0.1", "100.127.255.255"] {
            let ip: IpAddr = ip.parse().unwrap();
            assert!(!is_private_ip(ip) && is_local_ip(ip), "{ip}");
        }
        for ip in ["203.0.113.9", "100.63.0.1", "100.128.0.1", "2001:db8::1", "172.32.0.1"] {
            assert!(!is_local_ip(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn recognises_local_names() {
        for text in [
            "localhost:8080",
            "LOCALHOST.",
            "notes.localhost",
            "127.0.0.1:3000",
            "[::1]:3000",
            "0.0.0.0:3000",
            "192.168.1.5:3000",
            "100.100.1.1",
            "web:3000",
            "laptop.local",
            "site.test",
            "host.docker.internal:3000",
        ] {
            assert!(is_local_host(Authority::parse(text).unwrap()), "{text}");
        }
        for text in [
            "example.org",
            "localhost.example.org",
            "203.0.113.9",
            "[2001:db8::1]",
            "x.internal",
            "a.mylocal",
        ] {
            assert!(!is_local_host(Authority::parse(text).unwrap()), "{text}");
        }
    }
}
