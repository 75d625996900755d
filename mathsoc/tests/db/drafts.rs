//! Drafts of forms: one for each form, bounded, and gone with the account.

use mathsoc::db::{Db, drafts, retention};
use mathsoc::domain::clock::now;
use mathsoc::domain::unsent_form::UnsentForm;
use palisade::Keyring;

use super::{Check, run};

pub(super) static CHECKS: &[Check] = checks![
    a_form_has_one_draft,
    an_account_has_ten_drafts,
    a_draft_goes_with_its_account,
    a_draft_is_kept_for_thirty_days,
    any_text_is_read_as_written,
];

const USER: &str =
    "INSERT INTO users (email, email_key, full_name, role, password_hash, created_at, email_verified_at)
    VALUES ($1, $1, 'Ada', 'pupil', 'x', 0, 1)";

fn form(path: &str, text: &str) -> UnsentForm {
    UnsentForm::new(path, vec![("body".to_owned(), text.to_owned())], &Keyring::random())
}

async fn a_form_has_one_draft(db: Db) {
    run(&db, USER, &["a@x"]).await.unwrap();
    for (at, text) in [(1, "first"), (2, "second")] {
        assert!(drafts::save(&db, 1, &form("/a?b=c", text), at).await.unwrap());
    }
    let draft = drafts::of_form(&db, 1, "/a?b=c").await.unwrap().unwrap();
    assert_eq!((draft.form.text("body"), draft.updated_at), (Some("second"), 2));
    assert_eq!(drafts::of_form(&db, 1, "/a").await.unwrap(), None);
    assert_eq!(drafts::of_form(&db, 2, "/a?b=c").await.unwrap(), None, "another account's");
    let long = form("/long", &"x".repeat(drafts::MAX_BYTES));
    assert!(!drafts::save(&db, 1, &long, 3).await.unwrap());
    drafts::delete(&db, 1, "/a?b=c").await.unwrap();
    assert_eq!(drafts::of_user(&db, 1).await.unwrap(), []);
}

async fn an_account_has_ten_drafts(db: Db) {
    run(&db, USER, &["a@x"]).await.unwrap();
    run(&db, USER, &["b@x"]).await.unwrap();
    drafts::save(&db, 2, &form("/0", "other"), 0).await.unwrap();
    for n in 0..13 {
        drafts::save(&db, 1, &form(&format!("/{n}"), "x"), n).await.unwrap();
    }
    let paths: Vec<_> = drafts::of_user(&db, 1).await.unwrap().into_iter().map(|it| it.form.path).collect();
    assert_eq!(paths, (3..13).rev().map(|n| format!("/{n}")).collect::<Vec<_>>(), "the newest");
    assert_eq!(drafts::of_user(&db, 2).await.unwrap().len(), 1);
    // All of one second: the one that is saved stays, wherever its path sorts.
    for path in ["/z", "/!"] {
        drafts::save(&db, 1, &form(path, "x"), 12).await.unwrap();
        assert!(drafts::of_form(&db, 1, path).await.unwrap().is_some(), "{path}");
    }
}

async fn a_draft_goes_with_its_account(db: Db) {
    run(&db, USER, &["a@x"]).await.unwrap();
    assert!(drafts::save(&db, 7, &form("/a", "x"), 1).await.is_err(), "no such account");
    drafts::save(&db, 1, &form("/a", "x"), 1).await.unwrap();
    run(&db, "DELETE FROM users", &[]).await.unwrap();
    assert_eq!(drafts::of_user(&db, 1).await.unwrap(), []);
}

async fn a_draft_is_kept_for_thirty_days(db: Db) {
    run(&db, USER, &["a@x"]).await.unwrap();
    let month = 30 * 24 * 60 * 60;
    drafts::save(&db, 1, &form("/old", "x"), now() - month - 1).await.unwrap();
    drafts::save(&db, 1, &form("/new", "x"), now() - month + 60).await.unwrap();
    retention::delete_expired(&db).await.unwrap();
    let paths: Vec<_> = drafts::of_user(&db, 1).await.unwrap().into_iter().map(|it| it.form.path).collect();
    assert_eq!(paths, ["/new"]);
}

async fn any_text_is_read_as_written(db: Db) {
    run(&db, USER, &["a@x"]).await.unwrap();
    let odd = "a\0b '; -- \" \\ \r\n∑ 🧮";
    drafts::save(&db, 1, &form("/a", odd), 1).await.unwrap();
    assert_eq!(drafts::of_form(&db, 1, "/a").await.unwrap().unwrap().form.text("body"), Some(odd));
}
