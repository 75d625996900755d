//! Uploads: the checks and their rejections, stored files, scanning and serving.

mod copying;
mod hostile;
mod keeping;
mod memory;
mod pictures;
mod records;
mod rejected;
mod s3;
mod samples;
mod scanner;
mod serving;
mod site;
