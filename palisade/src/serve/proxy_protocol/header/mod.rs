//! Parses the header of the PROXY protocol, versions 1 and 2.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The largest size of a header of version 1, in bytes, with its end of line.
pub(super) const MAX_LINE: usize = 107;
/// The largest size of what follows the first 16 bytes of version 2: the addresses, and fields
/// that are skipped.
pub(super) const MAX_REST: usize = 2048;

/// The size of the part of version 2 before the addresses.
const FIXED: usize = 16;
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const PREFIX: &[u8; 6] = b"PROXY ";

/// The outcome of parsing the bytes that have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The header has at least this number of bytes more.
    Needs(usize),
    /// The header is complete. It has the client's address, unless the balancer speaks for itself
    /// (`LOCAL`), or does not know one (`UNKNOWN`).
    Complete(Option<SocketAddr>),
}

/// The reason why a header is invalid.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::serve) enum HeaderError {
    #[error("the connection does not begin with a PROXY header")]
    Missing,
    #[error("the line is longer than {MAX_LINE} bytes")]
    LongLine,
    #[error("the line is not `PROXY TCP4|TCP6 SOURCE DESTINATION PORT PORT` or `PROXY UNKNOWN`")]
    Line,
    #[error("the header has more than {MAX_REST} bytes of addresses and fields")]
    LongRest,
    #[error("the version, the command or the address family is none of version 2")]
    Unassigned,
    #[error("the header is too short for its addresses")]
    ShortAddresses,
}

crate::core::error_text::debug_is_text!(HeaderError);

/// Parses the first bytes of a connection. A caller that reads exactly as many bytes as are
/// needed, each time, never reads past a valid header.
pub(super) fn parse(bytes: &[u8]) -> Result<Progress, HeaderError> {
    let is_line = bytes.starts_with(&PREFIX[..PREFIX.len().min(bytes.len())]);
    let is_binary = bytes.starts_with(&SIGNATURE[..SIGNATURE.len().min(bytes.len())]);
    match bytes.len() {
        _ if !is_line && !is_binary => Err(HeaderError::Missing),
        // Both versions have at least as many bytes as the signature.
        length if length < SIGNATURE.len() => Ok(Progress::Needs(SIGNATURE.len() - length)),
        _ if is_line => parse_line(bytes),
        _ => parse_binary(bytes),
    }
}

/// Parses version 1.
fn parse_line(bytes: &[u8]) -> Result<Progress, HeaderError> {
    let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let needed = match &bytes[end..] {
        b"\r\n" => {
            let line = std::str::from_utf8(&bytes[PREFIX.len()..end]).map_err(|_| HeaderError::Line)?;
            return addresses(line).map(Progress::Complete).ok_or(HeaderError::Line);
        }
        b"\r" => 1,
        b"" => 2,
        _ => return Err(HeaderError::Line),
    };
    if bytes.len() + needed > MAX_LINE { Err(HeaderError::LongLine) } else { Ok(Progress::Needs(needed)) }
}

/// Parses a line after `PROXY `. Returns `None` if it is invalid.
fn addresses(line: &str) -> Option<Option<SocketAddr>> {
    if line == "UNKNOWN" || line.starts_with("UNKNOWN ") {
        return Some(None);
    }
    let mut fields = line.split(' ');
    let mut field = || fields.next();
    let (family, source, destination) = (field()?, field()?, field()?);
    let (source_port, destination_port) = (field()?, field()?);
    let source: IpAddr = match family {
        "TCP4" => pair::<Ipv4Addr>(source, destination)?.into(),
        "TCP6" => pair::<Ipv6Addr>(source, destination)?.into(),
        _ => return None,
    };
    port(destination_port)?;
    let source = SocketAddr::new(source, port(source_port)?);
    field().is_none().then_some(Some(source))
}

/// Parses two addresses of one family, and returns the first.
fn pair<T: FromStr>(source: &str, destination: &str) -> Option<T> {
    destination.parse::<T>().ok()?;
    source.parse().ok()
}

/// Parses a decimal number without a sign and without leading zeros.
fn port(text: &str) -> Option<u16> {
    let is_canonical = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    if is_canonical { text.parse().ok() } else { None }
}

/// Parses version 2.
fn parse_binary(bytes: &[u8]) -> Result<Progress, HeaderError> {
    let Some((&[.., version_and_command, family, high, low], rest)) = bytes.split_first_chunk::<FIXED>()
    else {
        return Ok(Progress::Needs(FIXED - bytes.len()));
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_REST {
        return Err(HeaderError::LongRest);
    }
    let source = match (version_and_command, family) {
        // LOCAL: a health check of the balancer itself. The rest is skipped.
        (0x20, _) => None,
        (0x21, 0x11) if length < 12 => return Err(HeaderError::ShortAddresses),
        (0x21, 0x21) if length < 36 => return Err(HeaderError::ShortAddresses),
        (0x21, 0x11) if rest.len() >= length => ipv4(rest),
        (0x21, 0x21) if rest.len() >= length => ipv6(rest),
        // Incomplete; or no address, UDP, and the sockets of another machine.
        (0x21, 0x00 | 0x11 | 0x12 | 0x21 | 0x22 | 0x31 | 0x32) => None,
        _ => return Err(HeaderError::Unassigned),
    };
    Ok(match length.checked_sub(rest.len()) {
        None | Some(0) => Progress::Complete(source),
        Some(needed) => Progress::Needs(needed),
    })
}

/// Returns the source of an address block: source, destination, ports.
fn ipv4(block: &[u8]) -> Option<SocketAddr> {
    let (&[a, b, c, d, _, _, _, _, high, low], _) = block.split_first_chunk()?;
    Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into())
}

/// As [`ipv4`].
fn ipv6(block: &[u8]) -> Option<SocketAddr> {
    let (source, block) = block.split_first_chunk::<16>()?;
    let (_, block) = block.split_first_chunk::<16>()?;
    let (&port, _) = block.split_first_chunk()?;
    Some((Ipv6Addr::from(*source), u16::from_be_bytes(port)).into())
}

#[cfg(test)]
mod tests;
