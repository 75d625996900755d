//! Servers that mean harm: the audit ends within its bounds, whatever comes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::world::{palisade, serve_raw};

/// What nothing of this may take, on a busy machine too: five requests of a second each, and the program's start.
const LONGEST: Duration = Duration::from_secs(25);

fn head(stream: &mut TcpStream) {
    let mut bytes = [0; 4096];
    let _ = stream.read(&mut bytes);
}

/// Writes this again and again until nobody listens.
fn forever(stream: &mut TcpStream, bytes: &[u8]) {
    while stream.write_all(bytes).is_ok() {}
}

fn audit(port: u16) -> super::world::Said {
    let said = palisade(&["audit", &format!("http://127.0.0.1:{port}/"), "--timeout", "1"]);
    assert!(said.took < LONGEST, "{:?}", said.took);
    said
}

#[test]
fn an_endless_body_is_read_as_far_as_it_may_be() {
    let port = serve_raw(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p onclick=x()>");
        forever(&mut stream, &[b'x'; 16_384]);
    });
    let said = audit(port);
    assert!(said.code == 1 && said.out.contains("script-handlers"), "{} {}", said.out, said.err);
}

#[test]
fn a_body_that_drips_is_given_up() {
    let port = serve_raw(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::park_timeout(Duration::from_millis(50));
        }
    });
    let said = audit(port);
    assert!(said.code == 2 && said.err.contains("within 1 s"), "{}", said.err);
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let port = serve_raw(|mut stream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
    });
    let said = audit(port);
    assert!(said.code == 2 && said.err.contains("within 1 s"), "{}", said.err);
}

#[test]
fn redirects_end() {
    let port = serve_raw(|mut stream| {
        let mut bytes = [0; 4096];
        let many = stream.read(&mut bytes).unwrap_or(0);
        let path = String::from_utf8_lossy(&bytes[..many]).split(' ').nth(1).unwrap_or("/").to_owned();
        let _ = write!(stream, "HTTP/1.1 302 Found\r\nLocation: {path}x\r\nContent-Length: 0\r\n\r\n");
    });
    let said = audit(port);
    assert!(said.code == 2 && said.err.contains("more than 10 redirects"), "{}", said.err);
    let circle = serve_raw(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    });
    let said = audit(circle);
    assert!(said.code == 2 && said.err.contains("circle"), "{}", said.err);
}

#[test]
fn a_redirect_to_no_page_is_no_way() {
    for target in ["file:///etc/passwd", "javascript:x()", "gopher://127.0.0.1/"] {
        let port = serve_raw(move |mut stream| {
            head(&mut stream);
            let _ = write!(stream, "HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        });
        let said = audit(port);
        assert!(said.code == 2 && said.err.contains("which is no page"), "{}", said.err);
    }
}

#[test]
fn a_bomb_of_headers_is_no_answer() {
    for line in [&b"X-A: 1\r\n"[..], &[b'x'; 4096]] {
        let port = serve_raw(move |mut stream| {
            head(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            forever(&mut stream, line);
        });
        let said = audit(port);
        assert!(said.code == 2 && said.err.contains("no answer that is HTTP"), "{}", said.err);
    }
}

#[test]
fn a_page_made_to_take_long_is_read_soon() {
    let port = serve_raw(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p ");
        let mut number = 0_u32;
        while stream.write_all(format!("a{number}\" ").as_bytes()).is_ok() {
            number += 1;
        }
    });
    assert!(audit(port).took < LONGEST);
}

#[test]
fn tls_that_is_none_cannot_be_checked() {
    let port = serve_raw(|mut stream| {
        head(&mut stream);
        // A record of TLS that promises more than it may.
        let _ = stream.write_all(&[0x16, 3, 3, 0xff, 0xff, 2, 0, 0, 0xff]);
        forever(&mut stream, &[0; 4096]);
    });
    let said = palisade(&["audit", &format!("https://127.0.0.1:{port}/"), "--timeout", "1"]);
    assert!(said.code == 2 && said.took < LONGEST, "{}", said.err);
    assert!(said.err.contains("no TLS connection"), "{}", said.err);
}
