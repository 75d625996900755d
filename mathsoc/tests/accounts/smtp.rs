//! A small SMTP server that accepts mail or fails as the test configures it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The server's behaviour in one connection.
#[derive(Clone, Copy)]
pub(crate) enum Mood {
    /// Accepts mail.
    Good,
    /// Answers `RCPT` with this line, in which `{}` stands for the recipient's address.
    Says(&'static str),
    /// Closes the connection without an answer.
    Silent,
}

/// A message that the server has accepted.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

pub(crate) struct Server {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    calls: Arc<Mutex<usize>>,
}

impl Server {
    /// Starts a server that behaves like this, connection by connection, and later like `Good`.
    pub(crate) async fn start(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (received, calls) = (Arc::default(), Arc::default());
        let server = Self { url, received: Arc::clone(&received), calls: Arc::clone(&calls) };
        let mut moods: VecDeque<Mood> = moods.iter().copied().collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *calls.lock().unwrap() += 1;
                tokio::spawn(talk(stream, moods.pop_front().unwrap_or(Mood::Good), Arc::clone(&received)));
            }
        });
        server
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the number of connections.
    pub(crate) fn calls(&self) -> usize {
        *self.calls.lock().unwrap()
    }
}

async fn talk(mut stream: TcpStream, mood: Mood, received: Arc<Mutex<Vec<Received>>>) {
    if matches!(mood, Mood::Silent) {
        return;
    }
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let (mut from, mut to) = (String::new(), String::new());
    write.write_all(b"220 mail.example here\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let mut answer = "250 fine".to_owned();
        match verb.as_str() {
            "MAIL" => from = address(),
            "RCPT" => {
                to = address();
                if let Mood::Says(reply) = mood {
                    answer = reply.replace("{}", &to);
                }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut text = String::new();
                while let Some(line) = lines.next_line().await.unwrap().filter(|line| line != ".") {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                received.lock().unwrap().push(Received { from: from.clone(), to: to.clone(), text });
            }
            "QUIT" => answer = "221 bye".to_owned(),
            _ => {}
        }
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
