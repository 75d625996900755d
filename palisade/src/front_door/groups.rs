//! The variants of [`Palisade`] for groups of routes.

use super::builder::Palisade;
use crate::error_page::ErrorPages;

/// # Groups
impl Palisade {
    /// Returns the variant for programs, which send a token of their own in a header.
    ///
    /// The `Cookie` header is removed from every request, so no route can be used with a visitor's
    /// sign-in. Therefore pages of other sites may send requests; only those with
    /// `Authorization: Basic`, which browsers add by themselves, are rejected. There are no
    /// sessions. Errors are `problem+json`.
    pub fn for_api(&self) -> Self {
        self.without_sessions()
            .change_guards(|guards| guards.for_api())
            .error_pages(ErrorPages::problem_json())
    }

    /// Returns the variant for other services: as [`for_api`](Self::for_api), without the rate
    /// limit, because a service that is rejected may give up.
    pub fn for_webhooks(&self) -> Self {
        self.for_api().change(|settings| {
            #[cfg(feature = "rate-limit")]
            {
                settings.rate_limit = None;
            }
            #[cfg(not(feature = "rate-limit"))]
            let _ = settings;
        })
    }

    /// Returns the variant for health checks, which often use an address as the host, and plain
    /// HTTP: no host is checked, nothing is redirected, and there are no sessions. A busy site
    /// answers them too: they are not in the concurrency limit.
    pub fn for_probes(&self) -> Self {
        let probes = self.without_sessions().change_guards(|guards| guards.for_probes());
        probes.change(|settings| settings.concurrency = None)
    }

    /// Returns a variant without sessions and tokens, for files.
    pub fn without_sessions(&self) -> Self {
        self.clone().change(|settings| {
            #[cfg(feature = "session")]
            {
                settings.sessions = None;
                settings.csrf_tokens = None;
            }
            #[cfg(not(feature = "session"))]
            let _ = settings;
        })
    }
}
