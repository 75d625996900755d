//! The settings of [`Uploads`].

use std::path::PathBuf;
use std::sync::Arc;

use super::clamd::Clamd;
use super::decoder_memory::DecoderMemory;
use super::file_type::{FileType, FileTypes};
use super::safe_name::SafeName;
use super::store::UploadStore;
use super::{ImagePolicy, ScanFailurePolicy, Uploads};

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) store: UploadStore,
    pub(super) file_types: FileTypes,
    pub(super) max_file_bytes: u64,
    pub(super) max_request_bytes: u64,
    pub(super) max_text_bytes: usize,
    pub(super) max_files: usize,
    pub(super) max_pixels: u64,
    pub(super) image_policy: ImagePolicy,
    ascii_names: bool,
    pub(super) scanner: Option<Clamd>,
    pub(super) scan_failure: ScanFailurePolicy,
    staging: Option<PathBuf>,
    pub(super) decoder_memory: DecoderMemory,
}

impl Settings {
    pub(super) fn new(store: UploadStore) -> Self {
        Self {
            store,
            file_types: FileType::ALL.into(),
            max_file_bytes: 8 << 20,
            max_request_bytes: 16 << 20,
            max_text_bytes: 1 << 20,
            max_files: 10,
            max_pixels: 40_000_000,
            image_policy: ImagePolicy::default(),
            ascii_names: false,
            scanner: None,
            scan_failure: ScanFailurePolicy::default(),
            staging: None,
            decoder_memory: DecoderMemory::of_the_process(),
        }
    }

    pub(super) fn staging(&self) -> PathBuf {
        self.staging.clone().unwrap_or_else(|| self.store.staging.clone())
    }

    /// Makes a file name safe, without the folders that some clients send with it.
    pub(super) fn safe_name(&self, file_name: &str) -> SafeName {
        let last = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
        if self.ascii_names { SafeName::ascii(last) } else { SafeName::new(last) }
    }
}

/// The [module page](super) has the defaults.
///
/// ```
/// use palisade::Uploads;
/// use palisade::upload::FileType;
///
/// let uploads = Uploads::open("memory://")?
///     .file_types(FileType::IMAGES)
///     .max_files(3)
///     .max_request_bytes(4 << 20)
///     .max_pixels(12_000_000)
///     .ascii_names();
/// assert_eq!(uploads.accepted_types().to_string(), "PNG, JPEG, GIF or WebP");
/// assert_eq!(uploads.request_limit_bytes(), 4 << 20);
/// # Ok::<(), palisade::upload::UploadsError>(())
/// ```
impl Uploads {
    /// Sets the accepted file types.
    #[doc(alias = "allowed extensions")]
    pub fn file_types(self, file_types: impl Into<FileTypes>) -> Self {
        let file_types = file_types.into();
        self.with(|settings| settings.file_types = file_types)
    }

    /// Sets the maximum size of a file.
    pub fn max_file_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.max_file_bytes = bytes)
    }

    /// Sets the maximum size of a request's body: files, texts, and the framing around them.
    #[doc(alias = "MAX_CONTENT_LENGTH")]
    pub fn max_request_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.max_request_bytes = bytes)
    }

    /// Sets the maximum size of all texts of a form together.
    #[doc(alias = "MAX_FORM_MEMORY_SIZE")]
    pub fn max_text_bytes(self, bytes: usize) -> Self {
        self.with(|settings| settings.max_text_bytes = bytes)
    }

    /// Sets the maximum number of files in a request.
    #[doc(alias = "MAX_FORM_PARTS")]
    pub fn max_files(self, files: usize) -> Self {
        self.with(|settings| settings.max_files = files)
    }

    /// Sets the maximum number of pixels of an image.
    pub fn max_pixels(self, pixels: u64) -> Self {
        self.with(|settings| settings.max_pixels = pixels)
    }

    /// Sets the memory in which files are checked and images decoded, in bytes. The default is
    /// 256 MiB for the whole process: half of a machine with 512 MB. With this setting, these
    /// `Uploads` and their clones have memory of their own. It is at least 1 KiB and at most 4 TiB.
    ///
    /// An inspection takes three times the file. [`ImagePolicy::Recode`] takes, for each pixel:
    ///
    /// | image | bytes per pixel | most pixels in 256 MiB |
    /// |---|---|---|
    /// | JPEG, one scan | 6 | 44 million |
    /// | JPEG, several scans, such as a progressive one | 10 | 26 million |
    /// | PNG, 8 bits | 16, grey 8 | 16 million |
    /// | PNG, 16 bits | 40, grey 20 | 6 million |
    /// | WebP | 16 | 16 million |
    /// | GIF | 16 | 16 million |
    ///
    /// These are bytes in use. glibc's allocator keeps freed memory for each thread that decoded: six
    /// images in turn, bounded to 75 MiB, left up to 211 MiB resident. With the environment variable
    /// `MALLOC_MMAP_THRESHOLD_=131072` it gives them back at once.
    ///
    /// An image that needs more than the whole memory is rejected with
    /// [`UploadError::TooManyPixels`](super::UploadError::TooManyPixels), so one that is permitted
    /// always fits. Files wait on the disk until there is room, for 10 s at most; then they are
    /// rejected with [`UploadRejection::DecodersBusy`](super::UploadRejection::DecodersBusy): 503.
    ///
    /// ```
    /// use palisade::Uploads;
    /// use palisade::upload::ImagePolicy;
    ///
    /// // A machine with 4 GB.
    /// let uploads = Uploads::open("memory://")?.image_policy(ImagePolicy::Recode).decoder_memory(1 << 30);
    /// assert_eq!(uploads.request_limit_bytes(), 16 << 20);
    /// # Ok::<(), palisade::upload::UploadsError>(())
    /// ```
    pub fn decoder_memory(self, bytes: u64) -> Self {
        self.with(|settings| settings.decoder_memory = DecoderMemory::new(bytes))
    }

    /// Sets the treatment of images and their metadata.
    pub fn image_policy(self, image_policy: ImagePolicy) -> Self {
        self.with(|settings| settings.image_policy = image_policy)
    }

    /// Converts file names to ASCII, as [`SafeName::ascii`] does. Otherwise letters of all scripts
    /// stay.
    pub fn ascii_names(self) -> Self {
        self.with(|settings| settings.ascii_names = true)
    }

    /// Sets the malware scanner.
    #[doc(alias("virus", "antivirus"))]
    pub fn scanner(self, scanner: Clamd) -> Self {
        self.with(|settings| settings.scanner = Some(scanner))
    }

    /// Sets the treatment of files while the scanner does not answer.
    pub fn scan_failure(self, scan_failure: ScanFailurePolicy) -> Self {
        self.with(|settings| settings.scan_failure = scan_failure)
    }

    /// Sets the folder for temporary files. The default is the folder of the store itself, or the
    /// system's temporary folder if the store is not a folder.
    pub fn staging(self, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        self.with(|settings| settings.staging = Some(folder))
    }

    /// Returns the accepted file types.
    pub fn accepted_types(&self) -> &FileTypes {
        &self.0.file_types
    }

    /// Returns the maximum size of a request, for the route's
    /// [`BodyLimit`](crate::body_limit::BodyLimit).
    pub fn request_limit_bytes(&self) -> u64 {
        self.0.max_request_bytes
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.0);
        change(&mut settings);
        Self(Arc::new(settings))
    }
}
