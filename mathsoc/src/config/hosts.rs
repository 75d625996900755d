//! The hosts that the site answers for, and the proxies in front of it.

use palisade::host::Hosts;
use palisade::proxy::{Proxies, ProxiesError};
use palisade::request::Authority;

use super::value::Value;

/// The hosts that the site answers for; at least one.
#[derive(Clone, Debug)]
pub struct ServerNames {
    names: Vec<String>,
    hosts: Hosts,
    hosts_and_here: Hosts,
}

impl ServerNames {
    /// Returns the hosts.
    pub fn hosts(&self) -> Hosts {
        self.hosts.clone()
    }

    /// Returns the hosts and localhost.
    pub fn hosts_and_here(&self) -> Hosts {
        self.hosts_and_here.clone()
    }

    /// Returns the names as they were written.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the first name that is a single host, not a whole domain such as `.example.org`.
    pub(super) fn first_host(&self) -> Option<&str> {
        self.names.iter().map(String::as_str).find(|name| !name.starts_with('.'))
    }

    /// Returns `true` if one of the names covers the host and the port.
    pub(super) fn cover(&self, host: &str, port: Option<u16>) -> bool {
        self.names.iter().any(|name| {
            let (subdomains, name) = name.strip_prefix('.').map_or((false, &**name), |name| (true, name));
            let Ok(name) = Authority::parse(name) else { return false };
            let is_below = || {
                let rest = host.len().checked_sub(name.host().len());
                rest.is_some_and(|rest| {
                    host[..rest].ends_with('.') && host[rest..].eq_ignore_ascii_case(name.host())
                })
            };
            let same_port = name.port().is_none_or(|own| Some(own) == port);
            same_port && (name.is(host) || subdomains && is_below())
        })
    }
}

impl Value for ServerNames {
    fn read(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        let only = |names: &[String]| Hosts::only(names).map_err(|error| error.to_string());
        let hosts = only(&names)?;
        let here = ["localhost", ".localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let hosts_and_here = only(&[names.as_slice(), &here].concat())?;
        Ok(Self { names, hosts, hosts_and_here })
    }

    fn show(&self) -> String {
        self.names.join(", ")
    }
}

/// The trusted proxies.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    text: String,
    proxies: Proxies,
}

impl TrustedProxies {
    /// Returns `true` if no proxy is trusted.
    pub fn is_none(&self) -> bool {
        self.text.trim().eq_ignore_ascii_case("none")
    }

    /// Returns `true` if proxies are trusted by their number, not by their addresses.
    pub fn is_any_neighbour(&self) -> bool {
        let peers = self.text.split_once('@').map(|(_, peers)| peers.trim());
        self.text.trim_start().starts_with("hops") && peers.is_none_or(|peers| peers == "any")
    }

    /// Returns the proxies for the middleware.
    pub fn proxies(&self) -> Proxies {
        self.proxies.clone()
    }
}

impl Value for TrustedProxies {
    fn read(text: &str) -> Result<Self, String> {
        let proxies = text.parse().map_err(|error: ProxiesError| error.to_string())?;
        Ok(Self { text: text.to_owned(), proxies })
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}
