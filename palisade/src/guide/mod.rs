//! The guide: how to build a site with this library, one task in each chapter.
//!
//! Each chapter has a complete example that the tests run, and a list of what goes wrong: the
//! symptom, its cause, and the line to write. The pages of the modules have every setting.
//!
//! ```
//! use axum::{Router, routing::get};
//! use palisade::Palisade;
//! use palisade::test::Browser;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = Palisade::development().protect(Router::new().route("/", get(async || "Hello")));
//! assert_eq!(Browser::new(app).get("/").await.text, "Hello");
//! # }
//! ```
//!
//! # Chapters
//!
//! 1. [Install, features, versions](install)
//! 2. [The first page, and a rejection](first_page)
//! 3. [Around a router: groups, single layers, the order](around_a_router)
//! 4. [Development: Docker, the local network, plain HTTP](development)
//! 5. [The client: proxies, hosts, sub-paths](client)
//! 6. [Sessions: in a store or in a cookie](sessions)
//! 7. [Accounts: register, sign in, roles, passwords](accounts)
//! 8. [Forms and CSRF, CORS, webhooks](forms)
//! 9. [Rate limits](limits)
//! 10. [Headers and CSP, page by page, on trial](headers)
//! 11. [Errors: pages, JSON, languages](errors)
//! 12. [Uploads, HTML, redirects](uploads)
//! 13. [Templates](templates)
//! 14. [Testing](testing)
//! 15. [Serving: limits, TLS, WebSockets, stopping](serving)
//! 16. [Logs, metrics, request ids](logs)
//! 17. [Coming from other libraries](coming_from)
//! 18. [What this library does not do](not_included)

#[doc = include_str!("01_install.md")]
pub mod install {}
#[doc = include_str!("02_first_page.md")]
pub mod first_page {}
#[doc = include_str!("03_around_a_router.md")]
pub mod around_a_router {}
#[doc = include_str!("04_development.md")]
pub mod development {}
#[doc = include_str!("05_client.md")]
pub mod client {}
#[doc = include_str!("06_sessions.md")]
pub mod sessions {}
#[doc = include_str!("07_accounts.md")]
pub mod accounts {}
#[doc = include_str!("08_forms.md")]
pub mod forms {}
#[doc = include_str!("09_limits.md")]
pub mod limits {}
#[doc = include_str!("10_headers.md")]
pub mod headers {}
#[doc = include_str!("11_errors.md")]
pub mod errors {}
#[doc = include_str!("12_uploads.md")]
pub mod uploads {}
#[doc = include_str!("13_templates.md")]
pub mod templates {}
#[doc = include_str!("14_testing.md")]
pub mod testing {}
#[doc = include_str!("15_serving.md")]
pub mod serving {}
#[doc = include_str!("16_logs.md")]
pub mod logs {}
#[doc = include_str!("17_coming_from.md")]
pub mod coming_from {}
#[doc = include_str!("18_not_included.md")]
pub mod not_included {}
