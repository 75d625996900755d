//! The settings of rate limiting.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use palisade::rate_limit::quota::{Quotas, Strategy};

use super::declare::settings;
use super::table::DefaultValue::{Always, PerEnvironment};
use super::table::Visible;
use super::value::{Value, parsed};

const QUOTAS: &str = "quotas such as 50/hour or 10 per 2 minutes, several with ; between";

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
        /// The quota of pages for one IP address, for visitors who are not logged in. Static files
        /// and health checks do not count.
        pub pages: Quotas = RATELIMIT_PAGES {
            aliases: &["RATELIMIT_DEFAULT"],
            write: QUOTAS,
            default: Always("3000 per minute"),
            because: "a school of 1,000 behind one address, three pages each",
        },
        /// The quota of pages for one logged-in account, in place of RATELIMIT_PAGES.
        pub members: Quotas = RATELIMIT_MEMBERS {
            aliases: &["RATELIMIT_DEFAULT_USER"],
            write: QUOTAS,
            default: Always("5000 per day; 1000 per hour"),
            because: "a page every four seconds, for an hour",
        },
        /// How often one IP address may fail to log in, at all accounts together. Logins that
        /// succeed do not count.
        pub login: Quotas = RATELIMIT_LOGIN {
            write: QUOTAS,
            default: Always("100 per hour; 500 per day"),
            because: "a class of 30 behind one address, three mistakes each",
        },
        /// The quota of registrations from one IP address.
        pub register: Quotas = RATELIMIT_REGISTER {
            write: QUOTAS,
            default: Always("100 per hour; 300 per day"),
            because: "three classes of 30 in one hour; each mailbox has RATELIMIT_LETTERS besides",
        },
        /// The quota of requests for a new password from one IP address.
        pub password_reset: Quotas = RATELIMIT_PASSWORD_RESET {
            write: QUOTAS,
            default: Always("100 per hour; 300 per day"),
            because: "a class of 30 after the holidays; each mailbox has RATELIMIT_LETTERS besides",
        },
        /// The letters that the forms for visitors send to one mailbox. Over it the page is the
        /// same, and no letter leaves; the links in the last letters still work.
        pub letters: Quotas = RATELIMIT_LETTERS {
            write: "quotas such as 3/hour, whose time is at most half the life of a link, two hours",
            default: Always("3 per hour"),
            because: "a link lives for two hours, so that strangers cannot keep the owner from one",
        },
        /// The quota of answers to challenges for one account.
        pub answers: Quotas = RATELIMIT_ANSWERS {
            write: QUOTAS,
            default: Always("30 per minute"),
            because: "a challenge of twelve boxes with two tries each, and some more",
        },
        /// The quota of searches for one account, and for one IP address of visitors.
        pub search: Quotas = RATELIMIT_SEARCH {
            write: QUOTAS,
            default: Always("60 per minute"),
            because: "a class of 30 behind one address, two searches each",
        },
        /// The quota of pages with a form that was rejected, for one account, and for one IP address
        /// of visitors.
        pub unsent: Quotas = RATELIMIT_UNSENT {
            write: QUOTAS,
            default: Always("120 per minute"),
            because: "a class of 30 may be logged out at the same time; such a page costs up to two",
        },
        /// The quota of drafts that one account sends while it types.
        pub drafts: Quotas = RATELIMIT_DRAFTS {
            write: QUOTAS,
            default: Always("30 per minute"),
            because: "a form that is typed into sends three a minute",
        },
        /// The quota of connections to live leaderboards for one account.
        pub live: Quotas = RATELIMIT_LIVE {
            write: QUOTAS,
            default: Always("30 per minute"),
            because: "a browser reconnects every minute, in each of its windows",
        },
        /// The quota of reports that browsers send from one IP address.
        pub reports: Quotas = RATELIMIT_REPORTS {
            write: QUOTAS,
            default: Always("60 per minute"),
            because: "browsers send a few together, from any number of pages",
        },
        /// The networks of schools whose pupils share an address. Each address in them has ten
        /// times the quotas that count by address.
        pub school_networks: SchoolNetworks = RATELIMIT_SCHOOL_NETWORKS {
            write: "addresses and networks with commas between, such as 198.51.100.7, 2001:db8::/48",
            default: Always("none"),
            because: "the quotas above have room for a class, and for a school during a day",
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

/// The networks of schools; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchoolNetworks(Vec<IpNet>);

impl SchoolNetworks {
    /// Returns `true` if the address is in one of the networks.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Returns `true` if there is no network.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the networks as texts.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl Value for SchoolNetworks {
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("none") {
            return Ok(Self::default());
        }
        let network = |text: &str| {
            let address = text.parse().map(|ip: IpAddr| IpNet::from(ip.to_canonical()));
            address.or_else(|_| text.parse()).map_err(|_| format!("`{text}` is no address and no network"))
        };
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn show(&self) -> String {
        if self.is_empty() { "none".to_owned() } else { self.texts().join(", ") }
    }
}

parsed! {
    Strategy: "not a known algorithm";
    Quotas;
}
