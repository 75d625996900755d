//! The key stage filter above a list.

use crate::domain::key_stage::KeyStage;

/// A link of the filter.
pub(crate) struct Filter {
    pub(crate) key_stage: Option<KeyStage>,
    pub(crate) address: String,
    pub(crate) chosen: bool,
}

/// Returns the links of the filter for the list at `path`: all, then each key stage.
pub(crate) fn filters(path: &str, chosen: Option<KeyStage>) -> Vec<Filter> {
    let stages = KeyStage::ALL.into_iter().map(Some);
    [None]
        .into_iter()
        .chain(stages)
        .map(|key_stage| Filter { key_stage, address: address(path, key_stage), chosen: key_stage == chosen })
        .collect()
}

/// Returns the URL of the list at `path`, filtered by a key stage or not.
pub(crate) fn address(path: &str, key_stage: Option<KeyStage>) -> String {
    key_stage.map_or_else(|| path.to_owned(), |stage| format!("{path}?key_stage={stage}"))
}
