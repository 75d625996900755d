//! A private PostgreSQL server.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

/// A PostgreSQL server on a Unix socket. It stops on drop, and when this process is killed.
#[derive(Debug)]
pub struct Postgres {
    guard: Child,
    replies: BufReader<ChildStdout>,
    socket: String,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed; the message says what to run.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server that has written each transaction before it acknowledges it, so that
    /// [`kill`](Self::kill) loses none.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed; the message says what to run.
    pub fn durable() -> Self {
        Self::start_with(&[("DURABLE", "1")])
    }

    fn start_with(settings: &[(&str, &str)]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/private-postgres");
        let mut command = Command::new("sh");
        command.arg(script).envs(settings.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut guard = command.spawn().expect("sh is there");
        let mut replies = BufReader::new(guard.stdout.take().unwrap());
        let mut socket = String::new();
        replies.read_line(&mut socket).unwrap();
        if socket.is_empty() {
            let mut errors = String::new();
            guard.stderr.as_mut().unwrap().read_to_string(&mut errors).unwrap();
            guard.wait().unwrap();
            panic!("PostgreSQL did not start: {errors}");
        }
        Self { guard, replies, socket: socket.trim().to_owned(), databases: AtomicU32::new(0) }
    }

    /// Kills the server and all its processes (SIGKILL), or starts it again.
    pub fn kill(&mut self, kill: bool) {
        self.order(if kill { "kill" } else { "start" });
    }

    /// Stops the server and all its processes (SIGSTOP), or continues them (SIGCONT).
    pub fn pause(&mut self, pause: bool) {
        self.order(if pause { "pause" } else { "continue" });
    }

    fn order(&mut self, command: &str) {
        writeln!(self.guard.stdin.as_mut().unwrap(), "{command}").unwrap();
        let mut reply = String::new();
        self.replies.read_line(&mut reply).unwrap();
        assert_eq!(reply, "done\n", "{command}");
    }

    /// Returns the path of its socket.
    pub fn socket(&self) -> PathBuf {
        PathBuf::from(&self.socket).join(".s.PGSQL.5432")
    }

    /// Creates an empty database and returns its URL.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut server = self.connect("postgres").await;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut server).await.unwrap();
        server.close().await.unwrap();
        self.url(&name)
    }

    /// Connects to one of the server's databases.
    pub async fn connect(&self, database: &str) -> PgConnection {
        self.url(database).parse::<PgConnectOptions>().unwrap().connect().await.unwrap()
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.socket)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take()); // the script waits for the end of its input, then stops the server
        let _ = self.guard.wait();
    }
}
