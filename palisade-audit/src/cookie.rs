//! A `Set-Cookie` line, read as a browser reads it.

/// One cookie that a site sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: SameSite,
    pub(super) domain: Option<String>,
    pub(super) path: Option<String>,
    /// Whether this line takes the cookie away.
    pub(super) ends: bool,
}

/// What stands behind `SameSite`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SameSite {
    Missing,
    Strict,
    Lax,
    None,
    Invalid,
}

impl Cookie {
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut parts = line.split(';').map(str::trim);
        let (name, _) = parts.next()?.split_once('=')?;
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            secure: false,
            http_only: false,
            same_site: SameSite::Missing,
            domain: None,
            path: None,
            ends: false,
        };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match &*key.trim().to_ascii_lowercase() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => cookie.same_site = SameSite::read(value),
                "domain" => cookie.domain = domain(value),
                "path" => cookie.path = Some(value.to_owned()),
                "max-age" => cookie.ends |= value.parse::<i64>().is_ok_and(|age| age <= 0),
                "expires" => cookie.ends |= value.contains("1970") || value.contains("-70 "),
                _ => {}
            }
        }
        Some(cookie)
    }

    /// Whether by its name it says who somebody is, by the words that the MDN HTTP Observatory looks for.
    pub(super) fn is_session(&self) -> bool {
        let name = self.name.to_lowercase();
        ["login", "sess"].iter().any(|part| name.contains(part))
    }

    pub(super) fn is_csrf(&self) -> bool {
        self.name.to_lowercase().contains("csrf")
    }
}

impl SameSite {
    fn read(value: &str) -> Self {
        match &*value.to_ascii_lowercase() {
            "strict" => Self::Strict,
            "lax" => Self::Lax,
            "none" => Self::None,
            _ => Self::Invalid,
        }
    }

    /// Whether there is one that counts.
    pub(super) fn counts(self) -> bool {
        !matches!(self, Self::Missing | Self::Invalid)
    }
}

fn domain(value: &str) -> Option<String> {
    let name = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}
