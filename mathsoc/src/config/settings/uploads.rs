//! The settings about files that people send.

use super::{Setting, Visible};

pub(in crate::config) static UPLOAD_FOLDER: Setting = Setting {
    name: "UPLOAD_FOLDER",
    aliases: &[],
    meaning: "The folder for files that admins upload. No web server may serve it: the site decides who sees what.",
    write: "the path of a folder",
    default: "data/uploads, in the folder that DATA_DIR names",
    example: "data/uploads",
    visible: Visible::All,
};

pub(in crate::config) static UPLOAD_STORE_URI: Setting = Setting {
    name: "UPLOAD_STORE_URI",
    aliases: &[],
    meaning: "Where files are kept instead of in a folder, when several machines serve the site. Keys are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    write: "s3://bucket/folder, perhaps with ?region=eu-west-2 and ?endpoint=https://…, or file:///srv/uploads",
    default: "the folder that UPLOAD_FOLDER names",
    example: "s3://maths-files/uploads?region=eu-west-2",
    visible: Visible::NoPassword,
};

pub(in crate::config) static MAX_CONTENT_LENGTH: Setting = Setting {
    name: "MAX_CONTENT_LENGTH",
    aliases: &[],
    meaning: "How many bytes a request with files may have.",
    write: "a number of bytes from 65536 to 1073741824",
    default: "16777216, which is 16 MiB",
    example: "16777216",
    visible: Visible::All,
};

pub(in crate::config) static CLAMD_ADDR: Setting = Setting {
    name: "CLAMD_ADDR",
    aliases: &[],
    meaning: "Where ClamAV's daemon listens, which scans files for malware before they are kept. Its StreamMaxLength must be no less than MAX_CONTENT_LENGTH.",
    write: "a host and a port, such as 127.0.0.1:3310, or the path of a socket, such as /run/clamav/clamd.ctl",
    default: "files are not scanned",
    example: "/run/clamav/clamd.ctl",
    visible: Visible::All,
};

pub(in crate::config) static CLAMD_DOWN: Setting = Setting {
    name: "CLAMD_DOWN",
    aliases: &[],
    meaning: "What becomes of files while ClamAV's daemon gives no answer.",
    write: "refuse (none is taken), or quarantine (they are kept, and shown once it has passed them)",
    default: "refuse",
    example: "refuse",
    visible: Visible::All,
};
