//! The security layers of a web platform, for any tower service and first of all for axum.
