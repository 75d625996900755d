//! Trusted proxies: client address, scheme, host and port.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use palisade::proxy::{Hops, Proxies};
use palisade::request::Client;

use crate::support::{Answer, PROXY, STRANGER, ask, with_peer};

fn client_site(proxies: Proxies) -> Router {
    let describe = |client: Client, request: Request<Body>| async move {
        let site = client.authority(&request);
        let (site, port) =
            site.map_or_else(|_| ("?".into(), 0), |site| (site.host().to_owned(), client.port(site)));
        format!("{} {} {site} {port} {}", client.ip(), client.scheme().as_str(), client.prefix())
    };
    Router::new().route("/", get(describe)).layer(proxies)
}

async fn reply(proxies: Proxies, peer: &str, headers: &[(&str, &str)]) -> String {
    let mut request = Request::get("/").header("host", "app:8000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // A proxy that says who the client is must say the scheme too.
    if headers.iter().all(|(name, _)| !["x-forwarded-proto", "forwarded"].contains(name)) {
        request = request.header("x-forwarded-proto", "http");
    }
    ask(&client_site(proxies), with_peer(request.body(Body::empty()).unwrap(), peer)).await.body
}

const ALL: Hops = Hops { x_for: 1, x_proto: 1, x_host: 1, x_port: 1, x_prefix: 1 };

#[tokio::test]
async fn forwarded_headers_are_ignored_by_default() {
    let headers =
        [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("forwarded", "for=1.2.3.4")];
    assert_eq!(reply(Proxies::none().ignore_forwarded(), PROXY, &headers).await, "10.0.0.1 http app 8000 ");
    let headers = &headers[..1];
    assert_eq!(reply(Proxies::none(), STRANGER, headers).await, "203.0.113.9 http app 8000 ");
}

#[tokio::test]
async fn the_nth_address_from_the_right_counts() {
    let hops = |n| Proxies::hops(Hops { x_for: n, ..Hops::from(1) });
    let forged = "6.6.6.6, 198.51.100.7, 10.0.0.2";
    assert_eq!(reply(hops(1), PROXY, &[("x-forwarded-for", forged)]).await, "10.0.0.2 http app 8000 ");
    assert_eq!(reply(hops(2), PROXY, &[("x-forwarded-for", forged)]).await, "198.51.100.7 http app 8000 ");
    let lines = [("x-forwarded-for", "6.6.6.6, 198.51.100.7"), ("x-forwarded-for", "10.0.0.2")];
    assert_eq!(reply(hops(2), PROXY, &lines).await, "198.51.100.7 http app 8000 ");
}

#[tokio::test]
async fn too_few_or_invalid_addresses_leave_the_peer() {
    let two = || Proxies::hops(Hops { x_for: 2, ..Hops::from(1) });
    for value in ["198.51.100.7", "", ",,", "unknown, 10.0.0.2", "not-an-ip, 10.0.0.2", "\"a, b\", 10.0.0.2"]
    {
        assert_eq!(
            reply(two(), PROXY, &[("x-forwarded-for", value)]).await,
            "10.0.0.1 http app 8000 ",
            "{value}"
        );
    }
    for (value, ip) in [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ] {
        let text = reply(Proxies::hops(ALL), PROXY, &[("x-forwarded-for", value)]).await;
        assert_eq!(text, format!("{ip} http app 8000 "), "{value}");
    }
}

#[tokio::test]
async fn a_scheme_is_http_or_https_only() {
    for (value, scheme) in [
        ("https", "https"),
        ("HTTPS", "https"),
        ("http", "http"),
        ("http, https", "https"),
        ("https, http", "http"),
        ("javascript", "http"),
        ("foo", "http"),
        ("wss", "http"),
        ("", "http"),
    ] {
        let text = reply(Proxies::hops(1), PROXY, &[("x-forwarded-proto", value)]).await;
        assert_eq!(text, format!("10.0.0.1 {scheme} app 8000 "), "{value}");
    }
}

#[tokio::test]
async fn host_port_and_prefix_follow_their_hop_counts() {
    let headers = [
        ("x-forwarded-host", "evil.example, example.org"),
        ("x-forwarded-port", "1, 8443"),
        ("x-forwarded-prefix", "/society/"),
    ];
    assert_eq!(reply(Proxies::hops(ALL), PROXY, &headers).await, "10.0.0.1 http example.org 8443 /society");
    assert_eq!(reply(Proxies::hops(1), PROXY, &headers).await, "10.0.0.1 http app 8000 ");
    let with_port = [("x-forwarded-host", "example.org:8443")];
    assert_eq!(reply(Proxies::hops(ALL), PROXY, &with_port).await, "10.0.0.1 http example.org 8443 ");
    for prefix in ["//evil.example", "/a/../b", "https://evil.example", "/a\\b"] {
        let text = reply(Proxies::hops(ALL), PROXY, &[("x-forwarded-prefix", prefix)]).await;
        assert_eq!(text, "10.0.0.1 http app 8000 ", "{prefix}");
    }
}

#[tokio::test]
async fn only_a_trusted_peers_headers_count() {
    let forged = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https")];
    let ignoring = || Proxies::hops(ALL).ignore_forwarded();
    assert_eq!(reply(ignoring(), STRANGER, &forged).await, "203.0.113.9 http app 8000 ");
    let listed = || Proxies::hops(ALL).peers(["203.0.113.0/24"]).unwrap();
    assert_eq!(reply(listed(), STRANGER, &forged).await, "1.2.3.4 https app 8000 ");
    assert_eq!(reply(listed().ignore_forwarded(), PROXY, &forged).await, "10.0.0.1 http app 8000 ");
    let any_peer = Proxies::hops(ALL).dangerous_allow_any_peer();
    assert_eq!(reply(any_peer, STRANGER, &forged).await, "1.2.3.4 https app 8000 ");
    let trusted = || Proxies::trusted(["10.0.0.0/8"]).unwrap();
    assert_eq!(reply(trusted().ignore_forwarded(), STRANGER, &forged).await, "203.0.113.9 http app 8000 ");
    assert_eq!(reply(trusted(), "[::ffff:10.0.0.1]:5", &forged).await, "1.2.3.4 https app 8000 ");
}

#[tokio::test]
async fn the_walk_stops_at_the_first_untrusted_address() {
    let walk = || Proxies::trusted(["10.0.0.0/8"]).unwrap();
    for (value, ip) in [
        ("6.6.6.6, 198.51.100.7, 10.0.0.3, 10.0.0.2", "198.51.100.7"),
        ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
        ("6.6.6.6, 198.51.100.7:5678, 10.0.0.2", "198.51.100.7"),
        ("6.6.6.6, ???", "10.0.0.1"),
        ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
    ] {
        let text = reply(walk(), PROXY, &[("x-forwarded-for", value)]).await;
        assert_eq!(text, format!("{ip} http app 8000 "), "{value}");
    }
    let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.7")];
    assert_eq!(reply(walk(), PROXY, &lines).await, "198.51.100.7 http app 8000 ");
}

#[tokio::test]
async fn the_scheme_comes_from_the_clients_proxy() {
    let walk = || Proxies::trusted(["10.0.0.0/8"]).unwrap();
    let two = ("x-forwarded-for", "198.51.100.7, 10.0.0.2");
    for (value, scheme) in [("https, http", "https"), ("https", "https"), ("https, http, http", "http")] {
        let text = reply(walk(), PROXY, &[two, ("x-forwarded-proto", value)]).await;
        assert_eq!(text, format!("198.51.100.7 {scheme} app 8000 "), "{value}");
    }
    let host = [two, ("x-forwarded-host", "example.org")];
    assert_eq!(reply(walk(), PROXY, &host).await, "198.51.100.7 http app 8000 ");
    assert_eq!(reply(walk().trust_host(), PROXY, &host).await, "198.51.100.7 http example.org 80 ");
}

#[tokio::test]
async fn forwarded_is_parsed_by_rfc_7239() {
    let forwarded = || Proxies::forwarded(["10.0.0.0/8"]).unwrap().trust_host();
    for (value, text) in [
        (
            r#"for=6.6.6.6, for="[2001:db8::7]:4711";proto=https;host=example.org, for=10.0.0.2;proto=http"#,
            "2001:db8::7 https example.org 443 ",
        ),
        ("for=198.51.100.7;proto=https", "198.51.100.7 https app 8000 "),
        ("for=198.51.100.7;proto=http, for=10.0.0.2;proto=https", "198.51.100.7 http app 8000 "),
        ("for=unknown;proto=https", "10.0.0.1 https app 8000 "),
        ("for=_hidden;proto=http", "10.0.0.1 http app 8000 "),
    ] {
        assert_eq!(reply(forwarded(), PROXY, &[("forwarded", value)]).await, text, "{value}");
    }
    let lines = [("forwarded", r#"for="unclosed"#), ("forwarded", "for=198.51.100.7;proto=http")];
    assert_eq!(reply(forwarded(), PROXY, &lines).await, "198.51.100.7 http app 8000 ");
}

#[tokio::test]
async fn a_broken_quote_hides_no_proxys_element() {
    let forwarded = || Proxies::forwarded(["10.0.0.0/8"]).unwrap();
    for line in [
        r#"for=6.6.6.6, for=", for=198.51.100.7;proto=https"#,
        r#"for=6.6.6.6;x="10.0.0.9, for="198.51.100.7:80";proto=https"#,
        "for=a b, for=198.51.100.7;proto=https",
    ] {
        let text = reply(forwarded(), PROXY, &[("forwarded", line)]).await;
        assert_eq!(text, "198.51.100.7 https app 8000 ", "{line}");
    }
    // The walk ends at the error: what stands left of it was not written by a trusted proxy.
    let line = r#"for=6.6.6.6;proto=https, for=", for=10.0.0.2;proto=http"#;
    assert_eq!(reply(forwarded(), PROXY, &[("forwarded", line)]).await, "10.0.0.2 http app 8000 ");
}

#[tokio::test]
async fn one_proxy_never_sets_host_or_port() {
    let headers =
        [("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example"), ("x-forwarded-port", "1234")];
    for one in [Proxies::hops(1), Proxies::hops(Hops::default()), "hops=1".parse().unwrap()] {
        assert_eq!(reply(one, PROXY, &headers).await, "10.0.0.1 https app 8000 ");
    }
    for named in [Proxies::hops(1).trust_host(), "hops=1 host=1".parse().unwrap()] {
        assert_eq!(reply(named, PROXY, &headers).await, "10.0.0.1 https evil.example 443 ");
    }
}

#[tokio::test]
async fn an_own_peer_function_is_kept() {
    #[derive(Clone)]
    struct Socket(std::net::SocketAddr);

    let proxies = Proxies::hops(1).peer_from(|extensions| extensions.get::<Socket>().map(|socket| socket.0));
    let app = Router::new()
        .route("/", get(|client: Client| async move { client.ip().to_string() }))
        .layer(palisade::front_door::Guards::new().trusted_proxies(proxies));
    let mut request = Request::get("/").header("host", "localhost").body(Body::empty()).unwrap();
    request.extensions_mut().insert(Socket("127.0.0.1:5".parse().unwrap()));
    assert_eq!(ask(&app, request).await.body, "127.0.0.1");
}

#[tokio::test]
async fn one_named_header_has_one_address() {
    let cloudflare = || Proxies::header("cf-connecting-ip", ["10.0.0.0/8"]).unwrap();
    assert_eq!(
        reply(cloudflare(), PROXY, &[("cf-connecting-ip", "198.51.100.7")]).await,
        "198.51.100.7 http app 8000 "
    );
    let two = [("cf-connecting-ip", "6.6.6.6"), ("cf-connecting-ip", "198.51.100.7")];
    assert_eq!(reply(cloudflare(), PROXY, &two).await, "10.0.0.1 http app 8000 ");
    assert_eq!(
        reply(cloudflare(), STRANGER, &[("cf-connecting-ip", "6.6.6.6")]).await,
        "203.0.113.9 http app 8000 "
    );
}

#[tokio::test]
async fn without_a_peer_the_500_names_the_fix() {
    let request = Request::get("/").header("host", "app").body(Body::empty()).unwrap();
    let answer: Answer = ask(&client_site(Proxies::none()), request).await;
    assert_eq!(answer.status, 500);
    let rejection = answer.response.extensions.get::<palisade::Rejection>().unwrap();
    assert_eq!(rejection.code(), palisade::rejection::MissingLayer::CODE);
    let missing = rejection.message();
    assert!(missing.contains("palisade::serve(listener, app)"));
    assert!(missing.contains("into_make_service_with_connect_info::<SocketAddr>()"));
    assert!(missing.contains("MockConnectInfo"));
}
