//! Allowed hosts: requests for other sites are rejected.
//!
//! ```
//! use palisade::front_door::Guards;
//! use palisade::host::{Hosts, HostsError};
//!
//! let hosts = Hosts::only(["example.org", ".example.net", "[::1]:8000"])?;
//! let guards = Guards::new().allowed_hosts(hosts);
//!
//! let error = Hosts::only(["*.example.org"]).unwrap_err();
//! assert_eq!(error, HostsError::Entry("*.example.org".to_owned()));
//! # Ok::<(), HostsError>(())
//! ```
//!
//! The shorter [`Palisade::hosts`](crate::Palisade::hosts) takes the list itself.
//!
//! # What happens, in order
//!
//! 1. A request without a host, with several hosts, or with an invalid one is rejected with 400
//!    ([`HostRejection::Malformed`]). The host stands in a header that a trusted proxy forwards,
//!    in the request target, or in `Host`.
//! 2. A request for a host that is not on the list is rejected with 421
//!    ([`HostRejection::Unknown`]). If it looks like a proxy's own name for this server, such as
//!    nginx's default `Host: 127.0.0.1:3000`, the log names the line to write: at level `warn`, at
//!    most once in ten seconds.
//!
//! | entry | matches |
//! |---|---|
//! | `example.org` | that host, on any port |
//! | `.example.org` | that host and every host under it |
//! | `example.org:8443` | that host on that port only |
//! | `[2001:db8::1]` | that address |
//!
//! Case and one trailing dot are ignored.
//!
//! # Defaults
//!
//! | default | why |
//! |---|---|
//! | [`Hosts::any`]: every valid host | the library cannot know the site's names |
//! | a redirect to https needs a list | an attacker must not choose the host in `Location` |
//!
//! # What it does not do
//!
//! It resolves no names, and has no pattern language: a `*` in an entry is an error.
//!
//! # See also
//!
//! [`proxy`](crate::proxy) for forwarded hosts; [`https`](crate::https) for the redirect.
//!
//! References: RFC 9110 §7.4 (misdirected requests); OWASP, Host header injection.

use std::sync::Arc;

use http::{Request, Response};

use crate::core::authority::{Authority, AuthorityError};
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::local_network::is_local_host;
use crate::core::rejection::{Rejection, is_due, rejection_reasons};
use crate::core::request_context::{LayerMark, RequestContext};

/// The hosts that this server serves. See the [module page](self).
#[doc(alias = "ALLOWED_HOSTS")]
#[doc(alias = "TrustedHost")]
#[derive(Clone, Debug, Default)]
pub struct Hosts(AllowedHosts);

#[derive(Clone, Debug, Default)]
enum AllowedHosts {
    Unchecked,
    #[default]
    WellFormed,
    Listed(Arc<[Entry]>),
}

#[derive(Debug)]
struct Entry {
    host: Box<str>,
    port: Option<u16>,
    with_subdomains: bool,
}

impl Hosts {
    /// Allows every valid host.
    pub fn any() -> Self {
        Self(AllowedHosts::WellFormed)
    }

    /// Checks nothing: for health checks, which often name an address or no host at all.
    pub(crate) fn unchecked() -> Self {
        Self(AllowedHosts::Unchecked)
    }

    /// Allows only these hosts.
    ///
    /// # Errors
    /// If the list is empty, or an entry is not a host.
    pub fn only<T: AsRef<str>>(hosts: impl IntoIterator<Item = T>) -> Result<Self, HostsError> {
        let entries: Arc<[Entry]> =
            hosts.into_iter().map(|text| entry(text.as_ref())).collect::<Result<_, _>>()?;
        if entries.is_empty() { Err(HostsError::Empty) } else { Ok(Self(AllowedHosts::Listed(entries))) }
    }

    /// Returns `true` if there is a list, and the host is on it.
    pub(crate) fn lists(&self, client: &Client, host: Authority<'_>) -> bool {
        self.has_list() && self.contain(host, client.port(host))
    }

    /// Returns `true` if there is a list.
    pub(crate) fn has_list(&self) -> bool {
        matches!(self.0, AllowedHosts::Listed(_))
    }

