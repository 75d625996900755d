//! A `Set-Cookie` line, parsed by the crate `cookie`, with the validity of its `SameSite`.

/// The cookie of one `Set-Cookie` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    /// The domain in lower case, without a leading dot.
    pub(crate) domain: Option<String>,
    pub(crate) path: Option<String>,
    expiry: Expiry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    Missing,
    Strict,
    Lax,
    None,
    Invalid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    EndOfSession,
    /// A `Max-Age` of zero or less.
    Immediate,
    /// A `Max-Age` above zero.
    Later,
    /// The time in `Expires`, in seconds since 1970.
    At(i64),
}

impl Cookie {
    /// Returns `None` if the line has no name, as browsers then ignore it.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let cookie = cookie::Cookie::parse(line).ok()?;
        // RFC 6265 §5.3: Max-Age has precedence over Expires.
        let expiry = match (cookie.max_age(), cookie.expires_datetime()) {
            (Some(age), _) if age.is_positive() => Expiry::Later,
            (Some(_), _) => Expiry::Immediate,
            (None, Some(date)) => Expiry::At(date.unix_timestamp()),
            (None, None) => Expiry::EndOfSession,
        };
        Some(Self {
            name: cookie.name().to_owned(),
            secure: cookie.secure().unwrap_or_default(),
            http_only: cookie.http_only().unwrap_or_default(),
            same_site: SameSite::parse(line),
            domain: cookie.domain().map(str::to_ascii_lowercase).filter(|domain| !domain.is_empty()),
            path: cookie.path().map(str::to_owned),
            expiry,
        })
    }

    /// Returns `true` if the line deletes the cookie; `now` is in seconds since 1970.
    pub(crate) fn is_deletion(&self, now: i64) -> bool {
        match self.expiry {
            Expiry::Immediate => true,
            Expiry::At(time) => time <= now,
            Expiry::EndOfSession | Expiry::Later => false,
        }
    }

    /// Returns `true` for a session cookie, by the words that the MDN HTTP Observatory looks for.
    pub(crate) fn is_session(&self) -> bool {
        let name = self.name.to_lowercase();
        ["login", "sess"].iter().any(|part| name.contains(part))
    }

    pub(crate) fn is_csrf(&self) -> bool {
        self.name.to_lowercase().contains("csrf")
    }
}

impl SameSite {
    /// The crate `cookie` does not tell an invalid value from a missing one.
    fn parse(line: &str) -> Self {
        let attributes = line.split(';').skip(1).map(|part| part.split_once('=').unwrap_or((part, "")));
        let last = attributes.filter(|(name, _)| name.trim().eq_ignore_ascii_case("samesite")).last();
        let Some((_, value)) = last else { return Self::Missing };
        match &*value.trim().to_ascii_lowercase() {
            "strict" => Self::Strict,
            "lax" => Self::Lax,
            "none" => Self::None,
            _ => Self::Invalid,
        }
    }

    /// Returns `true` for a value that browsers accept.
    pub(crate) fn is_valid(self) -> bool {
        !matches!(self, Self::Missing | Self::Invalid)
    }
}
