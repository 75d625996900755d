//! A proxy that delays what passes through it, as a network does.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// A TCP proxy on a thread of its own. It stops on drop.
#[derive(Debug)]
pub struct DelayProxy {
    /// The address that clients connect to.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Debug)]
enum Target {
    Tcp(u16),
    Unix(PathBuf),
}

impl DelayProxy {
    /// Starts a proxy to a port of this machine. Each way takes this long, and the order stays.
    pub fn to_port(port: u16, delay: Duration) -> Self {
        Self::start(Target::Tcp(port), delay)
    }

    /// Starts a proxy to a Unix socket.
    pub fn to_socket(path: &Path, delay: Duration) -> Self {
        Self::start(Target::Unix(path.to_owned()), delay)
    }

    fn start(target: Target, delay: Duration) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(TcpListener::from_std(listener).unwrap(), target, delay) => {}
                }
            });
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for DelayProxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, target: Target, delay: Duration) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let target = target.clone();
        tokio::spawn(async move {
            client.set_nodelay(true)?;
            let (from, to) = client.into_split();
            match target {
                Target::Tcp(port) => {
                    let server = TcpStream::connect(("127.0.0.1", port)).await?;
                    server.set_nodelay(true)?;
                    let (answers, questions) = server.into_split();
                    tokio::join!(copy(from, questions, delay), copy(answers, to, delay));
                }
                Target::Unix(path) => {
                    let (answers, questions) = UnixStream::connect(path).await?.into_split();
                    tokio::join!(copy(from, questions, delay), copy(answers, to, delay));
                }
            }
            io::Result::Ok(())
        });
    }
}

/// Copies what comes, each piece this much later.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let (sender, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return pending().await;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        // The writing ends after the last piece.
        () = async { reading.await; pending().await } => {}
    }
}
