//! The tables of the specification, hostile bytes, and properties.

use proptest::prelude::*;

use super::*;

/// Feeds the parser as a reader does, and returns the outcome and the number of bytes that it took.
/// `None` if the bytes end before the header.
fn read(bytes: &[u8]) -> Option<(Result<Option<SocketAddr>, HeaderError>, usize)> {
    let mut taken = 0;
    loop {
        match parse(&bytes[..taken]) {
            Ok(Progress::Needs(needed)) => {
                assert!(needed > 0, "no progress after {taken} bytes");
                taken += needed;
                if taken > bytes.len() {
                    return None;
                }
            }
            Ok(Progress::Complete(source)) => return Some((Ok(source), taken)),
            Err(error) => return Some((Err(error), taken)),
        }
    }
}

fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, rest].concat()
}

const SOURCE_4: [u8; 12] = [192, 0, 2, 7, 10, 0, 0, 1, 0x9c, 0x40, 1, 187];

fn source_6() -> Vec<u8> {
    let (source, destination) = ("2001:db8::7", "2001:db8::1");
    let octets = |text: &str| text.parse::<Ipv6Addr>().unwrap().octets();
    [&octets(source)[..], &octets(destination), &[0x9c, 0x40, 1, 187]].concat()
}

/// The examples of the specification, section 2.1, and the lines of HAProxy.
#[test]
fn reads_lines_of_version_1() {
    let full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    let longest = format!("PROXY UNKNOWN {full} {full} 65535 65535\r\n");
    assert_eq!(longest.len(), MAX_LINE);
    for (line, source) in [
        ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", Some("255.255.255.255:65535")),
        (&format!("PROXY TCP6 {full} {full} 65535 65535\r\n"), Some(&*format!("[{full}]:65535"))),
        ("PROXY UNKNOWN\r\n", None),
        (&longest, None),
        ("PROXY UNKNOWN anything\u{e4}\r\n", None),
        ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", Some("192.168.0.1:56324")),
        ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", Some("0.0.0.0:0")),
        ("PROXY TCP6 ::1 :: 1 2\r\n", Some("[::1]:1")),
    ] {
        let bytes = [line.as_bytes(), b"GET / HTTP/1.1\r\n"].concat();
        let (outcome, taken) = read(&bytes).unwrap();
        assert_eq!(outcome, Ok(source.map(|source| source.parse().unwrap())), "{line}");
        assert_eq!(taken, line.len(), "{line}");
    }
}

#[test]
fn rejects_other_lines() {
    for line in [
        "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
        "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
        "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 ::1 1 2\r\n",
        "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n",
        "PROXY TCP4 192.0.2.1\r192.0.2.2 1 2\r\n",
    ] {
        assert!(read(line.as_bytes()).unwrap().0.is_err(), "{line}");
    }
    for (bytes, error) in [
        (&b"GET / HTTP/1.1\r\n"[..], HeaderError::Missing),
        (b"proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", HeaderError::Missing),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00", HeaderError::Missing),
        (b"\r\n\r\n\0\r\nQUIT\r\n", HeaderError::Missing),
        (&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 92], b"\r\n"].concat(), HeaderError::LongLine),
        (&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 2000]].concat(), HeaderError::LongLine),
        (b"PROXY TCP4 \xff\xfe\r\n", HeaderError::Line),
    ] {
        let (outcome, taken) = read(bytes).unwrap();
        assert_eq!(outcome, Err(error), "{}", bytes.escape_ascii());
        assert!(taken <= MAX_LINE);
    }
}

#[test]
fn reads_version_2() {
    let (v4, v6) = (Some("192.0.2.7:40000"), Some("[2001:db8::7]:40000"));
    let fields = |block: &[u8]| [block, &[0x03, 0, 4, 1, 2, 3, 4], &[0x20; 300]].concat();
    for (command, family, rest, source) in [
        (0x21, 0x11, SOURCE_4.to_vec(), v4),
        (0x21, 0x11, fields(&SOURCE_4), v4),
        (0x21, 0x21, source_6(), v6),
        (0x21, 0x21, fields(&source_6()), v6),
        (0x21, 0x21, [source_6(), vec![0; MAX_REST - 36]].concat(), v6),
        (0x20, 0x11, SOURCE_4.to_vec(), None),
        (0x20, 0x00, Vec::new(), None),
        (0x20, 0xff, vec![1], None),
        (0x21, 0x00, Vec::new(), None),
        (0x21, 0x00, vec![7; 12], None),
        (0x21, 0x12, SOURCE_4.to_vec(), None),
        (0x21, 0x22, source_6(), None),
        (0x21, 0x31, vec![b'/'; 216], None),
        (0x21, 0x32, vec![b'/'; 216], None),
    ] {
        let header = version_2(command, family, &rest);
        let (outcome, taken) = read(&[&header[..], b"GET / HTTP/1.1\r\n"].concat()).unwrap();
        assert_eq!(outcome, Ok(source.map(|source| source.parse().unwrap())), "{command:x} {family:x}");
        assert_eq!(taken, header.len());
    }
}

