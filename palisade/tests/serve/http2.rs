//! The same limits over HTTP/2 without TLS, by prior knowledge.

use axum::Router;
use axum::response::Sse;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::{Barrier, oneshot};

use super::site::Site;

async fn client(site: &Site) -> (SendRequest<Full<Bytes>>, oneshot::Receiver<()>) {
    let stream = site.connect().await.0;
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let (ended, end) = oneshot::channel();
    tokio::spawn(async move {
        let _ = connection.await;
        let _ = ended.send(());
    });
    (client, end)
}

fn to(site: &Site, path: &str) -> http::request::Builder {
    Request::builder().uri(format!("http://{}{path}", site.address))
}

#[tokio::test]
async fn requests_on_one_connection_are_answered_at_once() {
    let meet = std::sync::Arc::new(Barrier::new(3));
    let app = Router::new().route(
        "/",
        get(async move || {
            meet.wait().await;
            "met"
        }),
    );
    let site = Site::new(app).await;
    let (mut client, _end) = client(&site).await;
    let mut ask = || client.send_request(to(&site, "/").body(Full::default()).unwrap());
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    for answer in [a, b, c] {
        let answer = answer.unwrap();
        assert_eq!(answer.version(), http::Version::HTTP_2);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "met");
    }
}

#[tokio::test]
async fn heads_and_bodies_have_the_same_bounds() {
    let site = Site::new(Router::new().route("/", post(async |_: Bytes| ()))).await;
    let (mut client, _end) = client(&site).await;

    let mut many = to(&site, "/").method("POST");
    for line in 0..101 {
        many = many.header(format!("x-{line}"), "y");
    }
    let answer = client.send_request(many.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);

    for (length, status) in [(1 << 20, 200), ((1 << 20) + 1, 413)] {
        let body = Full::from(vec![b'x'; length]);
        let request = to(&site, "/").method("POST").body(body).unwrap();
        assert_eq!(client.send_request(request).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn shutdown_finishes_open_http2_streams() {
    let (entered, mut inside) = tokio::sync::mpsc::channel(1);
    let go = std::sync::Arc::new(tokio::sync::Notify::new());
    let gone = go.clone();
    let app = Router::new().route(
        "/",
        get(async move || {
            entered.send(()).await.unwrap();
            gone.notified().await;
            "done"
        }),
    );
    let site = Site::new(app).await;
    let (mut client, end) = client(&site).await;
    let asked = tokio::spawn(client.send_request(to(&site, "/").body(Full::default()).unwrap()));
    inside.recv().await.unwrap();
    let served = site.stop();
    go.notify_one();
    let answer = asked.await.unwrap().unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "done");
    end.await.unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_ends_server_sent_events() {
    let page = get(async || {
        Sse::new(
            futures_util::stream::pending::<Result<axum::response::sse::Event, std::convert::Infallible>>(),
        )
    });
    let site = Site::new(Router::new().route("/events", page)).await;
    let (mut client, _end) = client(&site).await;
    let answer = client.send_request(to(&site, "/events").body(Full::default()).unwrap()).await.unwrap();
    let served = site.stop();
    assert!(answer.into_body().collect().await.unwrap().to_bytes().is_empty());
    drop(client);
    tokio::time::timeout(std::time::Duration::from_secs(15), served).await.unwrap().unwrap().unwrap();
}
