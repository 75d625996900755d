//! What the tests need: the program, servers with and without TLS, certificates, folders.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use palisade::{Peer, Scheme};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
pub use test_support::Folder;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// What the program said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    /// The ids of its findings, each once.
    pub fn ids(&self) -> Vec<String> {
        let report = self.json();
        let findings = report["sites"][0]["findings"].as_array().unwrap();
        let mut ids: Vec<String> =
            findings.iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// Runs the program with nothing on its standard input.
pub fn palisade<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Said {
    palisade_with(arguments, "")
}

/// Runs the program with this on its standard input.
pub fn palisade_with<S: AsRef<std::ffi::OsStr>>(arguments: &[S], input: &str) -> Said {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code().unwrap(), out: text(stdout), err: text(stderr), took: begun.elapsed() }
}

const EXTENSIONS: &str = "[req]\ndistinguished_name = dn\n[dn]\n[ca]\nbasicConstraints = critical, CA:TRUE\n\
[server]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost, IP:127.0.0.1\n";

/// A CA and a server's certificate for localhost, signed by it, for so many days.
pub fn certificates(folder: &Folder, days: u32) {
    folder.file("openssl.cnf", EXTENSIONS);
    for (name, extra) in [
        ("ca", &["-extensions", "ca"][..]),
        ("server", &["-CA", "ca.pem", "-CAkey", "ca.key", "-extensions", "server"]),
    ] {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        openssl.args(["-config", "openssl.cnf", "-subj", &format!("/CN={name}"), "-days", &days.to_string()]);
        openssl.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]).args(extra);
        let made = openssl.current_dir(&**folder).stdin(Stdio::null()).output();
        let made = made.expect("there is no openssl here; run scripts/install-test-needs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves this in the clear, for as long as the test takes; the port.
pub fn serve(app: Router) -> u16 {
    start(app, None)
}

/// Serves this by TLS with the certificate in this folder; the port.
pub fn serve_tls(app: Router, folder: &Folder) -> u16 {
    let chain =
        CertificateDer::pem_file_iter(folder.join("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    start(app, Some(TlsAcceptor::from(Arc::new(config))))
}

fn start(app: Router, tls: Option<TlsAcceptor>) -> u16 {
    let (listener, address) = listener();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, peer)) = listener.accept().await {
                let (app, tls) = (app.clone(), tls.clone());
                tokio::spawn(async move {
                    let secure = tls.is_some();
                    let app = app.map_request(move |mut request: Request<hyper::body::Incoming>| {
                        request.extensions_mut().insert(Peer(peer));
                        request.extensions_mut().insert(if secure { Scheme::Https } else { Scheme::Http });
                        request
                    });
                    let app = TowerToHyperService::new(app);
                    let http = hyper::server::conn::http1::Builder::new();
                    match tls {
                        None => drop(http.serve_connection(TokioIo::new(stream), app).await),
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                drop(http.serve_connection(TokioIo::new(stream), app).await);
                            }
                        }
                    }
                });
            }
        });
    });
    address.port()
}

/// Gives every connection to this, on a thread of its own, for as long as the test takes; the port.
pub fn serve_raw(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let (listener, address) = listener();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream));
        }
    });
    address.port()
}