    /// Rejects a request whose host is not allowed.
    pub(crate) fn check_host(
        &self,
        client: &Client,
        host: Result<Authority<'_>, AuthorityError>,
    ) -> Result<(), HostRejection> {
        if matches!(self.0, AllowedHosts::Unchecked) {
            return Ok(());
        }
        let host = host.map_err(|_| HostRejection::Malformed)?;
        if self.contain(host, client.port(host)) {
            return Ok(());
        }
        warn_of_proxy(client, host);
        Err(HostRejection::Unknown)
    }

    fn contain(&self, requested: Authority<'_>, port: u16) -> bool {
        let AllowedHosts::Listed(entries) = &self.0 else { return true };
        entries.iter().any(|entry| {
            let is_subdomain = || {
                let (host, suffix) = (requested.host().as_bytes(), entry.host.as_bytes());
                let Some(dot) = host.len().checked_sub(suffix.len() + 1) else { return false };
                host[dot] == b'.' && host[dot + 1..].eq_ignore_ascii_case(suffix)
            };
            let port_matches = entry.port.is_none_or(|only| only == port);
            port_matches && (requested.is(&entry.host) || entry.with_subdomains && is_subdomain())
        })
    }
}

/// Logs the rejection of a host that a proxy sends by default: its own name for this server.
fn warn_of_proxy(client: &Client, host: Authority<'_>) {
    const TEXT: &str = "the host is not on the list of hosts. If a proxy has sent it, let it send the client's host. \
                        nginx: `proxy_set_header Host $http_host;`. Apache: `ProxyPreserveHost On`. For development write \
                        `Palisade::development()`";
    if client.has_local_peer() && is_local_host(host) && is_due(TEXT) {
        tracing::warn!(peer = %client.peer(), %host, "{TEXT}");
    }
}

/// The reason why a list of hosts is invalid.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// An entry is not a host.
    #[error(
        "`{0}` is not a host: write `example.org`, `.example.org` to include every host under it, or `[2001:db8::1]`, each with an optional `:port`; write a name outside ASCII in its `xn--` form"
    )]
    Entry(String),
    /// The list is empty.
    #[error("the list of hosts is empty: write at least one host, or `Hosts::any()`")]
    Empty,
}

fn entry(text: &str) -> Result<Entry, HostsError> {
    let text = text.trim();
    let (with_subdomains, host) = match text.strip_prefix('.') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let site = Authority::parse(host).map_err(|_| HostsError::Entry(text.to_owned()))?;
    Ok(Entry { host: site.host().into(), port: site.port(), with_subdomains })
}

impl Guard for Hosts {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::Hosts);
        context
    }

    fn check<B>(&self, request: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        let client = context.client().ok_or(Client::MISSING)?;
        Ok(self.check_host(client, client.authority(request))?)
    }

    fn finish<B>(&self, _: &RequestContext, _: &mut Response<B>) {}
}

rejection_reasons! {
    /// The reason why a request is rejected for its host.
    pub enum HostRejection {
        /// The request names no host, several hosts, or an impossible one.
        Malformed => (BAD_REQUEST, "host_malformed", "The request does not say clearly which site it is for."),
        /// The request names a host that is not on the list.
        Unknown => (
            MISDIRECTED_REQUEST,
            "host_unknown",
            "This server does not answer for the site that the request names."
        ),
    }
}

guard_layers!(Hosts);

crate::core::error_text::debug_is_text!(HostsError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_names_suffixes_and_ports() {
        let hosts = Hosts::only(["Example.org", ".example.net", "[::1]:8000", "10.0.0.1"]).unwrap();
        let contains = |text: &str| {
            let site = Authority::parse(text).unwrap();
            hosts.contain(site, site.port().unwrap_or(80))
        };
        for text in [
            "example.org",
            "EXAMPLE.ORG.",
            "example.org:99",
            "example.net",
            "a.b.Example.net",
            "[::1]:8000",
            "10.0.0.1:1",
        ] {
            assert!(contains(text), "{text}");
        }
        for text in ["www.example.org", "example.org.evil", "evilexample.net", "[::1]", "[::2]:8000", "net"] {
            assert!(!contains(text), "{text}");
        }
    }

    #[test]
    fn an_invalid_entry_says_what_to_write() {
        for text in
            ["", "*", "*.example.org", "https://example.org", "exämple.org", "a b", "::1", "example.org:http"]
        {
            let error = Hosts::only([text]).unwrap_err().to_string();
            assert!(error.contains("write `example.org`"), "{text}: {error}");
        }
        assert_eq!(Hosts::only([""; 0]).unwrap_err(), HostsError::Empty);
    }
}
