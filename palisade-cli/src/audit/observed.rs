//! A fetched response in the form that the rules take.

use palisade_audit::ObservedResponse;
use url::Url;

use crate::fetch::Fetched;

/// Converts a response. A body with a `Content-Encoding` is ignored, since none was asked for.
pub(super) fn observed(url: &Url, fetched: &Fetched) -> anyhow::Result<ObservedResponse> {
    let response = ObservedResponse::new(url.as_str(), fetched.status, fetched.headers.clone())?;
    let encoding = fetched.headers.get(http::header::CONTENT_ENCODING);
    let is_readable = encoding.is_none_or(|encoding| encoding == "identity");
    Ok(if is_readable { response.body(&fetched.text()) } else { response })
}
