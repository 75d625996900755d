//! The program, servers with and without TLS, certificates and temporary folders for the tests.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use palisade::request::{PeerAddr, Scheme};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
pub use test_support::Folder;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// The result of one run of the program.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub elapsed: Duration,
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    /// Returns the ids of the findings of the first site, each once.
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

/// Runs the program with an empty stdin.
pub fn palisade<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Run {
    palisade_with(arguments, "")
}

/// Runs the program with `input` on stdin.
pub fn palisade_with<S: AsRef<std::ffi::OsStr>>(arguments: &[S], input: &str) -> Run {
    let started = Instant::now();
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
    Run { code: status.code().unwrap(), out: text(stdout), err: text(stderr), elapsed: started.elapsed() }
}

const EXTENSIONS: &str = "[req]\ndistinguished_name = dn\n[dn]\n[ca]\nbasicConstraints = critical, CA:TRUE\n\
[server]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost, IP:127.0.0.1\n";

/// Creates a CA, and a certificate for localhost that it signs, valid for `days`.
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
        let output = openssl.current_dir(&**folder).stdin(Stdio::null()).output();
        let output = output.expect("openssl is missing: run scripts/install-test-needs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves over plain HTTP until the test ends; returns the port.
pub fn serve(app: Router) -> u16 {
    start(app, None)
}

/// Serves over TLS with the certificate of this folder; returns the port.
pub fn serve_tls(app: Router, folder: &Folder) -> u16 {
    let chain =
        CertificateDer::pem_file_iter(folder.path("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.path("server.key")).unwrap();
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
                        request.extensions_mut().insert(PeerAddr(peer));
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

/// Passes each connection to `respond`, on its own thread, until the test ends; returns the port.
pub fn serve_raw(respond: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let (listener, address) = listener();
    let respond = Arc::new(respond);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let respond = Arc::clone(&respond);
            std::thread::spawn(move || respond(stream));
        }
    });
    address.port()
}
