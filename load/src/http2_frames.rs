//! HTTP/2 frames as bytes, for clients that no library would be.

/// The start of a connection: the preface, and settings with the largest windows.
#[must_use]
pub fn preface() -> Vec<u8> {
    // SETTINGS_INITIAL_WINDOW_SIZE: the server may send as much as it likes.
    let settings = [0, 4, 0x7f, 0xff, 0xff, 0xff];
    let window = 0x7fff_0000_u32.to_be_bytes();
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0, &settings), frame(8, 0, 0, &window)]
        .concat()
}

/// One frame: its type, flags, stream and payload.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short").to_be_bytes();
    let head = [length[1], length[2], length[3], kind, flags];
    [&head[..], &stream.to_be_bytes(), payload].concat()
}

/// A whole request: HEADERS for a GET of this path, without a body.
#[must_use]
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(1, 0x5, stream, &request_head(path))
}

/// The beginning of a request's head, which CONTINUATION frames go on.
#[must_use]
pub fn unfinished_get(stream: u32, path: &str) -> Vec<u8> {
    frame(1, 0x1, stream, &request_head(path))
}

/// RST_STREAM: the client wants no answer.
#[must_use]
pub fn reset(stream: u32) -> Vec<u8> {
    frame(3, 0, stream, &8_u32.to_be_bytes())
}

/// CONTINUATION with one header of 1,000 bytes, which does not end the head.
#[must_use]
pub fn continuation(stream: u32) -> Vec<u8> {
    frame(9, 0, stream, &[&[0, 1, b'x', 0x7f, 0xe9, 0x06][..], &[b'y'; 1000]].concat())
}

/// PING.
#[must_use]
pub fn ping() -> Vec<u8> {
    frame(6, 0, 0, b"12345678")
}

/// SETTINGS without a setting, which the server has to acknowledge.
#[must_use]
pub fn settings() -> Vec<u8> {
    frame(4, 0, 0, &[])
}

/// `:method: GET`, `:scheme: http`, `:authority: localhost` and `:path`, in HPACK without its
/// compression.
fn request_head(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).expect("a short path");
    [&[0x82, 0x86, 0x01, 9][..], b"localhost", &[0x04, length], path.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_starts_with_its_length() {
        assert_eq!(frame(6, 1, 3, b"ab"), [0, 0, 2, 6, 1, 0, 0, 0, 3, b'a', b'b']);
    }

    #[test]
    fn a_continuation_has_one_header() {
        // 127 + 0x69 + 6 * 128 = 1000
        assert_eq!(127 + 0x69 + 6 * 128, 1000);
        assert_eq!(continuation(1).len(), 9 + 6 + 1000);
    }
}
