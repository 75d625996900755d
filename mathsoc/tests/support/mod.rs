//! The site as the tests of several modules start it.

pub(crate) mod browser;
pub(crate) mod front;
pub(crate) mod program;
pub(crate) mod site;
pub(crate) mod tcp;

/// Returns `true` if `make assets` was run.
///
/// Without it, fails the test unless `ALLOW_SKIP` names `assets`.
pub(crate) fn assets_are_built() -> bool {
    let built = mathsoc::web::assets::url("dist/site.js").is_some();
    if !built {
        test_support::allow_skip("assets", "the scripts are not bundled: run `make assets`");
    }
    built
}
