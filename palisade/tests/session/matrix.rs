//! The promises of each place of the session data: they make the table on the module page.

use std::time::Duration;

use http::StatusCode;
use palisade::Sessions;
use palisade::clock::{Clock, ManualClock};
use palisade::session::store::RedisSessions;
use test_support::servers::Server;

use super::races::race;
use super::{Site, configured, keyring, memory, sealed, stored};

const PAGE: &str = include_str!("../../src/session/mod.rs");
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A place of the session data.
struct Place {
    /// Makes the layer of a process: the first one, another one, or the same after a restart.
    open: Box<dyn Fn() -> Sessions>,
    clock: ManualClock,
}

impl Place {
    fn process(&self) -> Site {
        Site::of((self.open)(), self.clock.clone())
    }

    async fn survives_a_restart(&self) -> &'static str {
        let mut browser = self.process().browser();
        browser.post("/login/ada").await;
        yes(browser.at(self.process().app).who().await == "ada")
    }

    async fn log_out_ends_copies(&self, elsewhere: bool) -> &'static str {
        let site = self.process();
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let mut copy = browser.clone();
        browser.post("/logout").await;
        if elsewhere {
            copy.site = self.process().app;
        }
        yes(copy.who().await == "anonymous")
    }

    async fn end_others_ends_others(&self, elsewhere: bool) -> &'static str {
        let site = self.process();
        let (mut here, mut there) = (site.browser(), site.browser());
        here.post("/login/ada").await;
        there.post("/login/ada").await;
        here.post("/sessions/end").await;
        assert_eq!(here.who().await, "ada");
        if elsewhere {
            there.site = self.process().app;
        }
        yes(there.who().await == "anonymous")
    }

    async fn lists(&self) -> &'static str {
        let mut browser = self.process().browser();
        browser.post("/login/bob").await;
        let answer = browser.get("/sessions").await;
        if answer.status == StatusCode::INTERNAL_SERVER_ERROR {
            "error"
        } else {
            yes(!answer.body.is_empty())
        }
    }

    async fn theft_ends_the_thiefs_session(&self) -> &'static str {
        let site = self.process();
        let (mut victim, mut thief) = (site.browser(), site.browser());
        victim.post("/login/ada").await;
        victim.post("/remember").await;
        thief.jar.insert("__Host-remember".into(), victim.jar["__Host-remember"].clone());
        self.clock.advance(DAY);
        assert_eq!(thief.who().await, "ada");
        self.clock.advance(Duration::from_secs(61));
        assert_eq!(victim.who().await, "anonymous");
        yes(thief.who().await == "anonymous")
    }

    async fn remembers_after_a_restart(&self) -> &'static str {
        let mut browser = self.process().browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        self.clock.advance(DAY);
        yes(browser.at(self.process().app).who().await == "ada")
    }

    async fn keeps_both_changes(&self) -> &'static str {
        let site = self.process();
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let mine = async |session: palisade::Session| session.set("mine", "x").await;
        race(&site, &mut browser, ("POST", "/set/theirs/y"), mine).await;
        assert_eq!(browser.get("/get/mine").await.body, "x");
        yes(browser.get("/get/theirs").await.body == "y")
    }

    async fn holds_more_than_a_cookie(&self) -> &'static str {
        let mut browser = self.process().browser();
        let answer = browser.send("POST", &format!("/set/essay/{}", "x".repeat(5_000))).await;
        if answer.status == StatusCode::INTERNAL_SERVER_ERROR { "error" } else { "yes" }
    }
}

fn yes(kept: bool) -> &'static str {
    if kept { "yes" } else { "no" }
}

#[tokio::test]
async fn the_table_of_promises_is_true() {
    let (clock, manual) = Clock::manual();
    let (shared, ends) = (Server::redis(), Server::redis());
    let (shared_uri, ends_uri) = (shared.uri.clone(), ends.uri.clone());
    let clocks = [(); 4].map(|()| clock.clone());
    let [of_memory, of_redis, of_ends, of_forgetful] = clocks;
    let redis = |uri: &str| RedisSessions::new(uri).unwrap();
    let open: [Box<dyn Fn() -> Sessions>; 4] = [
        Box::new(move || stored(memory(&of_memory), of_memory.clone())),
        Box::new(move || stored(redis(&shared_uri), of_redis.clone())),
        Box::new(move || sealed(redis(&ends_uri), of_ends.clone())),
        Box::new(move || {
            let sessions = Sessions::in_cookie(&keyring()).dangerous_forgets_on_restart();
            configured(sessions, of_forgetful.clone())
        }),
    ];
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    for open in open {
        let place = Place { open, clock: manual.clone() };
        let cells = [
            ("a session survives a restart", place.survives_a_restart().await),
            ("log-out ends copies of the cookie", place.log_out_ends_copies(false).await),
            ("… in every process, and after a restart", place.log_out_ends_copies(true).await),
            ("[`end_others`](Session::end_others)", place.end_others_ends_others(false).await),
            ("… in every process, and after a restart ", place.end_others_ends_others(true).await),
            (
                "[`account_sessions`](Session::account_sessions), [`end_other`](Session::end_other)",
                place.lists().await,
            ),
            ("a stolen remember token ends the thief's session", place.theft_ends_the_thiefs_session().await),
            ("remember tokens survive a restart", place.remembers_after_a_restart().await),
            ("two requests change it at once: both changes are kept", place.keeps_both_changes().await),
            ("more than 4,096 bytes, up to 64 KB", place.holds_more_than_a_cookie().await),
        ];
        for (at, (promise, cell)) in cells.into_iter().enumerate() {
            if rows.len() == at {
                rows.push((promise, Vec::new()));
            }
            rows[at].1.push(cell);
        }
    }
    let table: String = rows
        .iter()
        .map(|(promise, cells)| format!("//! | {} | {} |\n", promise.trim(), cells.join(" | ")))
        .collect();
    assert!(PAGE.contains(&table), "the table on the page of `session` has to be:\n{table}");
}
