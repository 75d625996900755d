//! The settings of rate limiting.

use std::fmt;

use palisade::rate_limit::quota::{Quotas, Strategy};

use super::declare::settings;
use super::table::DefaultValue::{Always, PerEnvironment};
use super::table::Visible;
use super::value::{Value, parsed};

settings! {
    /// The limits on the number of requests.
    pub struct RateLimits, read(reader) {
        /// Limits the number of requests per client.
        pub enabled: bool = RATELIMIT_ENABLED {
            default: PerEnvironment { development: "true", testing: "false", production: "true" },
        },
        /// The store of request counts. Several processes or machines share their counts in
        /// Redis, Valkey or memcached.
        pub storage_uri: StoreUri = RATELIMIT_STORAGE_URI {
            write: "memory://, redis://:password@host:6379/0, \
                    rediss://… (with ?ca=/path/to/ca.pem for your own CA), redis+unix:///path, \
                    redis+sentinel://…, redis+cluster://… or memcached://host,host; \
                    with ?namespace=name if several sites share the server",
            default: Always("memory://"),
            because: "each process counts for itself, and a restart clears the counts",
            visible: Visible::NoPassword,
        },
        /// The algorithm that counts requests.
        pub strategy: Strategy = RATELIMIT_STRATEGY {
            write: "fixed-window, moving-window, sliding-window-counter or gcra",
            default: Always("fixed-window"),
        },
        /// The quota of pages for one IP address. Static files and health checks do not count.
        pub default: Quotas = RATELIMIT_DEFAULT {
            write: "quotas such as 50/hour or 10 per 2 minutes, several with ; between",
            default: Always("200 per day; 50 per hour"),
            because: "as on the original Flask site",
        },
        /// The quota of pages for one logged-in account, in place of RATELIMIT_DEFAULT.
        pub default_user: Quotas = RATELIMIT_DEFAULT_USER {
            write: "quotas such as 1000/hour, several with ; between",
            default: Always("5000 per day; 1000 per hour"),
            because: "a whole class may share one IP address",
        },
        /// Sends the X-RateLimit-Limit, -Remaining and -Reset headers.
        pub headers_enabled: bool = RATELIMIT_HEADERS_ENABLED { default: Always("false") },
    }
}

/// The address of a store: memory, Redis, Valkey or memcached.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUri(String);

impl StoreUri {
    /// Returns the address, including its password.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if each process has a store of its own.
    pub fn is_memory(&self) -> bool {
        self.0.starts_with("memory:")
    }

    /// Returns the address without the user name and password.
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
        if known { Ok(Self(namespaced(text))) } else { Err("not the address of a store".to_owned()) }
    }

    fn show(&self) -> String {
        self.shown()
    }
}

/// Adds the namespace `mathsoc` to the address of a server without one. All keys of the site start
/// with its namespace, so that several sites may share a server.
fn namespaced(uri: &str) -> String {
    let mark = if uri.contains('?') { '&' } else { '?' };
    match uri.starts_with("memory:") || uri.contains("namespace=") {
        true => uri.to_owned(),
        false => format!("{uri}{mark}namespace=mathsoc"),
    }
}

impl fmt::Debug for StoreUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUri({})", self.show())
    }
}

parsed! {
    Strategy: "not a known algorithm";
    Quotas;
}
