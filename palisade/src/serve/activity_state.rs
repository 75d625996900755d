//! The state of a connection as one word of 64 bits.

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The number of requests that the application works on.
    pub(super) busy: u32,
    pub(super) phase: ClientPhase,
    pub(super) http2: bool,
    /// The time at which the server began to wait for the client, in milliseconds of the
    /// connection. `None` until something waits.
    pub(super) since: Option<u64>,
}

/// The client's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientPhase {
    /// To send the first request.
    FirstRequest,
    /// To read the response, or to send another request.
    Idle,
    /// To finish the head of a request that has begun.
    RequestHead,
    /// Whatever the protocol of the upgraded socket wants.
    Upgraded,
}

const BUSY_BITS: u32 = 20;
const SINCE_SHIFT: u32 = BUSY_BITS + 3;

/// The largest number of requests of one connection that the word can count.
pub(super) const MAX_BUSY: u32 = (1 << BUSY_BITS) - 1;
/// The largest time plus one: 41 bits, or 69 years.
const MAX_SINCE: u64 = (1 << (u64::BITS - SINCE_SHIFT)) - 1;

impl State {
    /// A connection whose client has to send its first request from now on.
    pub(super) const NEW: Self =
        Self { busy: 0, phase: ClientPhase::FirstRequest, http2: false, since: Some(0) };

    /// Returns the word: from the lowest bit on, the number of requests, the phase, the protocol,
    /// and the time plus one, or 0 without a time.
    pub(super) fn word(self) -> u64 {
        let since = self.since.map_or(0, |since| since.saturating_add(1).min(MAX_SINCE));
        let phase = self.phase as u64;
        u64::from(self.busy.min(MAX_BUSY))
            | phase << BUSY_BITS
            | u64::from(self.http2) << (BUSY_BITS + 2)
            | since << SINCE_SHIFT
    }

    pub(super) fn from_word(word: u64) -> Self {
        Self {
            busy: u32::try_from(word & u64::from(MAX_BUSY)).unwrap_or(MAX_BUSY),
            phase: match word >> BUSY_BITS & 3 {
                0 => ClientPhase::FirstRequest,
                1 => ClientPhase::Idle,
                2 => ClientPhase::RequestHead,
                _ => ClientPhase::Upgraded,
            },
            http2: word >> (BUSY_BITS + 2) & 1 == 1,
            since: (word >> SINCE_SHIFT).checked_sub(1),
        }
    }

    /// Returns `true` if no request of an HTTP/1 connection is with the application.
    pub(super) fn is_waiting_http1(self) -> bool {
        self.busy == 0 && !self.http2
    }

    /// Returns the state after a part of a response was made: the client has to read.
    pub(super) fn waits(self) -> Self {
        let phase = match self.phase {
            ClientPhase::Upgraded => ClientPhase::Upgraded,
            _ => ClientPhase::Idle,
        };
        Self { phase, since: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_the_word() {
        use ClientPhase::{FirstRequest, Idle, RequestHead, Upgraded};
        for busy in [0, 1, 2, 100, MAX_BUSY] {
            for phase in [FirstRequest, Idle, RequestHead, Upgraded] {
                for http2 in [false, true] {
                    for since in [None, Some(0), Some(1), Some(75_000), Some(MAX_SINCE - 1)] {
                        let state = State { busy, phase, http2, since };
                        assert_eq!(State::from_word(state.word()), state);
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_that_do_not_fit_stay_in_their_field() {
        let state = State { busy: u32::MAX, since: Some(u64::MAX), ..State::NEW };
        let read = State::from_word(state.word());
        assert_eq!(read, State { busy: MAX_BUSY, since: Some(MAX_SINCE - 1), ..State::NEW });
        let state = State { since: Some(MAX_SINCE + 5), ..State::NEW };
        assert_eq!(State::from_word(state.word()).since, Some(MAX_SINCE - 1));
    }
}
