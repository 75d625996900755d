//! Redirects lead to this site or to an allowed site, for any input.

use axum::Router;
use axum::body::Body;
use axum::extract::Query;
use axum::routing::post;
use http::{Request, Response, Uri};
use palisade::Redirect;
use palisade::redirect::{Next, RedirectSites, SafePath, SafePathError};
use serde::Deserialize;
use tower::ServiceExt;
use url::Url;

/// Returns a page in a folder, so that relative and absolute paths differ.
fn here() -> Url {
    Url::parse("https://site.example/app/page?x=1#y").unwrap()
}

fn parse_error(text: &str) -> SafePathError {
    match text.parse::<SafePath>() {
        Ok(path) => panic!("{text:?} passed as {path}"),
        Err(error) => error,
    }
}

#[test]
fn local_paths_pass_and_are_encoded() {
    for (text, written) in [
        ("/", "/"),
        ("/articles?page=2#top", "/articles?page=2#top"),
        ("/a//b/c...d/.hidden/..x", "/a//b/c...d/.hidden/..x"),
        ("/ü/α β", "/%C3%BC/%CE%B1%20%CE%B2"),
        ("/100%/%zz/%4", "/100%25/%25zz/%254"),
        ("/%c3%bc%2F", "/%c3%bc%2F"),
        ("/search?q=\\frac{1}{2}^\"<x>|`", "/search?q=%5Cfrac%7B1%7D%7B2%7D%5E%22%3Cx%3E%7C%60"),
        ("/a[1]?b[]=/../#c[", "/a%5B1%5D?b%5B%5D=/../#c%5B"),
        ("/a#b#c%23", "/a#b%23c%23"),
        ("/go?next=//elsewhere.example", "/go?next=//elsewhere.example"),
        ("/lines?text=a%0d%0ab", "/lines?text=a%0d%0ab"),
        ("/@user:pass@elsewhere.example", "/@user:pass@elsewhere.example"),
        ("/http://elsewhere.example", "/http://elsewhere.example"),
        ("/／elsewhere.example", "/%EF%BC%8Felsewhere.example"),
        ("/?", "/?"),
        ("/#", "/#"),
    ] {
        let path: SafePath = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(path.as_str(), written, "{text:?}");
        assert_eq!(written.parse(), Ok(path), "the encoded path parses to itself: {written:?}");
    }
}

#[test]
fn external_targets_are_rejected_with_the_reason() {
    use SafePathError::*;
    for (text, reason) in [
        ("", NotAbsolute),
        ("page", NotAbsolute),
        ("?page=2", NotAbsolute),
        (" /page", NotAbsolute),
        ("\\elsewhere.example", NotAbsolute),
        ("http:elsewhere.example", NotAbsolute),
        ("https://site.example/page", NotAbsolute),
        ("javascript:alert(1)//", NotAbsolute),
        ("\t//elsewhere.example", NotAbsolute),
        ("\u{a0}//elsewhere.example", NotAbsolute),
        ("／／elsewhere.example", NotAbsolute),
        ("//elsewhere.example", TwoSlashes),
        ("///elsewhere.example", TwoSlashes),
        ("//site.example@elsewhere.example/", TwoSlashes),
        ("//münchen.example", TwoSlashes),
        ("/%2felsewhere.example", TwoSlashes),
        ("/%2F/elsewhere.example", TwoSlashes),
        ("/\\elsewhere.example", Backslash),
        ("/\\/elsewhere.example", Backslash),
        ("/%5celsewhere.example", Backslash),
        ("/a\\..\\..\\b", Backslash),
        ("/\t/elsewhere.example", Control),
        ("/\n/elsewhere.example", Control),
        ("/\r/elsewhere.example", Control),
        ("/\0/elsewhere.example", Control),
        ("/\u{b}/elsewhere.example", Control),
        ("/\u{7f}", Control),
        ("/\r\nX-Header: yes", Control),
        ("/page?x=\n", Control),
        ("/page#\t", Control),
        ("/%09/elsewhere.example", Control),
        ("/a%0d%0aX-Header: yes", Control),
        ("/a%00b", Control),
        ("/./ /elsewhere.example", DotSegment),
        ("/.//elsewhere.example", DotSegment),
        ("/..//elsewhere.example", DotSegment),
        ("/%2e//elsewhere.example", DotSegment),
        ("/a/.%2E//elsewhere.example", DotSegment),
        ("/x%2f..%2f/elsewhere.example", DotSegment),
        ("/a/..", DotSegment),
        ("/a/.?b", DotSegment),
        ("/a/..#b", DotSegment),
    ] {
        assert_eq!(parse_error(text), reason, "{text:?}");
    }
}

