//! The memory in which files are inspected and images decoded, shared by all requests.

use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::error::UploadRejection;
use crate::core::rejection::is_due;

/// The default for the whole process: half of a machine with 512 MB. One photograph of 40 million
/// pixels takes 240 MB to encode again.
const PROCESS_BYTES: u64 = 256 << 20;
/// The unit of the semaphore.
const UNIT: u64 = 1024;
/// The longest wait for memory. A large image takes a second, and a form may bring ten.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Logged at most once in ten seconds.
const FULL: &str = "an upload waited too long for the memory of the decoders; see `Uploads::decoder_memory`";

static PROCESS: LazyLock<DecoderMemory> = LazyLock::new(|| DecoderMemory::new(PROCESS_BYTES));

/// An amount of memory, and as many inspections at once as there are cores.
#[derive(Clone)]
pub(super) struct DecoderMemory {
    bytes: u64,
    memory: Arc<Semaphore>,
    cores: Arc<Semaphore>,
}

/// The memory of one inspection, until it is dropped.
pub(super) struct DecoderPermit {
    _memory: OwnedSemaphorePermit,
    _core: OwnedSemaphorePermit,
}

impl DecoderMemory {
    /// Returns the memory that all [`Uploads`](super::Uploads) of this process share.
    pub(super) fn of_the_process() -> Self {
        PROCESS.clone()
    }

    pub(super) fn new(bytes: u64) -> Self {
        let units = bytes.div_ceil(UNIT).clamp(1, u64::from(u32::MAX)) as u32;
        let cores = available_parallelism().map_or(2, usize::from).min(64);
        Self {
            bytes: u64::from(units) * UNIT,
            memory: Arc::new(Semaphore::new(units as usize)),
            cores: Arc::new(Semaphore::new(cores)),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Waits for this much memory, or for all of it. Waiting files stay on the disk.
    pub(super) async fn take(&self, bytes: u64) -> Result<DecoderPermit, UploadRejection> {
        let units = bytes.min(self.bytes).div_ceil(UNIT).max(1) as u32;
        let (memory, cores) = (Arc::clone(&self.memory), Arc::clone(&self.cores));
        let taken = timeout(MAX_WAIT, async {
            // In this order: who has memory gets a core, and who waits for memory has none.
            Some((memory.acquire_many_owned(units).await.ok()?, cores.acquire_owned().await.ok()?))
        });
        match taken.await {
            Ok(Some((memory, core))) => Ok(DecoderPermit { _memory: memory, _core: core }),
            // The semaphores are never closed.
            Ok(None) | Err(_) => {
                if is_due(FULL) {
                    tracing::warn!(decoder_memory = self.bytes, "{FULL}");
                }
                Err(UploadRejection::DecodersBusy)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_a_wait_ends() {
        let memory = DecoderMemory::new(100 * UNIT);
        assert_eq!(memory.bytes(), 100 * UNIT);
        let most = memory.take(99 * UNIT).await.unwrap();
        let least = memory.take(1).await.unwrap();
        assert_eq!(
            memory.take(0).await.map(drop),
            Err(UploadRejection::DecodersBusy),
            "nothing is free of charge"
        );
        drop(least);
        let begun = tokio::time::Instant::now();
        assert_eq!(memory.take(UNIT + 1).await.map(drop), Err(UploadRejection::DecodersBusy));
        let waited = begun.elapsed();
        assert!(waited >= MAX_WAIT && waited < MAX_WAIT + Duration::from_secs(1), "{waited:?}");
        assert!(memory.take(UNIT).await.is_ok());
        drop(most);
        assert!(memory.take(u64::MAX).await.is_ok(), "more than all is all");
        let all = DecoderMemory::new(u64::MAX);
        assert_eq!(all.bytes(), u64::from(u32::MAX) * UNIT);
        assert!(all.take(u64::MAX).await.is_ok());
        assert!(DecoderMemory::new(0).take(5).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_comes_in_whole_kibibytes() {
        for (bytes, units) in [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2)] {
            let memory = DecoderMemory::new(bytes);
            assert_eq!((memory.bytes(), memory.memory.available_permits()), (units * 1024, units as usize));
        }
        let memory = DecoderMemory::new(10 * 1024);
        for (bytes, left) in [(0, 9), (1, 9), (1024, 9), (1025, 8), (10 * 1024, 0), (u64::MAX, 0)] {
            let permit = memory.take(bytes).await.unwrap();
            assert_eq!(memory.memory.available_permits(), left, "{bytes}");
            drop(permit);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_inspections_run_as_there_are_cores() {
        let memory = DecoderMemory::new(PROCESS_BYTES);
        let cores = available_parallelism().map_or(2, usize::from).min(64);
        let mut permits = Vec::new();
        for _ in 0..cores {
            permits.push(memory.take(1).await.unwrap());
        }
        assert_eq!(memory.take(1).await.map(drop), Err(UploadRejection::DecodersBusy));
        permits.pop();
        assert!(memory.take(1).await.is_ok());
    }

    #[test]
    fn the_process_has_256_mebibytes() {
        assert_eq!(DecoderMemory::of_the_process().bytes(), 256 << 20);
    }
}
