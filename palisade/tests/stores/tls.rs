//! TLS with a private CA: a real handshake, and rejected certificates.

use palisade::rate_limit::store::RateLimitStore;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use palisade::rate_limit::quota::Strategy;
use palisade::rate_limit::store::{RedisStore, Store, StoreError};
use test_support::Folder;
use test_support::redis_many::cluster_port;
use test_support::servers::{Server, listens, namespaced};

use super::test_store::{Limit, TestStore};

const EXTENSIONS: &str = "\
[req]\ndistinguished_name = dn\n[dn]\n\
[ca]\nbasicConstraints = critical, CA:TRUE\n\
[server]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = IP:127.0.0.1\n";

/// Makes `name.pem` and `name.key`, signed by `by` or by itself.
fn certificate(folder: &Path, name: &str, by: Option<&str>) {
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args(["-config", "openssl.cnf", "-subj", &format!("/CN={name}")]);
    openssl.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]);
    match by {
        Some(ca) => openssl.args([
            "-CA",
            &format!("{ca}.pem"),
            "-CAkey",
            &format!("{ca}.key"),
            "-extensions",
            "server",
        ]),
        None => openssl.args(["-extensions", "ca"]),
    };
    let made = openssl.current_dir(folder).stdin(Stdio::null()).output();
    let made = made.expect("openssl is not installed: run scripts/install-test-needs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Starts a redis-server for TLS only, and returns it with its port. Its folder has two CAs: the
/// server's and another one.
fn server(settings: &[&str]) -> (Server, u16) {
    let home = Folder::new();
    fs::write(home.join("openssl.cnf"), EXTENSIONS).unwrap();
    certificate(&home, "ca", None);
    certificate(&home, "other", None);
    certificate(&home, "server", Some("ca"));
    let port = cluster_port();
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--port", "0", "--tls-port", &port.to_string()]);
    command.args(["--tls-cert-file", "server.pem", "--tls-key-file", "server.key"]);
    command.args(["--tls-ca-cert-file", "ca.pem", "--tls-auth-clients", "no"]).args(settings);
    let uri = format!("rediss://127.0.0.1:{port}/0?ca={}", home.join("ca.pem").display());
    (Server::start(command, home, uri, || listens(port)), port)
}

async fn limit(uri: &str, strategy: Strategy) -> Limit {
    let mut limit = TestStore::memory().limit(strategy, "2/hour");
    limit.store = Store::open(&namespaced(uri)).await.unwrap();
    limit
}

#[tokio::test]
async fn a_server_is_trusted_by_its_ca_only() {
    let (server, port) = server(&[]);
    let home = server.folder();
    for strategy in Strategy::ALL {
        assert_eq!(limit(&server.uri, strategy).await.hits(&[1, 1, 1]).await, "TTF", "{strategy}");
    }
    let valkey = server.uri.replace("rediss", "valkeys");
    limit(&valkey, Strategy::Gcra).await.store.ping().await.unwrap();

    let other = home.join("other.pem");
    for (uri, reason) in [
        (format!("rediss://127.0.0.1:{port}?ca={}", other.display()), "UnknownIssuer"),
        (format!("rediss://127.0.0.1:{port}"), "UnknownIssuer"),
        (server.uri.replace("127.0.0.1", "localhost"), "not valid for name"),
    ] {
        let error = limit(&uri, Strategy::Gcra).await.decide(1).await.unwrap_err();
        assert!(matches!(error, StoreError::Down { store: "redis", .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let plain = limit(&format!("redis://127.0.0.1:{port}"), Strategy::Gcra).await;
    assert!(plain.decide(1).await.is_err(), "the server accepts TLS only");
}

#[tokio::test]
async fn a_cluster_is_trusted_by_its_ca_only() {
    let (server, port) = server(&["--cluster-enabled", "yes", "--tls-cluster", "yes"]);
    let home = server.folder();
    let trusted =
        redis::TlsCertificates { client_tls: None, root_cert: Some(fs::read(home.join("ca.pem")).unwrap()) };
    let client = redis::Client::build_with_tls(format!("rediss://127.0.0.1:{port}"), trusted).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let _: () =
        redis::cmd("CLUSTER").arg(&["ADDSLOTSRANGE", "0", "16383"]).query_async(&mut raw).await.unwrap();
    let cluster = |ca: &str| format!("rediss+cluster://127.0.0.1:{port}?ca={}", home.join(ca).display());
    let good = limit(&cluster("ca.pem"), Strategy::FixedWindow).await;
    let begun = Instant::now();
    while let Err(error) = good.decide(0).await {
        assert!(begun.elapsed().as_secs() < 30, "the cluster is not complete: {error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(good.hits(&[1, 1, 1]).await, "TTF");
    assert!(limit(&cluster("other.pem"), Strategy::FixedWindow).await.decide(1).await.is_err());
}

#[test]
fn an_unusable_ca_is_an_immediate_error() {
    let home = Folder::new();
    fs::write(home.join("empty.pem"), "nothing").unwrap();
    for (uri, advice) in [
        (format!("rediss://a?ca={}/none.pem", home.display()), "cannot be read"),
        (format!("rediss+cluster://a,b?ca={}/empty.pem", home.display()), "no certificate"),
        (format!("redis://a?ca={}/empty.pem", home.display()), "write rediss://"),
        ("rediss://a/#insecure".to_owned(), "?ca="),
        ("rediss+unix:///run/redis.sock".to_owned(), "write redis+unix://"),
    ] {
        let error = RedisStore::new(&uri).unwrap_err();
        assert!(error.to_string().contains(advice), "{uri}: {error}");
    }
}
