//! Server-sent events of leaderboards.

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http_body_util::BodyExt;
use mathsoc::domain::person::Role;
use mathsoc::live::{Crowded, Live, Pace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::schools::{challenge, logged_in, pupil, solve};
use crate::support::browser::{Browser, HOST};
use crate::support::site::TestSite;

const NEVER: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(5);
const SLOW: Pace = Pace { look: NEVER, rest: Duration::ZERO, beat: NEVER, lasts: NEVER };

/// Starts a site with this pace of live updates.
async fn at(pace: Pace, settings: &[(&str, &str)]) -> TestSite {
    let mut site = TestSite::new(settings).await;
    site.app = site.app.with(|app| app.live = app.live.clone().pace(pace));
    site.router = mathsoc::app(site.app.clone());
    site
}

/// A streaming response.
struct Stream {
    status: u16,
    headers: HeaderMap,
    body: Body,
    heard: String,
}

impl Stream {
    async fn open(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> Self {
        let headers = [&[("accept", "text/event-stream")], headers].concat();
        let (head, body) = browser.open(path, &headers).await.into_parts();
        Self { status: head.status.as_u16(), headers: head.headers, body, heard: String::new() }
    }

    /// Reads until the stream contains this text; the test's time limit ends a wait in vain.
    async fn until(&mut self, text: &str) -> &str {
        while !self.heard.contains(text) {
            let frame = self.body.frame().await.unwrap_or_else(|| panic!("{text:?} in {}", self.heard));
            self.heard.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
        &self.heard
    }

    async fn whole(mut self) -> String {
        while let Some(frame) = self.body.frame().await {
            self.heard.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
        self.heard
    }
}

#[tokio::test]
async fn a_board_updates_when_a_member_answers() {
    let site = at(SLOW, &[]).await;
    let halves = challenge(&site).await;
    for email in ["ada@x.example", "eve@x.example"] {
        pupil(&site, None, email).await;
    }
    let (mut ada, eve) = (logged_in(&site, "ada@x.example").await, logged_in(&site, "eve@x.example").await);
    let mut all = Stream::open(&eve, "/leaderboard/events?board=all", &[]).await;
    let mut stage = Stream::open(&eve, "/leaderboard/events?board=KS4&page=1", &[]).await;
    assert_eq!((all.status, all.headers["content-type"].to_str().unwrap()), (200, "text/event-stream"));
    assert!(all.until("\n\n").await.starts_with("retry: 2000"), "{}", all.heard);
    stage.until("\n\n").await;

    let fields = [("box", "1"), ("answer", "1")];
    let token = ada.token().await;
    let fields = [&fields[..], &[("csrf_token", &token)]].concat();
    assert_eq!(ada.post(&format!("/challenges/{halves}/answers"), &fields).await.status, 303);
    for stream in [&mut all, &mut stage] {
        let heard = stream.until("\"name\":\"ada\"").await;
        assert!(heard.contains("id: 1\nevent: board\ndata: {\"board\":{\"lines\":[{\"rank\":1"), "{heard}");
        assert!(
            heard.contains("\"own\":{\"rank\":2,\"name\":\"eve\""),
            "the event contains the viewer's own line: {heard}"
        );
    }
}

#[tokio::test]
async fn a_board_updates_when_an_admin_changes_points() {
    let site = at(SLOW, &[("ADMIN_TOTP_REQUIRED", "false")]).await;
    pupil(&site, None, "eve@x.example").await;
    site.member("grace@x.example", Role::Admin).await;
    let (mut grace, eve) =
        (logged_in(&site, "grace@x.example").await, logged_in(&site, "eve@x.example").await);
    let mut stream = Stream::open(&eve, "/leaderboard/events?board=KS4", &[]).await;
    stream.until("\n\n").await;
    let award = [("pupil", "eve@x.example"), ("points", "7"), ("reason", "A question"), ("counts", "KS4")];
    assert_eq!(grace.fill("/admin/awards/new", &award).await.status, 303);
    let first = "id: 1\nevent: board\ndata: {\"board\":{\"lines\":[{\"rank\":1,\"name\":\"eve\",\"school\":null,\"points\":7";
    stream.until(first).await;
    assert_eq!(grace.fill("/admin/bin/awards/1", &[]).await.status, 303);
    stream.until("id: 2\nevent: board\ndata: {\"board\":{\"lines\":[]").await;
    let token = grace.token().await;
    assert_eq!(grace.post("/admin/bin/awards/1/restore", &[("csrf_token", &token)]).await.status, 303);
    stream.until("id: 3\nevent: board\ndata: {\"board\":{\"lines\":[{\"rank\":1,\"name\":\"eve\"").await;
}

#[tokio::test]
async fn a_board_updates_only_when_another_process_wrote() {
    let site = at(Pace { look: SOON, beat: SOON, ..SLOW }, &[]).await;
    let (halves, others) = (challenge(&site).await, challenge(&site).await);
    let ada = pupil(&site, None, "ada@x.example").await;
    let eve = pupil(&site, None, "eve@x.example").await;
    solve(&site, &ada, halves).await;
    let browser = logged_in(&site, "eve@x.example").await;
    let mut stream = Stream::open(&browser, "/leaderboard/events?board=all&version=1", &[]).await;
    stream.until("\n:\n\n:\n\n:\n").await;
    assert!(!stream.heard.contains("data"), "no event for the state that the page shows: {}", stream.heard);
    solve(&site, &eve, others).await;
    stream.until("id: 2\nevent: board").await;

    // After a reconnect, the stream starts with the changes since the last event.
    let missed = [("last-event-id", "1")];
    let mut back = Stream::open(&browser, "/leaderboard/events?board=all&version=2", &missed).await;
    back.until("id: 2\nevent: board").await;
    let none = [("last-event-id", "2")];
    let mut back = Stream::open(&browser, "/leaderboard/events?board=all&version=0", &none).await;
    assert!(!back.until(":\n\n:\n\n").await.contains("data"), "{}", back.heard);
}

#[tokio::test]
async fn a_stream_expires_and_reopening_needs_a_session() {
    let site = at(Pace { lasts: Duration::from_millis(50), beat: SOON, ..SLOW }, &[]).await;
    pupil(&site, None, "ada@x.example").await;
    let mut ada = logged_in(&site, "ada@x.example").await;
    let stream = Stream::open(&ada, "/leaderboard/events", &[]).await;
    let signed_in = ada.clone();
    let page = ada.get("/profile/edit").await;
    assert_eq!(ada.post("/logout", &[("csrf_token", &page.token())]).await.status, 303);
    assert!(stream.whole().await.starts_with("retry: 2000\n\n"));
    let again = Stream::open(&signed_in, "/leaderboard/events", &[]).await;
    assert_eq!(again.status, 401, "a script cannot use a redirect to the login page");
    assert!(Pace::default().lasts < Duration::from_secs(60), "a stream ends within a minute");
}

#[tokio::test]
async fn a_member_has_at_most_three_open_streams() {
    let site = at(SLOW, &[]).await;
    for email in ["ada@x.example", "eve@x.example"] {
        pupil(&site, None, email).await;
    }
    let (ada, eve) = (logged_in(&site, "ada@x.example").await, logged_in(&site, "eve@x.example").await);
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = Stream::open(&ada, "/leaderboard/events", &[]).await;
        stream.until("\n\n").await;
        open.push(stream);
    }
    let fourth = Stream::open(&ada, "/leaderboard/events", &[]).await;
    assert_eq!((fourth.status, fourth.headers["retry-after"].to_str().unwrap()), (429, "30"));
    assert_eq!(
        Stream::open(&eve, "/leaderboard/events", &[]).await.status,
        200,
        "each member has three streams"
    );
    open.pop();
    while site.app.live.watchers() > 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(Stream::open(&ada, "/leaderboard/events", &[]).await.status, 200);
}

#[tokio::test]
async fn open_streams_are_limited_in_total() {
    let site = TestSite::new(&[]).await;
    let live = Live::new(site.app.db.clone());
    let mut watchers: Vec<_> = (0..Live::IN_ALL as i64).map(|member| live.watch(member).unwrap()).collect();
    assert_eq!(live.watch(-1).unwrap_err(), Crowded::Site);
    watchers.pop();
    watchers.push(live.watch(-1).unwrap());
    live.end();
    watchers.pop();
    assert_eq!(live.watch(-1).unwrap_err(), Crowded::Ended);
    for watcher in &watchers {
        watcher.ended().await;
    }
}

#[tokio::test]
async fn streams_are_uncompressed_uncached_and_need_a_login() {
    let site = at(SLOW, &[]).await;
    pupil(&site, None, "ada@x.example").await;
    let ada = logged_in(&site, "ada@x.example").await;
    let stream = Stream::open(&ada, "/leaderboard/events", &[("accept-encoding", "gzip, br")]).await;
    assert!(!stream.headers.contains_key("content-encoding"), "{:?}", stream.headers);
    assert_eq!(stream.headers["cache-control"], "no-store");
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    assert!(stream.headers.contains_key("content-security-policy"));
    let visitor = Stream::open(&site.browser(), "/leaderboard/events", &[]).await;
    assert_eq!(visitor.status, 401);
    assert_eq!(site.app.live.watchers(), 1);
}

#[tokio::test]
async fn reconnects_have_their_own_rate_limit() {
    let site = at(Pace { lasts: Duration::ZERO, ..SLOW }, &[("RATELIMIT_ENABLED", "true")]).await;
    pupil(&site, None, "ada@x.example").await;
    let mut ada = logged_in(&site, "ada@x.example").await;
    for n in 0..30 {
        let stream = Stream::open(&ada, "/leaderboard/events", &[]).await;
        assert_eq!(stream.status, 200, "{n}");
        stream.whole().await;
    }
    assert_eq!(Stream::open(&ada, "/leaderboard/events", &[]).await.status, 429);
    assert_eq!(ada.get("/leaderboard").await.status, 200);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let site = at(SLOW, &[]).await;
    pupil(&site, None, "ada@x.example").await;
    let ada = logged_in(&site, "ada@x.example").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let live = site.app.live.clone();
    let until = async move {
        let _ = stopped.await;
        live.end();
    };
    let server = tokio::spawn(palisade::serve(listener, site.router.clone()).until(until).into_future());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /leaderboard/events HTTP/1.1\r\nhost: {HOST}\r\ncookie: session={}\r\n\r\n",
        ada.cookie("session").unwrap()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("retry: 2000") {
        assert!(stream.read_buf(&mut heard).await.unwrap() > 0, "{}", String::from_utf8_lossy(&heard));
    }
    stop.send(()).unwrap();
    stream.read_to_end(&mut heard).await.unwrap();
    assert!(String::from_utf8_lossy(&heard).ends_with("0\r\n\r\n"), "the chunked body ends properly");
    server.await.unwrap().expect("all connections closed before the drain ended");
}
