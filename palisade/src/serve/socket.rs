//! A socket that an upgrade has handed to the application.

use std::task::{Context, Waker};

use super::bounds::HeldPlaces;

/// The direction of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    Read,
    Write,
}

/// The server's side of an upgraded socket.
#[derive(Debug, Default)]
pub(super) struct UpgradedSocket {
    /// `true` once the server has closed the socket.
    closed: bool,
    /// The tasks that wait to read from the socket and to write to it.
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Held until the socket is dropped.
    places: Option<HeldPlaces>,
}

impl UpgradedSocket {
    pub(super) fn hold(&mut self, places: HeldPlaces) {
        self.places = Some(places);
    }

    /// Returns the places of the socket, which is dropped.
    pub(super) fn release(&mut self) -> Option<HeldPlaces> {
        self.places.take()
    }

    /// Closes the socket. Returns the tasks to wake.
    pub(super) fn close(&mut self) -> [Option<Waker>; 2] {
        self.closed = true;
        [self.reader.take(), self.writer.take()]
    }

    /// Returns `true` if the socket is closed. Otherwise, the task is woken when it becomes closed.
    pub(super) fn is_closed(&mut self, direction: Direction, cx: &Context<'_>) -> bool {
        let waiting = match direction {
            Direction::Read => &mut self.reader,
            Direction::Write => &mut self.writer,
        };
        match waiting {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *waiting = Some(cx.waker().clone()),
        }
        self.closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::core::capacity::Capacity;
    use crate::serve::activity::{Activity, Timeouts};

    #[tokio::test(start_paused = true)]
    async fn a_dropped_socket_gives_its_place_back() {
        let second = Duration::from_secs(1);
        let times = Timeouts { header: second, idle: second, upgrade_idle: second };
        let (activity, capacity) = (Activity::new(times, Arc::default()), Capacity::new(1, 1));
        activity.upgrade(HeldPlaces { place: capacity.take(None).ok(), context: None });
        activity.close_stream();
        assert_eq!(capacity.counts().used, 1, "the application still has the socket");
        activity.stream_dropped();
        assert_eq!(capacity.counts().used, 0);
    }
}
