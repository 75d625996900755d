//! Stories of admins: challenges, announcements, newsletters, people and articles.

use super::stage::Stage;
use super::{ADMINS, Settings};

const EDITOR: Settings =
    &[("RATELIMIT_ENABLED", "false"), ("ADMIN_TOTP_REQUIRED", "false"), ("MAX_CONTENT_LENGTH", "2000000")];

const LESSON: Settings =
    &[("RATELIMIT_ENABLED", "false"), ("ADMIN_TOTP_REQUIRED", "false"), ("REGISTRATION", "open")];

/// Runs a story of admins twice, as two tests.
macro_rules! with_script_and_without {
    ($name:ident, $without_script:ident, $story:literal, $pages:expr) => {
        #[test]
        fn $name() {
            Stage::new(ADMINS).play($story).checked(&$pages);
        }

        #[test]
        fn $without_script() {
            Stage::new(ADMINS).without_script().play($story).checked(&$pages);
        }
    };
}

with_script_and_without!(
    an_admin_sets_a_challenge,
    an_admin_sets_a_challenge_without_script,
    "admin/challenges.mjs",
    ["home", "new-challenge", "new-challenge-wrong", "challenges"]
);

const MARKING: [&str; 8] = [
    "draft-in-list",
    "draft",
    "hint",
    "results",
    "what-would-change",
    "answers-of-a-pupil",
    "saved-by-somebody-else",
    "open-again",
];

#[test]
fn an_admin_corrects_a_key() {
    Stage::new(LESSON).play("admin/marking.mjs").checked(&MARKING);
}

#[test]
fn an_admin_corrects_a_key_on_a_phone() {
    Stage::new(LESSON).on_phones().play("admin/marking.mjs").checked(&MARKING);
}

#[test]
fn an_admin_corrects_a_key_without_script() {
    Stage::new(LESSON).without_script().play("admin/marking.mjs").checked(&MARKING);
}

with_script_and_without!(
    an_admin_restores_a_deleted_announcement,
    an_admin_restores_a_deleted_announcement_without_script,
    "admin/announcements.mjs",
    ["new-announcement", "delete", "undo"]
);

with_script_and_without!(
    an_admin_adds_a_school,
    an_admin_adds_a_school_without_script,
    "admin/schools.mjs",
    ["schools"]
);

with_script_and_without!(
    an_admin_awards_points,
    an_admin_awards_points_without_script,
    "admin/awards.mjs",
    ["new-award", "new-award-wrong", "award", "delete-award", "awards", "awards-none", "user-with-awards"]
);

with_script_and_without!(
    an_admin_compares_answers,
    an_admin_compares_answers_without_script,
    "admin/tester.mjs",
    ["tester", "log"]
);

with_script_and_without!(
    a_newsletter_reaches_its_reader,
    a_newsletter_reaches_its_reader_without_script,
    "newsletters/send_and_read.mjs",
    [
        "newsletter-form",
        "newsletter-form-wrong",
        "newsletters-admin",
        "newsletter-change",
        "newsletters",
        "newsletter"
    ]
);

#[test]
fn an_admin_imports_a_list_of_pupils() {
    let pages = ["import", "import-wrong", "import-tried", "users", "welcome"];
    Stage::new(ADMINS).play("people/import.mjs").checked(&pages);
}

#[test]
fn an_admin_changes_many_users_at_once() {
    let pages = ["users-none", "users-narrow", "bulk-delete", "users-deleted", "bulk-move"];
    Stage::new(ADMINS).play("people/search_and_bulk.mjs").checked(&pages);
}

#[test]
fn an_admin_changes_one_user() {
    let pages = ["user", "user-edit", "user-role", "user-own", "user-new"];
    Stage::new(ADMINS).play("people/user.mjs").checked(&pages);
}

#[test]
fn the_dashboard_counts_answers() {
    Stage::new(ADMINS).play("people/dashboard.mjs").checked(&["dashboard-empty", "dashboard"]);
}

#[test]
fn an_admin_moves_a_pupil_up_without_script() {
    Stage::new(ADMINS).without_script().play("people/without_script.mjs");
}

#[test]
fn an_admin_writes_an_article_with_the_editor() {
    let pages = ["empty", "link", "written", "html", "wrong", "article"];
    Stage::new(EDITOR).play("editor/write_article.mjs").checked(&pages);
}

with_script_and_without!(
    a_text_outlives_the_session,
    a_text_outlives_the_session_without_script,
    "editor/ended_session.mjs",
    ["logged-out", "filled"]
);

#[test]
fn a_draft_is_kept_and_taken_back() {
    let pages = ["offered", "kept", "offered-by-server"];
    Stage::new(EDITOR).play("editor/drafts.mjs").checked(&pages);
}

#[test]
fn pasted_html_is_cleaned() {
    Stage::new(EDITOR).play("editor/paste_html.mjs");
}

#[test]
fn unsupported_html_is_saved_unchanged() {
    Stage::new(EDITOR).play("editor/unsupported_html.mjs").checked(&["unknown"]);
}

#[test]
fn the_picture_dialog_validates_and_uploads() {
    let pages = ["picture-asked", "picture-rejected", "picture-in-progress", "picture-in-text"];
    Stage::new(EDITOR).play("editor/picture_dialog.mjs").checked(&pages);
}

#[test]
fn a_visitor_sees_the_pictures_of_an_article() {
    Stage::new(EDITOR).play("editor/article_with_pictures.mjs").checked(&["article-with-pictures"]);
}

#[test]
fn an_admin_uploads_a_picture_by_form() {
    Stage::new(EDITOR).play("editor/upload_form.mjs").checked(&["upload-form", "upload-form-sent"]);
}

#[test]
fn an_admin_writes_an_article_without_script() {
    Stage::new(EDITOR).without_script().play("editor/without_script.mjs");
}

#[test]
fn an_admin_adds_a_picture_without_script() {
    Stage::new(EDITOR).without_script().play("editor/picture_without_script.mjs");
}
