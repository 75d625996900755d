//! A keep-alive connection with minimal work per request, so that the load is not what is
//! measured.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is opened on demand, and reopened if the server closed it.
pub struct Wire {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

/// A response, borrowed from the buffer.
pub struct WireResponse<'a> {
    pub status: u16,
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Wire {
    pub fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, read: vec![0; 64 * 1024] }
    }

    /// Sends a request and reads the whole response.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<WireResponse<'_>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        let (mut filled, mut head) = (0, None);
        let (head, end) = loop {
            if filled == self.read.len() {
                self.read.resize(2 * filled, 0);
            }
            let more = stream.read(&mut self.read[filled..]).await?;
            if more == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            filled += more;
            let so_far = &self.read[..filled];
            if head.is_none() {
                head = Head::of(so_far);
            }
            match head {
                Some(Head { len, body: Some(body), .. }) if filled >= len + body => break (len, len + body),
                Some(Head { len, body: None, .. }) if so_far.ends_with(b"0\r\n\r\n") => break (len, filled),
                _ => {}
            }
        };
        let response = WireResponse {
            status: self
                .read
                .get(9..12)
                .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
                .unwrap_or(0),
            head: &self.read[..head],
            body: &self.read[head..end],
        };
        if value(response.head, b"connection").is_none_or(|value| !value.eq_ignore_ascii_case(b"close")) {
            self.stream = Some(stream);
        }
        Ok(response)
    }
}

/// The parts of a head that determine where the body ends.
#[derive(Clone, Copy)]
struct Head {
    len: usize,
    /// The length of the body; `None` if it is chunked.
    body: Option<usize>,
}

impl Head {
    fn of(read: &[u8]) -> Option<Self> {
        let len = read.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
        let length =
            value(&read[..len], b"content-length").and_then(|it| std::str::from_utf8(it).ok()?.parse().ok());
        let empty = read.get(9..12).is_some_and(|status| status == b"204");
        Some(Self { len, body: length.or(empty.then_some(0)) })
    }
}

/// Returns the first value of a header; the name is in lower case.
pub fn value<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    values(head, name).next()
}

/// Returns all values of a header.
pub fn values<'a>(head: &'a [u8], name: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    head.split(|byte| *byte == b'\n').filter_map(move |line| {
        let (found, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":")?;
        found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}