#[test]
fn a_path_is_limited_to_2048_bytes() {
    let longest = format!("/{}", "a".repeat(2_047));
    assert_eq!(longest.parse::<SafePath>().unwrap().as_str(), longest);
    assert_eq!(parse_error(&format!("{longest}a")), SafePathError::TooLong);
    let grows = format!("/{}", " ".repeat(683));
    assert_eq!(parse_error(&grows), SafePathError::TooLong, "683 spaces are 2,049 bytes");
    assert!(grows[1..].replacen(' ', "/", 1).parse::<SafePath>().is_ok());
}

#[test]
fn accepted_targets_stay_on_the_site_in_browsers() {
    let pieces = [
        "/",
        "/",
        "/",
        "\\",
        ".",
        "..",
        "%2e",
        "%2F",
        "%5c",
        "%09",
        "%",
        "%25",
        "\t",
        "\n",
        "\r",
        "\0",
        " ",
        "?",
        "#",
        "@",
        ":",
        "http:",
        "javascript:",
        "elsewhere.example",
        "site.example",
        "a",
        "é",
        "／",
        "。",
        "[",
        "::1",
        "]",
        "{",
        "\"",
        "<",
        "|",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{feff}",
        ";",
        "&",
        "=",
    ];
    let sites = RedirectSites::new(["partner.example", "https://partner.example:8443"]).unwrap();
    let origins = [
        here(),
        Url::parse("https://partner.example:8443").unwrap(),
        Url::parse("https://partner.example").unwrap(),
    ]
    .map(|url| url.origin());
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below
    };
    let starts = ["/", "", "https://partner.example", "https://partner.example:8443", "HTTPS://"];
    let mut passed = [0, 0];
    for _ in 0..100_000 {
        let mut text = starts[draw(starts.len())].to_owned();
        for _ in 0..draw(8) {
            text.push_str(pieces[draw(pieces.len())]);
        }
        if let Ok(path) = text.parse::<SafePath>() {
            let goes = here().join(path.as_str()).unwrap();
            assert_eq!(goes.origin(), here().origin(), "{text:?} leads to {goes}");
            assert_eq!(
                &goes[url::Position::BeforePath..],
                path.as_str().replace('\'', "%27"),
                "{text:?}: a browser changes the path"
            );
            assert!(!goes.path().starts_with("//"), "{text:?} leads to {goes}");
            assert!(goes.username().is_empty() && goes.password().is_none());
            assert_eq!(
                path.as_str().parse(),
                Ok(path.clone()),
                "{text:?}: the path does not parse to itself"
            );
            http::HeaderValue::from_str(path.as_str()).unwrap();
            passed[0] += 1;
        }
        if let Ok(target) = sites.check(&text) {
            let goes = here().join(target.as_str()).unwrap();
            assert!(origins.contains(&goes.origin()), "{text:?} leads to {goes}");
            assert!(goes.username().is_empty() && goes.password().is_none());
            passed[1] += 1;
        }
    }
    assert!(passed[0] > 1_000 && passed[1] > passed[0] + 1_000, "too few inputs passed: {passed:?}");
}

#[derive(Debug, Deserialize)]
struct Form {
    next: Next,
    name: String,
}

fn form(query: &str) -> Form {
    let uri: Uri = format!("/login?{query}").parse().unwrap();
    Query::<Form>::try_from_uri(&uri).unwrap().0
}

