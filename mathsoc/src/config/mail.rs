//! The settings of outgoing e-mail, and the public address of the site.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use lettre::Address;
use lettre::message::Mailbox;
use palisade::request::Authority;
use url::{Host, Url};

use super::declare::settings;
use super::hosts::ServerNames;
use super::table::DefaultValue::{Computed, Unset};
use super::table::Visible;
use super::value::Value;
use crate::db::hide_password;

settings! {
    /// The settings of outgoing e-mail.
    pub struct MailSettings, read(reader, site_url: &SiteUrl) {
        /// The mail server.
        pub smtp: Option<SmtpUrl> = SMTP_URL {
            write: "smtps://user:password@host (TLS), smtp://user:password@host:587 (STARTTLS), \
                    or, for a server in your own network, smtp://host?tls=none; \
                    percent-encode special characters of the password (%40 for @, %2F for /)",
            default: Unset("e-mails are written to files in DATA_DIR/outbox"),
            example: Some("smtps://maths:password@mail.example.org"),
            visible: Visible::NoPassword,
        },
        /// The sender of the site's e-mails.
        pub from: Sender = MAIL_FROM {
            write: "an e-mail address, or a name and <an address>",
            default: Computed("Maths Society <no-reply@…> with the host of SITE_URL"),
            example: Some("Maths Society <no-reply@maths.example.org>"),
        } or Sender::of_site(site_url),
    }
}

/// The public address of the site: a scheme, a host, and a port if it is not the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteUrl {
    origin: String,
    host: String,
    port: Option<u16>,
}

impl SiteUrl {
    /// Returns the absolute URL of a path, which begins with `/`.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Returns the host, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns `true` if the address is unencrypted HTTP.
    pub(super) fn is_http(&self) -> bool {
        self.origin.starts_with("http:")
    }

    /// Returns `true` if one of the names covers this address.
    pub(super) fn is_one_of(&self, names: &ServerNames) -> bool {
        names.cover(&self.host, self.port)
    }

    /// Returns the address of a site with these settings.
    pub(super) fn of_site(names: Option<&ServerNames>, force_https: bool, listens: SocketAddr) -> Self {
        let scheme = if force_https { "https" } else { "http" };
        let host = match names.and_then(ServerNames::first_host) {
            Some(name) => name.to_owned(),
            None => browsable(listens).to_string(),
        };
        // A name that is no URL host, such as one with an underscore, needs SITE_URL.
        Self::read(&format!("{scheme}://{host}")).unwrap_or_else(|_| Self {
            origin: "http://localhost".to_owned(),
            host: "localhost".to_owned(),
            port: Some(80),
        })
    }
}

/// Returns the address that a browser on this machine uses for a site that listens here.
fn browsable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}

impl Value for SiteUrl {
    fn read(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("starts with neither https:// nor http://".to_owned());
        }
        let host = url.host_str().ok_or("names no host")?.to_owned();
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("has more than a scheme and a host".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user name".to_owned());
        }
        Ok(Self { origin: url.origin().ascii_serialization(), host, port: url.port_or_known_default() })
    }

    fn show(&self) -> String {
        self.origin.clone()
    }
}

/// The URL of a mail server.
///
/// Passwords and e-mails are encrypted: with TLS from the first byte (`smtps`), or after STARTTLS
/// (`smtp`). A server without STARTTLS is rejected. Two cases may be unencrypted: a server on this
/// machine, and `?tls=none` without a password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(String);

impl SmtpUrl {
    /// Returns the URL in lettre's format, including its password.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for SmtpUrl {
    fn read(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| format!("not a URL ({error})"))?;
        let host = url.host().map(|host| host.to_owned()).ok_or("names no server")?;
        if !matches!(url.path(), "" | "/") {
            return Err("has a path".to_owned());
        }
        if url.password().is_none() && !url.username().is_empty() {
            return Err("has a user name and no password".to_owned());
        }
        match (url.scheme(), url.query()) {
            ("smtps", None) => {}
            ("smtp", None | Some("tls=required")) if !is_loopback(&host) => {
                url.set_query(Some("tls=required"));
            }
            ("smtp", Some("tls=required") | None) => {}
            ("smtp", Some("tls=none")) if url.password().is_some() && !is_loopback(&host) => {
                return Err("would send the password unencrypted".to_owned());
            }
            ("smtp", Some("tls=none")) => url.set_query(None),
            ("smtp" | "smtps", Some(_)) => return Err("has an unknown parameter".to_owned()),
            _ => return Err("starts with neither smtps:// nor smtp://".to_owned()),
        }
        Ok(Self(url.into()))
    }

    fn show(&self) -> String {
        hide_password(&self.0)
    }
}

/// Returns `true` if the host is this machine.
///
/// The URL standard does not know `smtp://`, so an IPv4 address arrives as a domain.
fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => Authority::parse(name).is_ok_and(|it| it.is_loopback()),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({})", self.show())
    }
}

/// The sender of e-mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// Returns the name and the address.
    pub fn mailbox(&self) -> &Mailbox {
        &self.0
    }

    fn of_site(site: &SiteUrl) -> Self {
        let host = if site.host.contains(['[', ':']) { "localhost" } else { &site.host };
        let address = Address::new("no-reply", host).or_else(|_| Address::new("no-reply", "localhost"));
        let address = address.expect("`no-reply@localhost` is an e-mail address");
        Self(Mailbox::new(Some("Maths Society".to_owned()), address))
    }
}

impl Value for Sender {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "not an e-mail address".to_owned())
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}
