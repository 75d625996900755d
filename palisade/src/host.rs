//! The hosts we answer for.
//!
//! ```
//! # use palisade::host::Hosts;
//! let hosts = Hosts::only(["example.org", ".example.net", "[::1]:8000"])?;
//! # Ok::<(), palisade::host::HostsError>(())
//! ```
//!
//! What passes, in this order:
//! 1. a request that names one well-formed host ([`Authority`]), in its target, its `Host` header, or in a
//!    forwarded header that is believed; anything else is a 400;
//! 2. a host on the list; any other is a 421.
//!
//! | entry | matches |
//! |---|---|
//! | `example.org` | that host, on any port |
//! | `.example.org` | that host and every host under it |
//! | `example.org:8443` | that host on that port only |
//! | `[2001:db8::1]` | that address |
//!
//! Case and one trailing dot never matter. [`Hosts::any`], the default, keeps rule 1 only.
//! It does not resolve names, and it has no pattern language: a wildcard inside a name is an error.
//!
//! References: RFC 9110 §7.4 (misdirected requests); OWASP, Host header injection.

use std::sync::Arc;

use http::{Request, Response};

use crate::core::authority::{Authority, AuthorityError};
use crate::core::client::Client;
use crate::core::guard::{Guard, guard_layers};
use crate::core::rejection::{Rejection, rejection_reasons};
use crate::core::request_context::RequestContext;

/// The hosts we answer for.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Answered);

#[derive(Clone, Debug, Default)]
enum Answered {
    Unchecked,
    #[default]
    WellFormed,
    StoredEntry(Arc<[Entry]>),
}

#[derive(Debug)]
struct Entry {
    host: Box<str>,
    port: Option<u16>,
    and_under: bool,
}

impl Hosts {
    /// Every well-formed host.
    pub fn any() -> Self {
        Self(Answered::WellFormed)
    }

    /// Whatever the request names, or nothing: for health checks, which name addresses.
    pub(crate) fn unchecked() -> Self {
        Self(Answered::Unchecked)
    }

    /// Only these.
    ///
    /// # Errors
    /// When there is none, or an entry is no host.
    pub fn only<T: AsRef<str>>(hosts: impl IntoIterator<Item = T>) -> Result<Self, HostsError> {
        let entries: Arc<[Entry]> =
            hosts.into_iter().map(|text| entry(text.as_ref())).collect::<Result<_, _>>()?;
        if entries.is_empty() { Err(HostsError::None) } else { Ok(Self(Answered::StoredEntry(entries))) }
    }

    /// Whether there is a list.
    pub(crate) fn are_listed(&self) -> bool {
        matches!(self.0, Answered::StoredEntry(_))
    }

    /// Whether we answer for the site that the request names.
    pub(crate) fn answer(
        &self,
        client: &Client,
        site: Result<Authority<'_>, AuthorityError>,
    ) -> Result<(), HostRejection> {
        if matches!(self.0, Answered::Unchecked) {
            return Ok(());
        }
        let site = site.map_err(|_| HostRejection::Malformed)?;
        if self.contain(site, client.port(site)) { Ok(()) } else { Err(HostRejection::Unknown) }
    }

    fn contain(&self, site: Authority<'_>, port: u16) -> bool {
        let Answered::StoredEntry(entries) = &self.0 else { return true };
        entries.iter().any(|entry| {
            let under = || {
                let (host, suffix) = (site.host().as_bytes(), entry.host.as_bytes());
                let Some(dot) = host.len().checked_sub(suffix.len() + 1) else { return false };
                host[dot] == b'.' && host[dot + 1..].eq_ignore_ascii_case(suffix)
            };
            entry.port.is_none_or(|only| only == port) && (site.is(&entry.host) || entry.and_under && under())
        })
    }
}

/// Why a list of hosts is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// An entry is no host.
    #[error(
        "`{0}` is not a host: write `example.org`, `.example.org` for it and every host under it, or `[2001:db8::1]`, each perhaps with `:port`; a name outside ASCII in its `xn--` form"
    )]
    Entry(String),
    /// The list is empty.
    #[error("no host is named: write at least one, or use `Hosts::any()`")]
    None,
}

fn entry(text: &str) -> Result<Entry, HostsError> {
    let text = text.trim();
    let (and_under, named) = match text.strip_prefix('.') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let site = Authority::parse(named).map_err(|_| HostsError::Entry(text.to_owned()))?;
    Ok(Entry { host: site.host().into(), port: site.port(), and_under })
}

impl Guard for Hosts {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        RequestContext::begin(request.extensions_mut())
    }

    fn check<B>(&self, request: &Request<B>, exchange: &RequestContext) -> Result<(), Rejection> {
        let client = exchange.client().ok_or(Client::MISSING)?;
        Ok(self.answer(client, client.authority(request))?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_match_by_name_suffix_and_port() {
        let hosts = Hosts::only(["Example.org", ".example.net", "[::1]:8000", "10.0.0.1"]).unwrap();
        let asked = |text: &str| {
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
            assert!(asked(text), "{text}");
        }
        for text in ["www.example.org", "example.org.evil", "evilexample.net", "[::1]", "[::2]:8000", "net"] {
            assert!(!asked(text), "{text}");
        }
    }

    #[test]
    fn an_entry_that_is_no_host_says_what_to_write() {
        for text in
            ["", "*", "*.example.org", "https://example.org", "exämple.org", "a b", "::1", "example.org:http"]
        {
            let error = Hosts::only([text]).unwrap_err().to_string();
            assert!(error.contains("write `example.org`"), "{text}: {error}");
        }
        assert_eq!(Hosts::only([""; 0]).unwrap_err(), HostsError::None);
    }
}
