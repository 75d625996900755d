//! Servers that a test starts, each in a folder of its own, and that stop with it.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::program::signal;
use crate::{Folder, allow_skip};

/// A server process and its folder. Both end on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: Folder,
    /// The URL that clients connect to.
    pub uri: String,
}

impl Server {
    /// Starts `redis-server` on a Unix socket, without persistence.
    pub fn redis() -> Self {
        let folder = Folder::new();
        let socket = folder.join("redis.sock");
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(&socket);
        let uri = namespaced(&format!("redis+unix://{}", socket.display()));
        Self::start(command, folder, uri, || UnixStream::connect(&socket).is_ok())
    }

    /// Starts `redis-server` on a TCP port, with more settings.
    pub fn redis_on(port: u16, settings: &[&str]) -> Self {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port"]).arg(port.to_string()).args(settings);
        Self::start(command, Folder::new(), namespaced(&format!("redis://127.0.0.1:{port}")), || {
            listens(port)
        })
    }

    /// Starts `memcached` on a Unix socket.
    pub fn memcached() -> Self {
        let folder = Folder::new();
        let socket = folder.join("memcached.sock");
        let mut command = Command::new("memcached");
        command.args(["-u", "root", "-m", "16", "-s"]).arg(&socket);
        let uri = namespaced(&format!("memcached://{}", socket.display()));
        Self::start(command, folder, uri, || UnixStream::connect(&socket).is_ok())
    }

    /// Starts `memcached` on a TCP port.
    pub fn memcached_on(port: u16) -> Self {
        let mut command = Command::new("memcached");
        command.args(["-u", "root", "-l", "127.0.0.1", "-U", "0", "-p"]).arg(port.to_string());
        Self::start(command, Folder::new(), namespaced(&format!("memcached://127.0.0.1:{port}")), || {
            listens(port)
        })
    }

    /// Starts moto's S3 server, with an empty bucket `files`.
    ///
    /// Returns `None` if it is not installed and `ALLOW_SKIP` names `s3`.
    pub fn s3() -> Option<Self> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto/bin/moto_server");
        let program = if own.exists() { own.into_os_string() } else { "moto_server".into() };
        let look = ["-c", "command -v \"$1\" >/dev/null", "sh"];
        if !Command::new("sh").args(look).arg(&program).status().is_ok_and(|found| found.success()) {
            allow_skip("s3", "moto_server is missing: run scripts/install-test-needs");
            return None;
        }
        let port = free_port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let uri = format!("http://127.0.0.1:{port}");
        let server = Self::start(command, Folder::new(), uri, || listens(port));
        let mut link = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let ask = "PUT /files HTTP/1.1\r\nhost: s3\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        link.write_all(ask.as_bytes()).unwrap();
        let mut response = String::new();
        link.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        Some(server)
    }

    /// Starts ClamAV's daemon on [`clamd_socket`], with one signature, `Ours.Test`, of these bytes.
    pub fn clamd(folder: Folder, malware: &[u8]) -> Self {
        let hex: String = malware.iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(folder.join("ours.ndb"), format!("Ours.Test:0:*:{hex}\n")).unwrap();
        let socket = clamd_socket(&folder);
        let settings = format!(
            "Foreground yes\nDatabaseDirectory {folder}\nLocalSocket {socket}\nTemporaryDirectory {folder}\nUser root\n\
             StreamMaxLength 1M\nConcurrentDatabaseReload no\n",
            folder = folder.display(),
            socket = socket.display(),
        );
        let config = folder.join("clamd.conf");
        std::fs::write(&config, settings).unwrap();
        let mut command = Command::new("clamd");
        command.arg("--config-file").arg(&config);
        Self::start(command, folder, socket.display().to_string(), || UnixStream::connect(&socket).is_ok())
    }

    /// Starts any server in this folder, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If the program is not installed, or the server is not ready within 30 seconds.
    pub fn start(mut command: Command, folder: Folder, uri: String, ready: impl Fn() -> bool) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.current_dir(&*folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("{name} is not installed: run scripts/install-test-needs")
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

    /// Returns the folder that the server runs in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the process (SIGSTOP), or continues it (SIGCONT).
    pub fn pause(&self, pause: bool) {
        signal(if pause { "-STOP" } else { "-CONT" }, self.child.id());
        // A busy machine stops the threads a moment later; until then they answer.
        while pause && !is_stopped(self.child.id()) {
            sleep(Duration::from_millis(1));
        }
    }

    /// Kills the process.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns `true` if every thread of the process is stopped.
fn is_stopped(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
    })
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the address with the namespace `test`, unless it has one.
pub fn namespaced(uri: &str) -> String {
    let mark = if uri.contains('?') { '&' } else { '?' };
    if uri.contains("namespace=") { uri.to_owned() } else { format!("{uri}{mark}namespace=test") }
}

/// Returns a TCP port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Returns `true` if a server listens on this port.
pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Returns the socket of [`Server::clamd`] in this folder.
pub fn clamd_socket(folder: &Path) -> PathBuf {
    folder.join("clamd.sock")
}
