//! The inspection of a complete file: the malware scan, then the check of its whole content.

use std::io;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::clamd::ScanResult;
use super::error::{UploadError, UploadRejection};
use super::file_type::FileType;
use super::image::{StrippedImage, recode, strip};
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
        // Bounds the memory: waiting files stay on the disk.
        let permit = Arc::clone(&self.0.inspections).acquire_owned().await.map_err(store_down)?;
        let content = content.into_blocking().await;
        let (image_policy, max_pixels) = (self.0.image_policy, self.0.max_pixels);
        let job = move || {
            let _permit = permit;
            check_content(content, file_type, image_policy, max_pixels)
        };
        let checked = tokio::task::spawn_blocking(job).await.map_err(store_down)?.map_err(store_down)?;
        let (content, digest, dimensions) =
            checked.map_err(|error| UploadRejection::File { name: name.as_str().into(), error })?;
        Ok(InspectedFile { content, digest, dimensions, quarantined })
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
        (image, ImagePolicy::Keep) => {
            strip(image, &bytes, max_pixels).and_then(|stripped| match stripped.has_trailing_data {
                true => Err(UploadError::HiddenContent),
                false => Ok(Some(StrippedImage { bytes: Vec::new(), ..stripped })),
            })
        }
        (image, ImagePolicy::Strip) => strip(image, &bytes, max_pixels).map(Some),
        (image, ImagePolicy::Recode) => strip(image, &bytes, max_pixels)
            .and_then(|stripped| recode(image, &stripped, max_pixels))
            .map(Some),
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
