//! A whole year group logs in at the same moment, over real connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mathsoc::person::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::world::{PASSWORD, Site};

const EMAIL: &str = "ada@school.example";
const CROWD: usize = 200;

/// The status and the head of the answer.
async fn ask(address: &str, request: String) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer[9..12].parse().unwrap(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_log_in_at_once_in_bounded_memory_and_health_checks_are_answered_meanwhile() {
    let site = Site::new(&[]).await;
    site.user(EMAIL, Role::Pupil).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(palisade::serve(listener, site.router.clone()).into_future());

    let mut browser = site.browser();
    let token = browser.get("/login").await.token();
    let cookie = format!("session={}", browser.jar["session"]);
    let body =
        format!("csrf_token={token}&email=ada%40school.example&password={}", PASSWORD.replace(' ', "+"));
    let login = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let over = Arc::new(AtomicBool::new(false));
    let watching = {
        let (address, over) = (address.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut answered = 0;
            while !over.load(Ordering::SeqCst) {
                let health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                assert_eq!(ask(&address, health.into()).await.0, 200);
                answered += 1;
            }
            answered
        })
    };
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        let (address, login) = (address.clone(), login.clone());
        crowd.spawn(async move { ask(&address, login).await });
    }
    let (mut inside, mut later) = (0, 0);
    while let Some(answer) = crowd.join_next().await {
        let (status, answer) = answer.unwrap();
        match status {
            303 => inside += 1,
            503 => {
                assert!(answer.contains("retry-after: 2"), "{answer}");
                later += 1;
            }
            other => panic!("{other}: {answer}"),
        }
    }
    over.store(true, Ordering::SeqCst);
    let answered = watching.await.unwrap();
    assert_eq!(inside + later, CROWD);
    assert!(inside >= 60, "{inside} were let in: as many as wait, and those whose turn it was");
    assert!(answered > 3, "health was answered {answered} times");
    serving.abort();
}
