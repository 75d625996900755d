//! Stories of pupils: accounts, answers and leaderboards.

use super::stage::Stage;
use super::{MEMBERS, class};

#[test]
fn the_set_up_link_makes_the_first_admin() {
    let pages = ["setup", "setup-wrong", "profile-admin", "dead-link"];
    Stage::new(MEMBERS).play("accounts/first_admin.mjs").checked(&pages);
}

#[test]
fn a_pupil_registers_and_chooses_a_password_by_the_letter() {
    let pages = [
        "register",
        "register-wrong",
        "register-letter",
        "register-password",
        "register-password-wrong",
        "registered",
    ];
    Stage::new(MEMBERS).play("accounts/register.mjs").checked(&pages);
}

#[test]
fn a_class_on_phones_has_its_first_lesson() {
    let settings = &[("REGISTRATION", "open"), ("RATELIMIT_ENABLED", "true")];
    Stage::new(settings).on_phones().play("answering/first_lesson.mjs").checked(&["leaderboard"]);
}

#[test]
fn a_member_logs_in_by_keyboard() {
    let pages = ["login-shown", "login-wrong", "home-logged-in"];
    Stage::new(MEMBERS).play("accounts/log_in.mjs").checked(&pages);
}

#[test]
fn a_member_edits_the_profile() {
    let pages = [
        "profile",
        "profile-edit",
        "profile-edit-wrong",
        "profile-saved",
        "sessions",
        "confirm",
        "confirm-wrong",
    ];
    Stage::new(MEMBERS).play("accounts/profile.mjs").checked(&pages);
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    let pages = ["change-password", "change-password-wrong"];
    Stage::new(MEMBERS).play("accounts/change_password.mjs").checked(&pages);
}

#[test]
fn a_stale_form_is_rejected() {
    Stage::new(MEMBERS).play("accounts/stale_form.mjs").checked(&["stale-form"]);
}

#[test]
fn a_member_resets_a_forgotten_password() {
    let pages = ["reset", "reset-wrong", "reset-letter", "reset-new", "reset-new-wrong"];
    Stage::new(MEMBERS).play("accounts/reset_password.mjs").checked(&pages);
}

#[test]
fn a_member_sets_up_an_authenticator_app() {
    let pages = [
        "second-factor",
        "second-factor-wrong",
        "recovery-codes",
        "second-factor-on",
        "login-code",
        "login-code-wrong",
    ];
    Stage::new(MEMBERS).play("accounts/second_factor.mjs").checked(&pages);
}

#[test]
fn a_member_deletes_the_account() {
    Stage::new(MEMBERS).play("accounts/delete_account.mjs").checked(&["delete", "delete-wrong"]);
}

#[test]
fn accounts_work_without_script() {
    Stage::new(MEMBERS).without_script().play("accounts/without_script.mjs");
}

#[test]
fn the_fourth_wrong_password_is_rate_limited() {
    Stage::new(&[]).play("accounts/rate_limit.mjs").checked(&["too-often"]);
}

#[test]
fn a_pupil_answers_with_the_math_field() {
    let pages = ["open", "typed", "wrong", "unread", "solved"];
    Stage::new(MEMBERS).play("answering/math_field.mjs").checked(&pages);
}

#[test]
fn a_pupil_answers_with_the_text_field() {
    Stage::new(MEMBERS).play("answering/text_field.mjs").checked(&["as-text"]);
}

#[test]
fn a_pupil_answers_with_the_tab_key() {
    Stage::new(MEMBERS).play("answering/keyboard.mjs");
}

#[test]
fn a_failed_request_falls_back_to_the_form() {
    Stage::new(MEMBERS).play("answering/failed_request.mjs");
}

#[test]
fn a_draft_survives_the_end_of_the_session() {
    Stage::new(MEMBERS).play("answering/ended_session.mjs").checked(&["logged-out"]);
}

#[test]
fn a_pupil_answers_on_a_phone() {
    Stage::new(MEMBERS).play("answering/phone.mjs").checked(&["keyboard-light", "keyboard-dark"]);
}

#[test]
fn a_pupil_answers_without_script() {
    Stage::new(MEMBERS).without_script().play("answering/without_script.mjs");
}

#[test]
fn a_rejected_answer_is_shown_again_without_script() {
    Stage::new(MEMBERS).without_script().play("answering/rejected_answer.mjs").checked(&["unsent"]);
}

/// Starts a site with a class of pupils, who can log in.
fn with_class() -> Stage {
    let stage = Stage::new(&[("RATELIMIT_ENABLED", "false")]);
    let challenges = tokio::runtime::Runtime::new().unwrap().block_on(class::gather(&stage.data()));
    stage.with("password", class::PASSWORD).with("challenges", challenges)
}

#[test]
fn a_leaderboard_moves_in_other_windows() {
    with_class().play("boards/live_update.mjs").checked(&["leaderboard-before"]);
}

#[test]
fn own_points_are_announced() {
    with_class().play("boards/own_points.mjs").checked(&["leaderboard"]);
}

#[test]
fn every_board_passes_the_checks() {
    let pages =
        ["leaderboard-class", "leaderboard-stage", "leaderboard-second-page", "competitions", "challenges"];
    with_class().play("boards/pages.mjs").checked(&pages);
}

#[test]
fn both_boards_of_a_competition_move() {
    with_class().play("boards/competition.mjs").checked(&["competition", "competition-challenge"]);
}

#[test]
fn boards_are_complete_without_script() {
    with_class().without_script().play("boards/without_script.mjs");
}

#[test]
fn a_pupil_reads_the_reasons_of_awards() {
    with_class().play("boards/history.mjs").checked(&["history"]);
}

#[test]
fn a_fourth_live_window_waits() {
    with_class().play("boards/connection_limit.mjs");
}
