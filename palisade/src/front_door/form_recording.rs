//! The recording of a form's body while the application reads it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http::request::Parts;
use http_body::{Body as _, Frame, SizeHint};

use crate::core::body_policy::BodyPolicy;
use crate::extract::form_fields::FormEncoding;

/// The number of bytes of a form that are recorded: an article of 150 KB, percent-encoded.
const MAX_RECORDED_BYTES: usize = 256 << 10;

/// A body that is recorded while the application reads it. Clones share it.
#[derive(Clone)]
pub(super) struct Recording(Arc<Mutex<Recorded>>);

struct Recorded {
    body: Body,
    pieces: Vec<Bytes>,
    bytes: usize,
    /// The beginning of a body that is too long is of use.
    keeps_beginning: bool,
    state: RecordingState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RecordingState {
    Recording,
    Whole,
    /// The body is longer than the limit.
    Cut,
    /// The client has gone, or was too slow.
    Broken,
}

impl Recording {
    pub(super) fn new(body: Body, encoding: &FormEncoding) -> Self {
        let keeps_beginning = encoding.is_readable_in_part();
        let state = RecordingState::Recording;
        let mut recorded = Recorded { body, pieces: Vec::new(), bytes: 0, keeps_beginning, state };
        if !keeps_beginning && recorded.body.size_hint().lower() > MAX_RECORDED_BYTES as u64 {
            recorded.state = RecordingState::Cut;
        }
        Self(Arc::new(Mutex::new(recorded)))
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the rest that the application has left, within the time limit of the body. Its size
    /// limit has been applied: here the recording's own one holds.
    pub(super) fn poll_rest(&self, cx: &mut Context<'_>, head: &Parts) -> Poll<()> {
        let mut recorded = self.lock();
        while recorded.state == RecordingState::Recording {
            BodyPolicy::peek(&head.extensions, true);
            let frame = recorded.poll(cx);
            BodyPolicy::peek(&head.extensions, false);
            ready!(frame);
        }
        Poll::Ready(())
    }

    /// Returns what was recorded, if it has whole fields.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let recorded = self.lock();
        match recorded.state {
            RecordingState::Whole => Some(recorded.pieces.concat()),
            _ if recorded.keeps_beginning => Some(recorded.pieces.concat()),
            RecordingState::Recording | RecordingState::Cut | RecordingState::Broken => None,
        }
    }
}

impl Recorded {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if self.state == RecordingState::Recording {
            match &frame {
                None => self.state = RecordingState::Whole,
                Some(Err(_)) => self.state = RecordingState::Broken,
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.record(data);
                    }
                }
            }
        }
        Poll::Ready(frame)
    }

    fn record(&mut self, data: &Bytes) {
        let room = MAX_RECORDED_BYTES - self.bytes;
        if data.len() > room {
            self.state = RecordingState::Cut;
            if !self.keeps_beginning {
                (self.pieces, self.bytes) = (Vec::new(), 0);
                return;
            }
        }
        let data = data.slice(..data.len().min(room));
        self.bytes += data.len();
        self.pieces.push(data);
    }
}

impl http_body::Body for Recording {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.lock().poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}
