//! Two hundred concurrent logins over real connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use palisade::Passwords;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use crate::support::browser::{HOST, ORIGIN, form};
use crate::support::site::TestSite;

const CROWD: usize = 200;
const QUEUE: usize = 16;

/// Returns the status of the response to this request.
async fn status(address: &str, request: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let line = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Returns the statuses of the logins, and the number of health checks that passed until then.
async fn crowd(settings: &[(&str, &str)]) -> (Vec<u16>, usize) {
    let site = TestSite::with_ada(settings).await;
    // Passwords at production cost; two at a time on every machine.
    let passwords = Passwords::new().max_concurrent(2).max_queued(QUEUE);
    let router = mathsoc::app(site.app.clone().with(|app| app.passwords = passwords));
    let mut browser = site.browser();
    let token = browser.get("/login").await.token();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = tokio::spawn(palisade::serve(listener, router).into_future());

    let start = Arc::new(Barrier::new(CROWD));
    let people: Vec<_> = (0..CROWD)
        .map(|n| {
            let email = format!("n{n}@school.example");
            let body = form(&[("email", &email), ("password", "a wrong password"), ("csrf_token", &token)]);
            let request = format!(
                "POST /login HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\nCookie: session={}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                browser.cookie("session").unwrap(),
                body.len()
            );
            let (start, address) = (Arc::clone(&start), address.clone());
            tokio::spawn(async move {
                start.wait().await;
                status(&address, &request).await
            })
        })
        .collect();
    let over = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&over);
    let watcher = tokio::spawn(async move {
        let mut alive = 0;
        while !watched.load(Ordering::Relaxed) {
            let request = format!("GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
            assert_eq!(status(&address, &request).await, 200);
            alive += 1;
        }
        alive
    });
    let mut statuses = Vec::new();
    for person in people {
        statuses.push(person.await.unwrap());
    }
    over.store(true, Ordering::Relaxed);
    let alive = watcher.await.unwrap();
    served.abort();
    (statuses, alive)
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|it| **it == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn surplus_concurrent_logins_get_503() {
    let (statuses, alive) = crowd(&[]).await;
    let (tried, busy) = (count(&statuses, 422), count(&statuses, 503));
    assert_eq!(tried + busy, CROWD, "{statuses:?}");
    // The speed of the machine decides how many queued logins run before the rest arrives.
    assert!(tried >= QUEUE && busy > 0, "{tried} were tried, {busy} got 503");
    assert!(alive > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_logins_of_one_address_are_limited() {
    let (statuses, alive) = crowd(&[("RATELIMIT_ENABLED", "true")]).await;
    let [tried, busy, limited] = [422, 503, 429].map(|status| count(&statuses, status));
    assert_eq!(tried + busy + limited, CROWD, "{statuses:?}");
    // An attempt that meets a busy server costs the address nothing.
    assert!((1..=100).contains(&tried), "{tried} were tried, {limited} got 429");
    assert!(alive > 0);
}
