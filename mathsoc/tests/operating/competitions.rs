//! The import of the Flask site's summer competition: one competition a year, with its points.

use mathsoc::db::Db;
use mathsoc::operate::check;
use mathsoc::operate::import::{Options, Report};
use test_support::Folder;

use super::import::{everything, numbers, take, why};
use super::old_site::{self, PBKDF2_PASSWORD};
use super::tables::{run, table, texts};
use crate::support::site::TestSite;

const BOARDS: &str = "SELECT k.title, u.full_name, CAST(s.points AS TEXT), CAST(s.solved AS TEXT), c.name
    FROM scores s JOIN users u ON u.id = s.user_id JOIN schools c ON c.id = s.school_id
        JOIN competitions k ON k.id = s.competition_id AND s.board = 'competition-' || k.id ORDER BY 1, 2";

/// Checks the imported competitions after the rows of [`old_site`].
pub(crate) async fn are_there(site: &TestSite, report: &Report) {
    let db = &site.app.db;
    let competitions = table(db, "competitions", &["title", "opens_at", "closes_at"]).await;
    assert_eq!(
        competitions,
        ["Summer competition 2024 1721469600 1722592800", "Summer competition 2025 1751360400 1751446800"]
    );
    let challenges =
        "SELECT c.title, c.key_stage, k.title, CAST(c.released_at AS TEXT), CAST(c.locked_at AS TEXT)
        FROM challenges c JOIN competitions k ON k.id = c.competition_id ORDER BY c.id";
    assert_eq!(
        texts(db, challenges).await,
        [
            "Summer KS3 Summer competition 2024 1721469600 1721642400",
            "August KS4 Summer competition 2024 1722506400 1722592800",
            "Next year KS3 Summer competition 2025 1751360400 1751446800",
        ]
    );
    let schools = "SELECT k.title, s.name FROM competition_schools i
        JOIN competitions k ON k.id = i.competition_id JOIN schools s ON s.id = i.school_id ORDER BY 1, 2";
    assert_eq!(
        texts(db, schools).await,
        [
            "Summer competition 2024 Marlow Bridge",
            "Summer competition 2024 Their School",
            "Summer competition 2025 Marlow Bridge",
            "Summer competition 2025 Odd",
            "Summer competition 2025 Their School",
        ]
    );
    // By this site's rules Ada, who was earlier, would be the first solver of "Summer".
    assert_eq!(
        texts(db, BOARDS).await,
        [
            "Summer competition 2024 Ada Lovelace 4 2 Marlow Bridge",
            "Summer competition 2024 Bob 3 1 Marlow Bridge",
            "Summer competition 2025 Dora 3 1 Their School",
        ]
    );
    let challenges = report.line("competition challenges").unwrap();
    assert!(why(&challenges.left_out, 4).contains("KS9"));
    assert!(why(&challenges.changed, 2).contains("locked before its release"));
    assert!(why(&challenges.changed, 3).contains("it is in \"Summer competition 2025\""));
    let answers = report.line("competition answers").unwrap();
    assert!(why(&answers.left_out, 7).contains("solved before"));
    let entries = report.line("competition entries").unwrap();
    assert!(why(&entries.left_out, 3).contains("had 4 points there, and has 3 here"));

    let mut ada = site.browser();
    ada.log_in("ada@school.example", PBKDF2_PASSWORD).await;
    let path = "SELECT CAST(min(id) AS TEXT) FROM competitions";
    let path = format!("/competitions/{}", texts(db, path).await[0]);
    let page = ada.get(&path).await;
    assert!(page.status == 200 && page.body.contains("August"), "{} {}", page.status, page.body);
    let page = ada.get("/challenges/5").await;
    assert!(page.status == 200 && page.body.contains("<msup>"), "{} {}", page.status, page.body);
    assert!(!page.body.contains("steal()"));
    assert_eq!(site.browser().get(&path).await.status, 303, "visitors have to log in");
}

#[tokio::test]
async fn a_second_import_adds_and_keeps_local_changes() {
    let folder = Folder::new();
    let old = format!("sqlite://{}", folder.join("old.db").display());
    old_site::fill(&old).await;
    let site = TestSite::new(&[]).await;
    let db = &site.app.db;
    take(db, &old, Options::default()).await.unwrap();
    run(
        db,
        "DELETE FROM competition_schools WHERE competition_id = 1;
        UPDATE users SET school_id = NULL WHERE email_key = 'ada@school.example'",
    )
    .await;
    let before = everything(db).await;
    take(db, &old, Options::default()).await.unwrap();
    assert_eq!(everything(db).await, before, "the import repeats no invitation and moves no points");

    let there = Db::connect(&old.parse().unwrap()).await.unwrap();
    run(
        &there,
        "INSERT INTO summer_challenge VALUES (5, 'September', 'x', '2024-09-01 10:00:00', 24, NULL, 'KS3', 0, NULL);
        INSERT INTO summer_challenge_answer_box VALUES (6, 5, 'x', '1', 1);
        INSERT INTO summer_submission VALUES (11, 9, 2, 5, 6, '1', 1, '2024-09-01 11:00:00', 3),
            (12, 2, 1, 5, 6, '1', 1, '2024-09-01 12:00:00', 3), (13, 9, 2, 1, 2, '5', 1, '2024-07-20 12:00:00', 1)",
    )
    .await;
    there.close().await;
    let report = take(db, &old, Options::default()).await.unwrap();
    assert_eq!(numbers(&report, "competition challenges"), [5, 1, 3, 1]);
    assert_eq!(numbers(&report, "competition answers"), [13, 3, 8, 2]);
    let closes = "SELECT CAST(opens_at AS TEXT), CAST(closes_at AS TEXT) FROM competitions WHERE id = 1";
    assert_eq!(
        texts(db, closes).await,
        ["1721469600 1725271200"],
        "the competition is longer for the new challenge"
    );
    let boards = texts(db, BOARDS).await;
    assert!(boards.contains(&"Summer competition 2024 Dora 4 2 Their School".to_owned()), "{boards:?}");
    assert!(
        boards.contains(&"Summer competition 2024 Bob 4 2 Marlow Bridge".to_owned()),
        "one of two first solvers: {boards:?}"
    );
    assert!(check::run(db).await.unwrap().iter().all(|it| it.id == "M08"));

    run(db, "DELETE FROM challenges WHERE competition_id = 2; DELETE FROM competitions WHERE id = 2").await;
    let there = Db::connect(&old.parse().unwrap()).await.unwrap();
    run(&there, "INSERT INTO summer_challenge VALUES (6, 'Late', 'x', '2025-08-01 10:00:00', 24, NULL, 'KS3', 0, NULL)").await;
    there.close().await;
    let report = take(db, &old, Options::default()).await.unwrap();
    let line = report.line("competition challenges").unwrap();
    assert!(why(&line.left_out, 6).contains("Summer competition 2025 was deleted here"), "{report}");
}
