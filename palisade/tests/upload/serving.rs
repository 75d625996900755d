//! Serving: headers, downloads, caching and ranges.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::{Request, StatusCode};
use palisade::front_door::Guards;
use palisade::upload::Upload;
use tower::ServiceExt;

use super::samples::{every, pdf, png};
use super::site::{Files, Site};

async fn ask(site: &Site, upload: &Upload, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::get(format!("/files/{}", upload.id));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.ask(request.body(Body::empty()).unwrap()).await
}

async fn body(response: Response) -> Vec<u8> {
    to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()
}

#[tokio::test]
async fn a_file_is_served_sandboxed_with_its_type() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for (name, bytes) in every() {
        let upload = site.keep(name, &bytes).await;
        // Behind the layers of a site.
        let request = crate::support::https_get(&format!("/files/{}", upload.id));
        let proxied =
            Guards::new().hosts(["example.org"]).unwrap().trusted_proxies(palisade::proxy::Proxies::hops(1));
        let response = site.app().layer(proxied).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name: &str| {
            let mut lines = response.headers().get_all(name).iter();
            let line = lines.next().unwrap_or_else(|| panic!("no {name}")).to_str().unwrap();
            assert!(lines.next().is_none(), "{name} was sent twice");
            line
        };
        assert_eq!(header("content-type"), upload.file_type.media_type());
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-disposition"), format!("inline; filename=\"{name}\""));
        assert_eq!(header("cache-control"), "private, no-cache");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let policy = "default-src 'none'; frame-ancestors 'self'; sandbox";
        assert_eq!(header("content-security-policy"), policy);
        assert_eq!(header("content-length"), bytes.len().to_string());
    }
}

#[tokio::test]
async fn a_file_is_saved_under_its_own_name() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for (name, expected) in [
        ("a.pdf", "attachment; filename=\"a.pdf\""),
        ("Übung 1.pdf", "attachment; filename=\"Ubung_1.pdf\"; filename*=UTF-8''%C3%9Cbung_1.pdf"),
        ("файл.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%D1%84%D0%B0%D0%B9%D0%BB.pdf"),
    ] {
        let upload = site.keep(name, &pdf()).await;
        let request = Request::get(format!("/saved/{}", upload.id)).body(Body::empty()).unwrap();
        assert_eq!(site.ask(request).await.headers()["content-disposition"], expected);
    }
}

#[tokio::test]
async fn a_cached_file_is_not_sent_again() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let upload = site.keep("a.png", &png()).await;
    let tag = format!("\"{}\"", upload.digest);
    assert_eq!(ask(&site, &upload, &[]).await.headers()["etag"], *tag);
    let other = format!("\"x\", W/{tag}");
    for known in [&*tag, &other, "*"] {
        let response = ask(&site, &upload, &[("if-none-match", known), ("range", "bytes=0-3")]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(response.headers()["etag"], *tag);
        assert!(body(response).await.is_empty());
    }
    for unknown in ["\"x\"", "", "x"] {
        assert_eq!(ask(&site, &upload, &[("if-none-match", unknown)]).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_range_is_served_alone() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let (pdf, upload) = (pdf(), site.keep("a.pdf", &pdf()).await);
    let length = pdf.len();
    for (range, part) in [
        ("bytes=0-3", 0..4),
        ("bytes=5-", 5..length),
        ("bytes=-6", length - 6..length),
        ("bytes=3-999999", 3..length),
    ] {
        let response = ask(&site, &upload, &[("range", range)]).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        let expected = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        assert_eq!(response.headers()["content-range"], *expected);
        assert_eq!(response.headers()["content-length"], *part.len().to_string());
        assert_eq!(body(response).await, pdf[part]);
    }
    for whole in ["bytes=0-1,4-5", "bytes=5-2", "pages=1-2"] {
        let response = ask(&site, &upload, &[("range", whole)]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body(response).await, pdf, "{whole}");
    }
    let response = ask(&site, &upload, &[("range", "bytes=9999-")]).await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(response.headers()["content-range"], *format!("bytes */{length}"));
}

#[tokio::test]
async fn a_range_of_a_changed_file_is_ignored() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let upload = site.keep("a.pdf", &pdf()).await;
    let tag = format!("\"{}\"", upload.digest);
    let ranged = async |known: &str| {
        ask(&site, &upload, &[("range", "bytes=0-3"), ("if-range", known)]).await.status()
    };
    assert_eq!(ranged(&tag).await, StatusCode::PARTIAL_CONTENT);
    for other in [&format!("W/{tag}"), "\"x\"", "Sat, 21 Nov 2026 10:00:00 GMT"] {
        assert_eq!(ranged(other).await, StatusCode::OK, "{other}");
    }
}

#[tokio::test]
async fn a_head_request_gets_headers_only() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let upload = site.keep("a.png", &png()).await;
    let path = format!("/files/{}", upload.id);
    let response =
        site.ask(Request::head(&path).header("range", "bytes=0-3").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-length"], *png().len().to_string());
    assert!(body(response).await.is_empty());
    let response = site.ask(Request::post(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}

#[tokio::test]
async fn a_modified_file_is_not_served() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    let upload = site.keep("a.png", &png()).await;
    let path = folder.0.join("files").join(upload.id.to_string());
    std::fs::write(&path, [png(), png()].concat()).unwrap();
    assert_eq!(ask(&site, &upload, &[]).await.status(), StatusCode::NOT_FOUND);
    std::fs::remove_file(path).unwrap();
    assert_eq!(ask(&site, &upload, &[]).await.status(), StatusCode::NOT_FOUND);
    let head = Request::head(format!("/files/{}", upload.id)).body(Body::empty()).unwrap();
    assert_eq!(site.ask(head).await.status(), StatusCode::NOT_FOUND);
}
