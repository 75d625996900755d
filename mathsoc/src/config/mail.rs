//! Where the site is, which server sends its letters, and from whom they are.

use std::fmt;

use lettre::message::Mailbox;
use palisade::Authority;
use url::{Host, Url};

use super::reader::Reader;
use super::settings::accounts as settings;
use super::value::{ServerNames, Value};
use crate::db::hide_password;

/// How letters are sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The server; without one letters are written to files.
    pub smtp: Option<SmtpUrl>,
    /// Who they are from.
    pub from: Sender,
}

impl MailSettings {
    pub(super) fn read<V: Fn(&str) -> Option<String>>(reader: &mut Reader<'_, V>, site: &SiteUrl) -> Self {
        let smtp = reader.read_optional(&settings::SMTP_URL);
        let from = reader.read(&settings::MAIL_FROM, Sender::of_site(site));
        Self { smtp, from }
    }
}

/// Where the site is: a scheme, a host and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteUrl {
    origin: String,
    host: String,
}

impl SiteUrl {
    /// The absolute address of a path of the site, which begins with `/`.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The host, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn read_or<V: Fn(&str) -> Option<String>>(
        reader: &mut Reader<'_, V>,
        names: Option<&ServerNames>,
        force_https: bool,
        listening: &str,
    ) -> Self {
        let scheme = if force_https { "https" } else { "http" };
        let own = names.map(|names| names.names().iter().find(|name| !name.starts_with('.')));
        let derived = match own {
            None => Some(listening),
            Some(name) => name.map(String::as_str),
        };
        if derived.is_none() && !reader.has(&settings::SITE_URL) {
            reader.missing(&settings::SITE_URL, "SERVER_NAME names no single host for the links in letters.");
        }
        let default = Self::read(&format!("{scheme}://{}", derived.unwrap_or(listening)));
        // What SERVER_NAME or HOST say has been parsed before; a name that this cannot read is for the operator to write.
        let default =
            default.unwrap_or_else(|_| Self { origin: "http://localhost".into(), host: "localhost".into() });
        let site = reader.read(&settings::SITE_URL, default);
        if force_https && site.origin.starts_with("http:") {
            let reason = "contradicts FORCE_HTTPS: the links in letters would go out in the clear";
            reader.wrong(&settings::SITE_URL, "SITE_URL", &site.origin, reason);
        }
        if reader.has(&settings::SITE_URL) && names.is_some_and(|names| !site.is_one_of(names)) {
            reader.wrong(
                &settings::SITE_URL,
                "SITE_URL",
                &site.origin,
                "is none of the hosts of SERVER_NAME",
            );
        }
        site
    }

    fn is_one_of(&self, names: &ServerNames) -> bool {
        let Ok(url) = Url::parse(&self.origin) else { return false };
        names.names().iter().any(|name| {
            let (and_under, name) =
                name.strip_prefix('.').map_or((false, name.as_str()), |name| (true, name));
            let Ok(name) = Authority::parse(name) else { return false };
            let under = || {
                let rest = self.host.len().checked_sub(name.host().len());
                rest.is_some_and(|rest| {
                    self.host[..rest].ends_with('.') && self.host[rest..].eq_ignore_ascii_case(name.host())
                })
            };
            let port = name.port().is_none_or(|port| Some(port) == url.port_or_known_default());
            port && (name.is(&self.host) || and_under && under())
        })
    }
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
        Ok(Self { origin: url.origin().ascii_serialization(), host })
    }

    fn show(&self) -> String {
        self.origin.clone()
    }
}

/// A server that sends letters; shown without its password.
///
/// Passwords and letters travel encrypted: from the first byte (`smtps`) or after STARTTLS (`smtp`), without which the
/// server is refused. In the clear are only a server on this machine and one that `?tls=none` says so of, without a password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(String);

impl SmtpUrl {
    /// The address as lettre reads it, with its password.
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
            ("smtp", None | Some("tls=required")) if !is_here(&host) => url.set_query(Some("tls=required")),
            ("smtp", Some("tls=required") | None) => {}
            ("smtp", Some("tls=none")) if url.password().is_some() && !is_here(&host) => {
                return Err("would send the password in the clear".to_owned());
            }
            ("smtp", Some("tls=none")) => url.set_query(None),
            ("smtp" | "smtps", Some(_)) => {
                return Err("has parameters that this program does not know".to_owned());
            }
            _ => return Err("starts with neither smtps:// nor smtp://".to_owned()),
        }
        Ok(Self(url.into()))
    }

    fn show(&self) -> String {
        hide_password(&self.0)
    }
}

/// `smtp://` is no scheme that the URL standard knows, so its hosts come as domains, even where they are addresses.
fn is_here(host: &Host) -> bool {
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

/// Who letters are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// The name and the address.
    pub fn mailbox(&self) -> &Mailbox {
        &self.0
    }

    fn of_site(site: &SiteUrl) -> Self {
        let host = if site.host.contains(['[', ':']) { "localhost" } else { &site.host };
        let address = lettre::Address::new("no-reply", host);
        let address = address
            .unwrap_or_else(|_| lettre::Address::new("no-reply", "localhost").expect("a test reads it"));
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
