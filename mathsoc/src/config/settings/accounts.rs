//! The settings about accounts: keys, sessions, letters, who may have one.

use super::{BOOLEAN, Setting, Visible};

pub(in crate::config) static SECRET_KEY_FALLBACKS: Setting = Setting {
    name: "SECRET_KEY_FALLBACKS",
    aliases: &[],
    meaning: "The keys that were SECRET_KEY before, the latest first: what they signed still holds. Drop them after a month.",
    write: "former keys with commas between, each as strong as SECRET_KEY",
    default: "none",
    example: "",
    visible: Visible::Nothing,
};

pub(in crate::config) static SITE_URL: Setting = Setting {
    name: "SITE_URL",
    aliases: &[],
    meaning: "Where the site is, for the links in its letters.",
    write: "https:// and the host, one of SERVER_NAME, perhaps with a port; no path",
    default: "the first name of SERVER_NAME, https:// where FORCE_HTTPS holds; else HOST and PORT",
    example: "https://maths.example.org",
    visible: Visible::All,
};

pub(in crate::config) static SESSION_STORE_URI: Setting = Setting {
    name: "SESSION_STORE_URI",
    aliases: &[],
    meaning: "Where sessions are kept. In a cookie they need no place, but one cannot list and end those in other browsers.",
    write: "database, cookie, memory://, redis://:password@host:6379/0, rediss://… or another address of Redis or Valkey",
    default: "database",
    example: "database",
    visible: Visible::NoPassword,
};

pub(in crate::config) static SESSION_COOKIE_SECURE: Setting = Setting {
    name: "SESSION_COOKIE_SECURE",
    aliases: &[],
    meaning: "Whether browsers send the session's cookie over https only.",
    write: "true, false, or auto: over https only when it was set over https",
    default: "true in production, else auto",
    example: "auto",
    visible: Visible::All,
};

pub(in crate::config) static SESSION_COOKIE_HTTPONLY: Setting = Setting {
    name: "SESSION_COOKIE_HTTPONLY",
    aliases: &[],
    meaning: "Whether the session's cookie is hidden from scripts. It always is: no script of ours reads it.",
    write: "true, or leave it out",
    default: "true",
    example: "true",
    visible: Visible::All,
};

pub(in crate::config) static SESSION_COOKIE_SAMESITE: Setting = Setting {
    name: "SESSION_COOKIE_SAMESITE",
    aliases: &[],
    meaning: "When browsers send the session's cookie with requests that other sites cause.",
    write: "Lax (when somebody follows a link here) or Strict (never: whoever comes by a link has to log in again)",
    default: "Lax",
    example: "Lax",
    visible: Visible::All,
};

pub(in crate::config) static PERMANENT_SESSION_LIFETIME: Setting = Setting {
    name: "PERMANENT_SESSION_LIFETIME",
    aliases: &[],
    meaning: "After how many seconds without a request somebody has to log in again.",
    write: "a number of seconds from 60 to 31536000",
    default: "3600",
    example: "3600",
    visible: Visible::All,
};

pub(in crate::config) static WTF_CSRF_ENABLED: Setting = Setting {
    name: "WTF_CSRF_ENABLED",
    aliases: &[],
    meaning: "Whether forms that other sites send here are refused. Production insists.",
    write: BOOLEAN,
    default: "true, but false in testing",
    example: "true",
    visible: Visible::All,
};

pub(in crate::config) static REGISTRATION: Setting = Setting {
    name: "REGISTRATION",
    aliases: &[],
    meaning: "Who may make an account: anybody, whoever has an address of one of the schools, or nobody.",
    write: "open, school-domains or closed",
    default: "school-domains, but open in development",
    example: "school-domains",
    visible: Visible::All,
};

pub(in crate::config) static ADMIN_TOTP_REQUIRED: Setting = Setting {
    name: "ADMIN_TOTP_REQUIRED",
    aliases: &[],
    meaning: "Whether admins need a code from an app besides their password.",
    write: BOOLEAN,
    default: "false",
    example: "false",
    visible: Visible::All,
};

pub(in crate::config) static SMTP_URL: Setting = Setting {
    name: "SMTP_URL",
    aliases: &[],
    meaning: "The server that sends the site's letters.",
    write: "smtps://user:password@host, smtp://user:password@host:587 (with STARTTLS), or for a server on a network of your own smtp://host?tls=none; special characters in the password as %40, %2F, …",
    default: "none: letters are written to files in DATA_DIR/outbox",
    example: "smtps://maths:password@mail.example.org",
    visible: Visible::NoPassword,
};

pub(in crate::config) static MAIL_FROM: Setting = Setting {
    name: "MAIL_FROM",
    aliases: &[],
    meaning: "Who the site's letters are from.",
    write: "an e-mail address, or a name and <an address>",
    default: "Maths Society <no-reply@…> with the host of SITE_URL",
    example: "'Maths Society <no-reply@maths.example.org>'",
    visible: Visible::All,
};
