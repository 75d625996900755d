//! Reads the rows of an archive's part in bounded memory, whatever the part contains.

use std::io::{self, BufRead as _, BufReader, Read};

use super::BackupError;
use crate::operate::dump::Row;

/// The longest row that is read, in bytes of its JSON. The largest text of a row has 200,000
/// characters, each of which takes up to 6 bytes there.
const MAX_ROW_BYTES: u64 = 16 << 20;
/// The size at which rows are passed on, in bytes of their JSON.
const BATCH_BYTES: usize = 1 << 20;

/// Calls `each` with the rows of a part in order, about 1 MiB at a time.
///
/// # Errors
/// Returns [`BackupError::Damaged`] if a line is not a row, or longer than 16 MiB.
pub(super) fn read(
    content: impl Read,
    mut each: impl FnMut(Vec<Row>) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let mut content = BufReader::new(content);
    let (mut batch, mut batch_bytes, mut line) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        let mut bounded = (&mut content).take(MAX_ROW_BYTES);
        let bytes = bounded.read_until(b'\n', &mut line).map_err(BackupError::damaged)?;
        if bytes as u64 == MAX_ROW_BYTES {
            let long = io::Error::new(io::ErrorKind::InvalidData, "a row has more than 16 MiB");
            return Err(BackupError::damaged(long));
        }
        if bytes > 0 {
            batch.push(serde_json::from_slice(&line).map_err(|error| BackupError::damaged(error.into()))?);
            batch_bytes += bytes;
        }
        let is_last = bytes == 0;
        if batch_bytes >= BATCH_BYTES || (is_last && !batch.is_empty()) {
            each(std::mem::take(&mut batch))?;
            batch_bytes = 0;
        }
        if is_last {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(content: impl Read) -> Result<Vec<usize>, BackupError> {
        let mut sizes = Vec::new();
        read(content, |rows| {
            sizes.push(rows.len());
            Ok(())
        })?;
        Ok(sizes)
    }

    #[test]
    fn rows_are_passed_on_in_batches() {
        let row = format!("{{\"text\":\"{}\"}}\n", "x".repeat(400_000));
        assert_eq!(batches(row.repeat(7).as_bytes()).unwrap(), [3, 3, 1]);
        assert_eq!(batches("{}".as_bytes()).unwrap(), [1], "the last line may lack its end");
        assert_eq!(batches("".as_bytes()).unwrap(), [0; 0]);
    }

    #[test]
    fn an_endless_line_is_damage() {
        for endless in [b' ', b'{'] {
            let error = batches(io::repeat(endless).take(2 << 30)).unwrap_err();
            assert!(matches!(error, BackupError::Damaged(_)), "{error:?}");
        }
        assert!(batches("{}\n\n".as_bytes()).is_err(), "an empty line is no row");
    }
}
