//! The allow-list of hosts.

use axum::body::Body;
use http::Request;
use palisade::Rejection;
use palisade::front_door::Guards;

use crate::support::{HERE, ask, guarded, with_peer};

async fn status(hosts: &[&str]) -> u16 {
    let app = guarded(Guards::new().hosts(["example.org", ".school.example", "localhost"]).unwrap());
    let mut request = Request::get("/");
    for host in hosts {
        request = request.header("host", *host);
    }
    let answer = ask(&app, with_peer(request.body(Body::empty()).unwrap(), HERE)).await;
    let rejected = answer.response.extensions.get::<Rejection>().is_some();
    assert_eq!(rejected, answer.status != 200, "an error status and a rejection come together");
    assert!(answer.header("content-security-policy").is_some(), "rejections have the security headers too");
    answer.status.as_u16()
}

#[tokio::test]
async fn a_listed_host_passes_and_others_get_421() {
    assert_eq!(status(&["localhost:8000"]).await, 200);
    assert_eq!(status(&["LOCALHOST."]).await, 200);
    assert_eq!(status(&["evil.example"]).await, 421);
    assert_eq!(status(&["example.org.evil.example"]).await, 421);
    assert_eq!(status(&["notschool.example"]).await, 421);
}

#[tokio::test]
async fn a_missing_or_duplicate_host_is_400() {
    for hosts in [
        &[][..],
        &[""],
        &["a b"],
        &["localhost:99999"],
        &["localhost@evil.example"],
        &["localhost", "localhost"],
    ] {
        assert_eq!(status(hosts).await, 400, "{hosts:?}");
    }
}
