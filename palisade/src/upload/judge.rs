//! What becomes of a file that has arrived: scanned as it came, then walked through, and left with what belongs into it.

use std::io;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::clamd::Verdict;
use super::error::UploadRejection;
use super::kind::FileType;
use super::picture::{recode, walk};
use super::staged::{Blocking, Staged};
use super::stored::Digest;
use super::{ImagePolicy, ScanFailurePolicy, Uploads, down, pdf};
use crate::upload::error::UploadError;
use crate::upload::safe_name::SafeName;

/// A file that was passed.
pub(super) struct Passed {
    pub(super) staged: Staged,
    pub(super) digest: Digest,
    pub(super) dimensions: Option<(u32, u32)>,
    pub(super) quarantined: bool,
}

impl Uploads {
    pub(super) async fn judge(
        &self,
        mut staged: Staged,
        kind: FileType,
        name: &SafeName,
    ) -> Result<Passed, UploadRejection> {
        let quarantined = self.scanned(&mut staged, name).await?;
        // Files wait on the disk; only those whose turn it is are in memory.
        let turn = Arc::clone(&self.0.turns).acquire_owned().await.map_err(down)?;
        let file = staged.into_blocking().await;
        let (pictures, most_pixels) = (self.0.pictures, self.0.pixels);
        let job = move || {
            let _turn = turn;
            look_through(file, kind, pictures, most_pixels)
        };
        let looked = tokio::task::spawn_blocking(job).await.map_err(down)?.map_err(down)?;
        let (staged, digest, dimensions) =
            looked.map_err(|fault| UploadRejection::File { name: name.as_str().into(), error: fault })?;
        Ok(Passed { staged, digest, dimensions, quarantined })
    }

    /// Whether the file has to wait for the scanner.
    async fn scanned(&self, staged: &mut Staged, name: &SafeName) -> Result<bool, UploadRejection> {
        let Some(clamd) = &self.0.scanner else {
            return Ok(false);
        };
        staged.rewind().await.map_err(down)?;
        let verdict = clamd.scan(staged.reader()).await;
        match self.verdict(verdict, name) {
            Err(UploadRejection::ScannerDown) if self.0.scan_failure == ScanFailurePolicy::Quarantine => {
                Ok(true)
            }
            judged => judged.map(|()| false),
        }
    }

    /// Passes what the scanner passed.
    pub(super) fn verdict(
        &self,
        verdict: io::Result<Verdict>,
        name: &SafeName,
    ) -> Result<(), UploadRejection> {
        match verdict {
            Ok(Verdict::Clean) => Ok(()),
            Ok(Verdict::Infected(signature)) => {
                tracing::warn!(%name, %signature, "the scanner knows a file as malware");
                Err(UploadRejection::File { name: name.as_str().into(), error: UploadError::Infected })
            }
            Err(error) => {
                tracing::error!(%error, "the scanner gives no answer");
                Err(UploadRejection::ScannerDown)
            }
        }
    }
}

type Looked = Result<(Staged, Digest, Option<(u32, u32)>), UploadError>;

fn look_through(
    mut file: Blocking,
    kind: FileType,
    pictures: ImagePolicy,
    most_pixels: u64,
) -> io::Result<Looked> {
    let bytes = file.read()?;
    let looked = match (kind, pictures) {
        (FileType::Pdf, _) => pdf::check(&bytes).map(|()| None),
        (picture, ImagePolicy::Keep) => {
            walk(picture, &bytes, most_pixels).and_then(|walked| match walked.more {
                true => Err(UploadError::Hides),
                false => Ok(Some(super::picture::Walked { bytes: Vec::new(), ..walked })),
            })
        }
        (picture, ImagePolicy::Strip) => walk(picture, &bytes, most_pixels).map(Some),
        (picture, ImagePolicy::Recode) => walk(picture, &bytes, most_pixels)
            .and_then(|walked| recode(picture, &walked, most_pixels))
            .map(Some),
    };
    let walked = match looked {
        Ok(walked) => walked,
        Err(fault) => return Ok(Err(fault)),
    };
    let dimensions = walked.as_ref().map(|walked| (walked.width, walked.height));
    let kept = walked.map(|walked| walked.bytes).filter(|kept| !kept.is_empty() && *kept != bytes);
    if let Some(kept) = &kept {
        file.replace(kept)?;
    }
    let bytes = kept.as_deref().unwrap_or(&bytes);
    let digest = Digest(Sha256::digest(bytes).into());
    Ok(Ok((file.into_staged(bytes.len()), digest, dimensions)))
}
