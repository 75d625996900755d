//! The servers that the tests start, each in a folder of its own, and stop when they are done.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A server's process and its folder; both go with it.
pub struct Server {
    child: Child,
    folder: PathBuf,
    /// Where it listens.
    pub uri: String,
}

impl Server {
    /// A redis-server on a socket, that keeps nothing on disk.
    pub fn redis() -> Self {
        let folder = folder();
        let socket = folder.join("redis.sock");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(&socket);
        let uri = format!("redis+unix://{}", socket.display());
        Self::start(command, folder, uri, || UnixStream::connect(&socket).is_ok())
    }

    /// A redis-server on a port of its own, with more settings.
    pub fn redis_on(port: u16, settings: &[&str]) -> Self {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port"]).arg(port.to_string()).args(settings);
        Self::start(command, folder(), format!("redis://127.0.0.1:{port}"), || listens(port))
    }

    /// A memcached on a socket.
    pub fn memcached() -> Self {
        let folder = folder();
        let socket = folder.join("memcached.sock");
        let mut command = Command::new("memcached");
        command.args(["-u", "root", "-m", "16", "-s"]).arg(&socket);
        let uri = format!("memcached://{}", socket.display());
        Self::start(command, folder, uri, || UnixStream::connect(&socket).is_ok())
    }

    /// moto's server, which speaks S3, with an empty bucket called `files`; nothing where it is not installed.
    pub fn s3() -> Option<Self> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../palisade/tests/upload/moto/bin/moto_server");
        let program = if own.exists() { own.into_os_string() } else { "moto_server".into() };
        let look = ["-c", "command -v \"$1\" >/dev/null", "sh"];
        if !Command::new("sh").args(look).arg(&program).status().is_ok_and(|found| found.success()) {
            eprintln!("skipped: there is no moto_server here, so no S3; run scripts/install-test-needs");
            return None;
        }
        let port = free_port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let uri = format!("http://127.0.0.1:{port}");
        let server = Self::start(command, folder(), uri, || listens(port));
        let mut link = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let ask = "PUT /files HTTP/1.1\r\nhost: s3\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        link.write_all(ask.as_bytes()).unwrap();
        let mut said = String::new();
        link.read_to_string(&mut said).unwrap();
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        Some(server)
    }

    /// Any server in this folder, once it is ready.
    pub fn start(mut command: Command, folder: PathBuf, uri: String, ready: impl Fn() -> bool) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("there is no {name} here; run scripts/install-test-needs")
            }
            Err(error) => panic!("{name}: {error}"),
        };
        let server = Self { child, folder, uri };
        let begun = Instant::now();
        while !ready() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{name} is not ready after thirty seconds");
            std::thread::yield_now();
        }
        server
    }

    /// Holds it where it is, or lets it go on.
    pub fn pause(&self, pause: bool) {
        let signal = if pause { "-STOP" } else { "-CONT" };
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Stops it at once, as a power cut does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether somebody listens on this port.
pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// An empty folder.
pub fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(&std::env::temp_dir()).join(format!("palisade-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