#[test]
fn rejects_other_headers_of_version_2() {
    let long = vec![0; MAX_REST + 1];
    for (command, family, rest, error) in [
        (0x21, 0x11, &SOURCE_4[..11], HeaderError::ShortAddresses),
        (0x21, 0x21, &source_6()[..35], HeaderError::ShortAddresses),
        (0x21, 0x11, &[], HeaderError::ShortAddresses),
        (0x21, 0x11, &long, HeaderError::LongRest),
        (0x20, 0x00, &long, HeaderError::LongRest),
        (0x22, 0x11, &SOURCE_4, HeaderError::Unassigned),
        (0x11, 0x11, &SOURCE_4, HeaderError::Unassigned),
        (0x31, 0x11, &SOURCE_4, HeaderError::Unassigned),
        (0x21, 0x10, &SOURCE_4, HeaderError::Unassigned),
        (0x21, 0x13, &SOURCE_4, HeaderError::Unassigned),
        (0x21, 0x41, &SOURCE_4, HeaderError::Unassigned),
    ] {
        let (outcome, taken) = read(&version_2(command, family, rest)).unwrap();
        assert_eq!(outcome, Err(error), "{command:x} {family:x}");
        assert_eq!(taken, FIXED, "rejected before the rest is read");
    }
}

#[test]
fn a_truncated_header_is_never_complete() {
    for header in [
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n".to_vec(),
        b"PROXY UNKNOWN\r\n".to_vec(),
        version_2(0x21, 0x11, &SOURCE_4),
        version_2(0x21, 0x21, &[source_6(), vec![9; 40]].concat()),
        version_2(0x20, 0x00, &[]),
    ] {
        for end in 0..header.len() {
            let Ok(Progress::Needs(needed)) = parse(&header[..end]) else {
                panic!("decided after {end} bytes of {}", header.escape_ascii());
            };
            assert!(needed <= header.len() - end, "reads past the end after {end} bytes");
        }
    }
}

fn address() -> impl Strategy<Value = SocketAddr> {
    (any::<IpAddr>(), any::<u16>()).prop_map(SocketAddr::from)
}

/// Encodes a source in both versions.
fn encoded(source: SocketAddr, fields: &[u8]) -> [Vec<u8>; 2] {
    let (ip, port) = (source.ip(), source.port());
    let block = |octets: &[u8]| [octets, octets, &port.to_be_bytes(), &[1, 187], fields].concat();
    let (name, family, rest) = match ip {
        IpAddr::V4(ip) => ("TCP4", 0x11, block(&ip.octets())),
        IpAddr::V6(ip) => ("TCP6", 0x21, block(&ip.octets())),
    };
    [format!("PROXY {name} {ip} {ip} {port} 443\r\n").into_bytes(), version_2(0x21, family, &rest)]
}

proptest! {
    #[test]
    fn every_source_comes_back(source in address(), fields in prop::collection::vec(any::<u8>(), 0..600)) {
        for header in encoded(source, &fields) {
            prop_assert_eq!(read(&[&header[..], b"GET"].concat()), Some((Ok(Some(source)), header.len())));
        }
    }

    #[test]
    fn a_changed_byte_breaks_nothing_else(
        source in address(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        for mut header in encoded(source, &[0; 8]) {
            let at = at.index(header.len());
            header[at] = byte;
            if let Some((_, taken)) = read(&header) {
                prop_assert!(taken <= header.len());
            }
        }
    }

    #[test]
    fn any_bytes_are_decided_within_the_bound(
        start in 0_usize..4, bytes in prop::collection::vec(any::<u8>(), MAX_REST + FIXED),
    ) {
        let start = [&b""[..], PREFIX, SIGNATURE, b"\r\n\r\n\0\r\nQUIT\n\x21\x11"][start];
        prop_assert!(read(&[start, &bytes].concat()).is_some());
    }
}
