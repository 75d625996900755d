//! Files that strangers send: what is kept of them, what is refused and why, and how they are served.

mod copying;
mod hostile;
mod keeping;
mod pictures;
mod refused;
mod s3;
mod samples;
mod scanner;
mod serving;
mod site;
