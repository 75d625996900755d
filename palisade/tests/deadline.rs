//! `Deadline` on tokio's paused clock.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use palisade::deadline::Deadline;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Answers after the number of seconds in the request's path.
async fn work(request: Request<()>) -> Result<Response<String>, Infallible> {
    sleep(seconds(request.uri().path()[1..].parse().unwrap())).await;
    Ok(Response::new("done".to_owned()))
}

/// Returns the response to work of this many seconds, and the seconds until it came.
async fn ask<S>(service: &S, takes: u64) -> (Response<String>, u64)
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible> + Clone,
{
    let asked = Instant::now();
    let request = Request::get(format!("/{takes}")).body(()).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    (response, asked.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_late_response_becomes_a_rejection() {
    let service = Deadline::default().layer(service_fn(work));
    let (response, after) = ask(&service, 29).await;
    assert_eq!((response.status().as_u16(), response.body().as_str(), after), (200, "done", 29));

    let (response, after) = ask(&service, 31).await;
    assert_eq!((response.status().as_u16(), response.body().as_str(), after), (503, "", 30));
    let rejection = response.extensions().get::<palisade::Rejection>().unwrap();
    assert_eq!(*rejection, palisade::deadline::DeadlinePassed);
}

#[tokio::test(start_paused = true)]
async fn the_handler_is_dropped_at_its_deadline() {
    let (working, mut gone) = oneshot::channel::<()>();
    let working = std::sync::Mutex::new(Some(working));
    let service = service_fn(|_: Request<()>| {
        let working = working.lock().unwrap().take();
        async move {
            std::future::pending::<()>().await;
            drop(working);
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    });
    let mut answer = std::pin::pin!(Deadline::default().layer(service).call(Request::new(())));
    assert_eq!(answer.as_mut().await.unwrap().status(), 503);
    assert_eq!(gone.try_recv(), Err(TryRecvError::Closed));
}

#[tokio::test(start_paused = true)]
async fn the_innermost_deadline_applies() {
    let longer = Deadline::new(seconds(10)).layer(Deadline::new(seconds(100)).layer(service_fn(work)));
    assert_eq!(ask(&longer, 99).await.0.status(), 200);
    let (response, after) = ask(&longer, 101).await;
    assert_eq!((response.status().as_u16(), after), (503, 100));

    let shorter = Deadline::new(seconds(100)).layer(Deadline::new(seconds(10)).layer(service_fn(work)));
    assert_eq!(ask(&shorter, 9).await.0.status(), 200);
    let (response, after) = ask(&shorter, 11).await;
    assert_eq!((response.status().as_u16(), after), (503, 10));

    let never = Deadline::new(seconds(10)).layer(Deadline::never().layer(service_fn(work)));
    assert_eq!(ask(&never, 100_000).await.0.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_matched_route_can_still_move_the_deadline() {
    let inner = Deadline::new(seconds(100)).layer(service_fn(work));
    let found = service_fn(move |request: Request<()>| {
        let inner = inner.clone();
        async move {
            sleep(seconds(5)).await;
            inner.oneshot(request).await
        }
    });
    let (response, after) = ask(&Deadline::new(seconds(10)).layer(found), 200).await;
    assert_eq!((response.status().as_u16(), after), (503, 105));
}
