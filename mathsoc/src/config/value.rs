//! How each kind of value is read from text, and shown again.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use palisade::csp::{Csp, CspError};
use palisade::{Hosts, Proxies, QuotaError, Quotas, Strategy};
use tracing_subscriber::EnvFilter;

use super::secret_key::SecretKey;
use crate::db;

/// A value of a setting.
pub(super) trait Value: Sized {
    /// Reads the value; the error is the reason, without the value and without advice.
    fn read(text: &str) -> Result<Self, String>;

    /// The value in the form in which it could be written.
    fn show(&self) -> String;
}

/// What an installation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine.
    Development,
    /// Automated tests. Requests are not limited there and forms may come from anywhere, unless `RATELIMIT_ENABLED` and
    /// `WTF_CSRF_ENABLED` say otherwise; all else protects.
    Testing,
    /// The real site.
    Production,
}

impl Value for Environment {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "development" | "dev" => Ok(Self::Development),
            "testing" | "test" => Ok(Self::Testing),
            "production" | "prod" => Ok(Self::Production),
            _ => Err("no environment that this program knows".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Development => "development",
            Self::Testing => "testing",
            Self::Production => "production",
        }
        .to_owned()
    }
}

impl Value for bool {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
            _ => Err("neither true nor false".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u16 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "not a port".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for IpAddr {
    fn read(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let bare = if bare.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { bare };
        bare.parse().map_err(|_| "not an IP address".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for SocketAddr {
    fn read(text: &str) -> Result<Self, String> {
        let port = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        match port {
            Some(port) => Ok(Self::from(([127, 0, 0, 1], port))),
            None => text.parse().map_err(|_| "not an IP address with a port".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for db::Url {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: db::UrlError| error.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The hosts that the site answers for; at least one.
#[derive(Clone, Debug)]
pub struct ServerNames {
    names: Vec<String>,
    hosts: Hosts,
    hosts_and_here: Hosts,
}

impl ServerNames {
    /// These hosts.
    pub fn hosts(&self) -> Hosts {
        self.hosts.clone()
    }

    /// These hosts, and the names of this machine.
    pub fn hosts_and_here(&self) -> Hosts {
        self.hosts_and_here.clone()
    }

    /// The names as they were written, first the one that the site calls itself.
    pub fn names(&self) -> &[String] {
        &self.names
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

/// The proxies to believe, as they were written.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    text: String,
    proxies: Proxies,
}

impl TrustedProxies {
    /// None.
    pub(super) fn none() -> Self {
        Self { text: "none".to_owned(), proxies: Proxies::none() }
    }

    /// Whether nobody is believed.
    pub fn is_none(&self) -> bool {
        self.text.trim().eq_ignore_ascii_case("none")
    }

    /// Whether proxies are counted, and not known by their addresses: any in a private network will do, or any at all.
    pub fn is_any_neighbour(&self) -> bool {
        let peers = self.text.split_once('@').map(|(_, peers)| peers.trim());
        self.text.trim_start().starts_with("hops") && peers.is_none_or(|peers| peers == "any")
    }

    /// The guard that believes them.
    pub fn proxies(&self) -> Proxies {
        self.proxies.clone()
    }
}

impl Value for TrustedProxies {
    fn read(text: &str) -> Result<Self, String> {
        let proxies = text.parse().map_err(|error: palisade::ProxiesError| error.to_string())?;
        Ok(Self { text: text.to_owned(), proxies })
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}

/// Where requests are counted.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUri(String);

impl StoreUri {
    pub(super) fn memory() -> Self {
        Self("memory://".to_owned())
    }

    /// The address, with its password.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether each process counts for itself.
    pub fn is_memory(&self) -> bool {
        self.0.starts_with("memory:")
    }

    /// The address without what stands before its host.
    pub fn shown(&self) -> String {
        match (self.0.find("://"), self.0.rfind('@')) {
            (Some(scheme), Some(at)) => format!("{}***{}", &self.0[..scheme + 3], &self.0[at..]),
            _ => self.0.clone(),
        }
    }
}

impl Value for StoreUri {
    fn read(text: &str) -> Result<Self, String> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        let known = scheme.is_some_and(|scheme| {
            let server = scheme.starts_with("redis") || scheme.starts_with("valkey");
            server || matches!(scheme, "memory" | "memcached")
        });
        if known { Ok(Self(text.to_owned())) } else { Err("not the address of a store".to_owned()) }
    }

    fn show(&self) -> String {
        self.shown()
    }
}

impl fmt::Debug for StoreUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUri({})", self.show())
    }
}

impl Value for Strategy {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "no strategy that this program knows".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Quotas {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: QuotaError| error.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

pub(super) fn default_quotas() -> Quotas {
    "200 per day; 50 per hour".parse().expect("a test reads it")
}

pub(super) fn default_user_quotas() -> Quotas {
    "5000 per day; 1000 per hour".parse().expect("a test reads it")
}

/// A Content-Security-Policy to be merged into the site's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraPolicy(Csp);

impl ExtraPolicy {
    /// The policy.
    pub fn policy(&self) -> &Csp {
        &self.0
    }
}

impl Value for ExtraPolicy {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: CspError| error.to_string())
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// How much the site logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogLevel {
    /// What broke.
    Error,
    /// And what may break.
    Warn,
    /// And what happens: one line per request.
    Info,
    /// And why.
    Debug,
    /// And everything else.
    Trace,
}

impl LogLevel {
    /// The directives for tracing: ours at this level, what lies below us at `warn` or quieter.
    pub(super) fn filter(self) -> LogFilter {
        let level = self.show();
        LogFilter(match self {
            Self::Error | Self::Warn => level,
            _ => format!("warn,mathsoc={level},palisade={level}"),
        })
    }
}

impl Value for LogLevel {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "error" | "critical" | "fatal" => Ok(Self::Error),
            "warn" | "warning" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            "trace" => Ok(Self::Trace),
            _ => Err("no level of logging".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
        .to_owned()
    }
}

/// Directives for tracing's `EnvFilter`, known to be well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for LogFilter {
    fn read(text: &str) -> Result<Self, String> {
        EnvFilter::try_new(text).map_err(|error| error.to_string())?;
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Value for SecretKey {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }
}
