//! Hostile servers: the audit stays within its bounds.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::harness::{Run, palisade, serve_raw};

/// Five requests with a timeout of one second each, and the start of the program on a busy machine.
const MAX_ELAPSED: Duration = Duration::from_secs(25);

fn read_head(stream: &mut TcpStream) {
    let mut bytes = [0; 4096];
    let _ = stream.read(&mut bytes);
}

/// Writes the bytes again and again until the client closes the connection.
fn write_forever(stream: &mut TcpStream, bytes: &[u8]) {
    while stream.write_all(bytes).is_ok() {}
}

fn audit(port: u16) -> Run {
    let run = palisade(&["audit", &format!("http://127.0.0.1:{port}/"), "--timeout", "1"]);
    assert!(run.elapsed < MAX_ELAPSED, "{:?}", run.elapsed);
    run
}

#[test]
fn an_endless_body_is_truncated() {
    let port = serve_raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p onclick=x()>");
        write_forever(&mut stream, &[b'x'; 16_384]);
    });
    let run = audit(port);
    assert!(run.code == 1 && run.out.contains("script-handlers"), "{} {}", run.out, run.err);
}

#[test]
fn a_slow_body_times_out() {
    let port = serve_raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::park_timeout(Duration::from_millis(50));
        }
    });
    let run = audit(port);
    assert!(run.code == 2 && run.err.contains("within 1 s"), "{}", run.err);
}

#[test]
fn a_silent_server_times_out() {
    let port = serve_raw(|mut stream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
    });
    let run = audit(port);
    assert!(run.code == 2 && run.err.contains("within 1 s"), "{}", run.err);
}

#[test]
fn endless_redirects_are_an_error() {
    let port = serve_raw(|mut stream| {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).unwrap_or(0);
        let path = String::from_utf8_lossy(&bytes[..count]).split(' ').nth(1).unwrap_or("/").to_owned();
        let _ = write!(stream, "HTTP/1.1 302 Found\r\nLocation: {path}x\r\nContent-Length: 0\r\n\r\n");
    });
    let run = audit(port);
    assert!(run.code == 2 && run.err.contains("more than 10 redirects"), "{}", run.err);
    let redirect_loop = serve_raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    });
    let run = audit(redirect_loop);
    assert!(run.code == 2 && run.err.contains("redirect loop"), "{}", run.err);
}

#[test]
fn a_redirect_to_another_scheme_is_an_error() {
    for target in ["file:///etc/passwd", "javascript:x()", "gopher://127.0.0.1/"] {
        let port = serve_raw(move |mut stream| {
            read_head(&mut stream);
            let _ = write!(stream, "HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        });
        let run = audit(port);
        assert!(run.code == 2 && run.err.contains("not an http or https URL"), "{}", run.err);
    }
}

#[test]
fn too_many_headers_are_an_error() {
    for line in [&b"X-A: 1\r\n"[..], &[b'x'; 4096]] {
        let port = serve_raw(move |mut stream| {
            read_head(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            write_forever(&mut stream, line);
        });
        let run = audit(port);
        assert!(run.code == 2 && run.err.contains("not a valid HTTP response"), "{}", run.err);
    }
}

#[test]
fn a_tag_with_endless_attributes_is_bounded() {
    let port = serve_raw(|mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p ");
        let mut number = 0_u32;
        while stream.write_all(format!("a{number}\" ").as_bytes()).is_ok() {
            number += 1;
        }
    });
    assert!(audit(port).elapsed < MAX_ELAPSED);
}

#[test]
fn invalid_tls_is_an_error() {
    let port = serve_raw(|mut stream| {
        read_head(&mut stream);
        // A TLS record with a length above the maximum.
        let _ = stream.write_all(&[0x16, 3, 3, 0xff, 0xff, 2, 0, 0, 0xff]);
        write_forever(&mut stream, &[0; 4096]);
    });
    let run = palisade(&["audit", &format!("https://127.0.0.1:{port}/"), "--timeout", "1"]);
    assert!(run.code == 2 && run.elapsed < MAX_ELAPSED, "{}", run.err);
    assert!(run.err.contains("TLS handshake failed"), "{}", run.err);
}
