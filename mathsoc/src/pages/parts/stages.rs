//! The links above a list that narrow it down to one key stage, or show all.

use crate::domain::key_stage::KeyStage;

/// One of these links.
pub(crate) struct Filter {
    pub(crate) key_stage: Option<KeyStage>,
    pub(crate) address: String,
    pub(crate) chosen: bool,
}

/// The links above the list at `path`.
pub(crate) fn filters(path: &str, chosen: Option<KeyStage>) -> Vec<Filter> {
    let stages = KeyStage::ALL.into_iter().map(Some);
    [None]
        .into_iter()
        .chain(stages)
        .map(|key_stage| Filter { key_stage, address: address(path, key_stage), chosen: key_stage == chosen })
        .collect()
}

/// Where the list at `path` is, narrowed down or not.
pub(crate) fn address(path: &str, key_stage: Option<KeyStage>) -> String {
    key_stage.map_or_else(|| path.to_owned(), |stage| format!("{path}?key_stage={stage}"))
}
