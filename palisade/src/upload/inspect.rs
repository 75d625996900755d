//! The inspection of a complete file: the malware scan, then the check of its whole content.

use std::io;

use sha2::{Digest as _, Sha256};

use super::clamd::ScanResult;
use super::error::{UploadError, UploadRejection};
use super::file_type::FileType;
use super::image::{recode, strip};
use super::record::Digest;
use super::safe_name::SafeName;
use super::temp_file::{BlockingTempFile, TempFile};
use super::{ImagePolicy, ScanFailurePolicy, Uploads, pdf, store_down};

/// An accepted file.
pub(super) struct InspectedFile {
    pub(super) content: TempFile,
    pub(super) digest: Digest,
    pub(super) dimensions: Option<(u32, u32)>,
    pub(super) quarantined: bool,
}

impl Uploads {
    pub(super) async fn inspect(
        &self,
        mut content: TempFile,
        file_type: FileType,
        name: &SafeName,
    ) -> Result<InspectedFile, UploadRejection> {
        let quarantined = self.scan(&mut content, name).await?;
        let rejected = |error| UploadRejection::File { name: name.as_str().into(), error };
        let (image_policy, max_pixels) = (self.0.image_policy, self.0.max_pixels);
        let mut bytes = content.bytes().saturating_mul(FILE_COPIES);
        let mut content = content.into_blocking().await;
        if image_policy == ImagePolicy::Recode && file_type != FileType::Pdf {
            // The header says how much memory the decoder takes. No file has memory while it waits
            // for more: two could wait for each other.
            let all = self.0.decoder_memory.bytes();
            let measure = move || Ok((measure(&mut content, file_type, max_pixels, all)?, content));
            let measured;
            (measured, content) = self.in_memory(bytes, measure).await?;
            bytes = measured.map_err(rejected)?;
        }
        let check = move || check_content(content, file_type, image_policy, max_pixels);
        let (content, digest, dimensions) = self.in_memory(bytes, check).await?.map_err(rejected)?;
        Ok(InspectedFile { content, digest, dimensions, quarantined })
    }

    /// Waits for this much memory, and runs the job on a thread that may block.
    async fn in_memory<T: Send + 'static>(
        &self,
        bytes: u64,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, UploadRejection> {
        let permit = self.0.decoder_memory.take(bytes).await?;
        let job = move || {
            let _permit = permit;
            job()
        };
        tokio::task::spawn_blocking(job).await.map_err(store_down)?.map_err(store_down)
    }

    /// Scans the file, if there is a scanner. Returns `true` if the file has to go into
    /// quarantine.
    async fn scan(&self, content: &mut TempFile, name: &SafeName) -> Result<bool, UploadRejection> {
        let Some(scanner) = &self.0.scanner else {
            return Ok(false);
        };
        content.rewind().await.map_err(store_down)?;
        let result = scanner.scan(content.reader()).await;
        match self.check_scan(result, name) {
            Err(UploadRejection::ScannerDown) if self.0.scan_failure == ScanFailurePolicy::Quarantine => {
                Ok(true)
            }
            checked => checked.map(|()| false),
        }
    }

    /// Logs the result of a scan, and rejects a file that is not clean.
    pub(super) fn check_scan(
        &self,
        result: io::Result<ScanResult>,
        name: &SafeName,
    ) -> Result<(), UploadRejection> {
        match result {
            Ok(ScanResult::Clean) => Ok(()),
            Ok(ScanResult::Infected(signature)) => {
                tracing::warn!(%name, %signature, "malware found in an upload");
                Err(UploadRejection::File { name: name.as_str().into(), error: UploadError::Infected })
            }
            Err(error) => {
                tracing::error!(%error, "the malware scanner failed");
                Err(UploadRejection::ScannerDown)
            }
        }
    }
}

/// The file itself, without metadata, and while it is put together.
const FILE_COPIES: u64 = 3;

/// Returns the memory that an image takes to be encoded again, if it is at most this much.
fn measure(
    file: &mut BlockingTempFile,
    file_type: FileType,
    max_pixels: u64,
    memory: u64,
) -> io::Result<Result<u64, UploadError>> {
    let image = strip(file_type, &file.read()?, max_pixels);
    Ok(image.and_then(|image| {
        image.check_decoder(memory, max_pixels)?;
        Ok(image.decoder_bytes())
    }))
}

type CheckedContent = Result<(TempFile, Digest, Option<(u32, u32)>), UploadError>;

fn check_content(
    mut file: BlockingTempFile,
    file_type: FileType,
    image_policy: ImagePolicy,
    max_pixels: u64,
) -> io::Result<CheckedContent> {
    let bytes = file.read()?;
    let checked = match (file_type, image_policy) {
        (FileType::Pdf, _) => pdf::check(&bytes).map(|()| None),
        (image, ImagePolicy::Keep) => strip(image, &bytes, max_pixels).and_then(|mut stripped| {
            stripped.bytes.clear();
            if stripped.has_trailing_data { Err(UploadError::HiddenContent) } else { Ok(Some(stripped)) }
        }),
        (image, ImagePolicy::Strip) => strip(image, &bytes, max_pixels).map(Some),
        (image, ImagePolicy::Recode) => {
            strip(image, &bytes, max_pixels).and_then(|stripped| recode(image, &stripped)).map(Some)
        }
    };
    let image = match checked {
        Ok(image) => image,
        Err(error) => return Ok(Err(error)),
    };
    let dimensions = image.as_ref().map(|image| (image.width, image.height));
    let replacement = image.map(|image| image.bytes).filter(|new| !new.is_empty() && *new != bytes);
    if let Some(replacement) = &replacement {
        file.replace(replacement)?;
    }
    let bytes = replacement.as_deref().unwrap_or(&bytes);
    let digest = Digest(Sha256::digest(bytes).into());
    Ok(Ok((file.into_temp_file(bytes.len()), digest, dimensions)))
}