#[test]
fn an_unsafe_next_keeps_the_form_valid() {
    for (query, goes) in [
        ("name=ada&next=%2Farticles%3Fpage%3D2", "/articles?page=2"),
        ("name=ada&next=%2F%2Felsewhere.example", "/home"),
        ("name=ada&next=", "/home"),
        ("name=ada", "/home"),
    ] {
        let form = form(query);
        assert_eq!(form.name, "ada");
        assert_eq!(form.next.or("/home").as_str(), goes, "{query}");
    }
    let json: Form = serde_json::from_str(r#"{"name": "ada", "next": null}"#).unwrap();
    assert_eq!(json.next.path(), None);
}

#[test]
fn serde_reads_paths_and_rejects_unsafe_ones() {
    let path: SafePath = serde_json::from_str(r#""/a b""#).unwrap();
    assert_eq!(serde_json::to_string(&path).unwrap(), r#""/a%20b""#);
    let error = serde_json::from_str::<SafePath>(r#""//a""#).unwrap_err().to_string();
    assert!(error.contains("two slashes"), "{error}");
}

#[test]
#[should_panic(expected = "not a path on this site")]
fn an_unsafe_fallback_is_always_an_error() {
    Next::from(SafePath::of("/")).or("//elsewhere.example");
}

#[test]
fn a_requests_path_becomes_the_next_parameter() {
    let asked: Uri = "https://site.example/profile?tab=2".parse().unwrap();
    let back = SafePath::try_from(&asked).unwrap();
    let log_in = SafePath::of("/login").query("next", back.as_str()).unwrap();
    assert_eq!(log_in.as_str(), "/login?next=%2Fprofile%3Ftab%3D2");
    assert_eq!(SafePath::of("/a?b#c").query("d", "é&").unwrap().as_str(), "/a?b&d=%C3%A9%26#c");
    assert!(SafePath::try_from(&"*".parse::<Uri>().unwrap()).is_err());
    let long = format!("/{}", "a".repeat(2_040)).parse::<SafePath>().unwrap();
    assert_eq!(long.query("next", "/articles"), Err(SafePathError::TooLong));
}

#[test]
fn joins_one_encoded_segment() {
    for (page, segment, path) in [
        ("/notes", "17", "/notes/17"),
        ("/notes/", "17", "/notes/17"),
        ("/", "a", "/a"),
        ("/notes", "é &#?", "/notes/%C3%A9%20%26%23%3F"),
        ("/notes", "AC/DC", "/notes/AC%2FDC"),
        ("/notes", "100%", "/notes/100%25"),
        ("/notes", "%2e%2e", "/notes/%252e%252e"),
        ("/notes", "...", "/notes/..."),
        ("/notes?page=2#top", "17", "/notes/17?page=2#top"),
    ] {
        let page: SafePath = page.parse().unwrap();
        assert_eq!(page.join(segment).unwrap().as_str(), path, "{page} {segment:?}");
    }
    assert_eq!(SafePath::of("/notes").join(i64::MIN).unwrap().as_str(), "/notes/-9223372036854775808");
}

#[test]
fn rejects_segments_that_change_the_path() {
    use SafePathError::{Backslash, Control, DotSegment, EmptySegment, TooLong, TwoSlashes};
    for (page, segment, reason) in [
        ("/notes", "", EmptySegment),
        ("/notes", ".", DotSegment),
        ("/notes", "..", DotSegment),
        ("/notes", "../x", DotSegment),
        ("/notes", "x/..", DotSegment),
        ("/notes", "a\\b", Backslash),
        ("/notes", "a\nb", Control),
        ("/notes", "a\0", Control),
        ("/", "/elsewhere.example", TwoSlashes),
        ("/", "\\elsewhere.example", Backslash),
    ] {
        let page: SafePath = page.parse().unwrap();
        assert_eq!(page.join(segment), Err(reason), "{page} {segment:?}");
    }
    assert_eq!(SafePath::of("/notes").join("a".repeat(2_042)), Err(TooLong));
}

#[test]
fn a_joined_segment_never_leaves_its_folder() {
    let pieces = [
        "/", "\\", ".", "..", "%", "2e", "%2f", "?", "#", "@", ":", "é", "／", " ", "\t", "a", "<",
        "\u{202e}",
    ];
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below
    };
    let mut passed = 0;
    for _ in 0..50_000 {
        let segment: String = (0..draw(6)).map(|_| pieces[draw(pieces.len())]).collect();
        for page in ["/", "/notes", "/notes?x=/../#y"] {
            let Ok(path) = SafePath::of(page).join(&segment) else { continue };
            let goes = here().join(path.as_str()).unwrap();
            assert_eq!(goes.origin(), here().origin(), "{segment:?} leads to {goes}");
            let folder = page.split('?').next().unwrap().trim_end_matches('/');
            let last = goes.path().strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap();
            let read = percent_encoding::percent_decode_str(last).decode_utf8().unwrap();
            assert_eq!(read, segment, "{path}");
            assert!(!last.contains('/'), "{path} has one more segment");
            assert_eq!(path.as_str().parse(), Ok(path.clone()));
            passed += 1;
        }
    }
    assert!(passed > 10_000, "{passed}");
}

#[tokio::test]
async fn a_redirect_is_a_303_by_default() {
    const HOME: SafePath = SafePath::of("/home?from=there");
    let app: Router = Router::new()
        .route("/to", post(async || Redirect::to(HOME)))
        .route("/temporary", post(async || Redirect::temporary(HOME)))
        .route("/permanent", post(async || Redirect::permanent(HOME)));
    for (path, status) in [("/to", 303), ("/temporary", 307), ("/permanent", 308)] {
        let request = Request::post(path).body(Body::empty()).unwrap();
        let response: Response<Body> = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["location"], "/home?from=there");
    }
}

#[test]
fn sites_are_matched_by_scheme_host_and_port() {
    let sites = RedirectSites::new(["Example.org", "https://partner.example:8443", "[2001:db8::1]"]).unwrap();
    let sites = sites.dangerous_allow_http(["http://intranet.example"]).unwrap();
    for (text, goes) in [
        ("/page", "/page"),
        ("/page?u=https://elsewhere.example", "/page?u=https://elsewhere.example"),
        ("https://example.org", "https://example.org/"),
        ("HTTPS://EXAMPLE.org:443/a b", "https://example.org/a%20b"),
        ("https://example.org.?a=b", "https://example.org/?a=b"),
        ("https://partner.example:8443#top", "https://partner.example:8443/#top"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("http://intranet.example/x", "http://intranet.example/x"),
    ] {
        assert_eq!(sites.check(text).unwrap().as_str(), goes, "{text}");
    }
    for text in [
        "http://example.org/",
        "https://intranet.example/",
        "https://partner.example/",
        "https://sub.example.org/",
        "https://example.org.elsewhere.example/",
        "https://example.org@elsewhere.example/",
        "https://elsewhere.example\\@example.org/",
        "https://user@example.org/",
        "https://example.org:8443/",
        "https://example.org\\@elsewhere.example",
        "https://example.org//elsewhere.example",
        "https:///example.org/",
        "https:example.org",
        "https:\\\\example.org",
        "//example.org/",
        "ht\ttps://example.org/",
        " https://example.org/",
        "https://ex%61mple.org/",
        "https://еxample.org/",
        "ftp://example.org/",
        "javascript://example.org/%0aalert(1)",
        "data://example.org/,x",
        "",
    ] {
        assert!(sites.check(text).is_err(), "{text:?} passed");
    }
}

#[test]
fn an_invalid_site_error_says_what_to_write() {
    for text in [
        "http://example.org",
        "https://example.org/",
        "a b",
        "",
        "ftp://example.org",
        "https://u@example.org",
    ] {
        let error = RedirectSites::new([text]).unwrap_err().to_string();
        assert!(error.contains("write `example.org`"), "{error}");
    }
    assert!(RedirectSites::new::<&str>([]).unwrap().dangerous_allow_http(["https://example.org"]).is_err());
}
