//! Checks answers, progress and leaderboards against each other.

use super::Finding;
use crate::db::Result;
use crate::db::scores::{self, due};
use crate::db::tx::{Tx, within};

/// A line of a leaderboard: its stored points, and those due.
#[derive(sqlx::FromRow)]
struct Score {
    board: String,
    user_id: i64,
    points: Option<i64>,
    solved: Option<i64>,
    due_points: Option<i64>,
    due_solved: Option<i64>,
}

pub(super) async fn find(tx: &mut Tx) -> Result<Vec<Finding>> {
    const SCORES: &str = concat!(
        "SELECT COALESCE(s.board, d.board) AS board, COALESCE(s.user_id, d.user_id) AS user_id,
            s.points, s.solved, d.points AS due_points, d.solved AS due_solved
        FROM scores s FULL JOIN (",
        due!(),
        ") d ON d.board = s.board AND d.user_id = s.user_id
        WHERE s.points IS DISTINCT FROM d.points OR s.solved IS DISTINCT FROM d.solved ORDER BY 1, 2"
    );
    const MISSING: &str = "SELECT DISTINCT s.user_id, b.challenge_id
        FROM submissions s JOIN answer_boxes b ON b.id = s.box_id
        WHERE NOT EXISTS (SELECT 1 FROM progress p WHERE p.user_id = s.user_id AND p.challenge_id = b.challenge_id)
        ORDER BY 1, 2";
    const OPEN: &str = "SELECT DISTINCT p.user_id, p.challenge_id
        FROM progress p JOIN answer_boxes b ON b.challenge_id = p.challenge_id
        WHERE p.solved_at IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM submissions s WHERE s.user_id = p.user_id AND s.box_id = b.id AND s.verdict = 'right')
        ORDER BY 1, 2";
    const DONE: &str = "SELECT p.user_id, p.challenge_id FROM progress p
        WHERE p.solved_at IS NULL AND EXISTS (SELECT 1 FROM answer_boxes b WHERE b.challenge_id = p.challenge_id)
            AND NOT EXISTS (SELECT 1 FROM answer_boxes b WHERE b.challenge_id = p.challenge_id AND NOT EXISTS
                (SELECT 1 FROM submissions s WHERE s.user_id = p.user_id AND s.box_id = b.id AND s.verdict = 'right'))
        ORDER BY 1, 2";
    const UNEARNED: &str = "SELECT user_id, challenge_id FROM progress
        WHERE points > 0 AND solved_at IS NULL ORDER BY 1, 2";
    const FIRST: &str =
        "SELECT p.user_id, p.challenge_id FROM progress p JOIN challenges c ON c.id = p.challenge_id
        WHERE p.points = 3 AND p.solved_at IS NOT NULL AND c.first_solved_at IS NULL ORDER BY 1, 2";
    const TRIES: &str = "SELECT user_id, box_id FROM submissions GROUP BY user_id, box_id
        HAVING count(try) <> max(try) OR max(CASE WHEN verdict = 'right' THEN try END) < max(try) ORDER BY 1, 2";
    // Without a number is a wrong answer whose try was given back, and what came after a right one.
    const UNCOUNTED: &str = "SELECT DISTINCT s.user_id, s.box_id FROM submissions s
        WHERE s.try IS NULL AND (s.verdict = 'right' OR s.ruling IS NULL OR s.ruling <> 'returned') AND NOT EXISTS
            (SELECT 1 FROM submissions r WHERE r.user_id = s.user_id AND r.box_id = s.box_id AND r.verdict = 'right'
                AND r.try IS NOT NULL AND (r.submitted_at < s.submitted_at OR r.submitted_at = s.submitted_at AND r.id < s.id))
        ORDER BY 1, 2";
    const OVERRULED: &str = "SELECT user_id, box_id FROM submissions WHERE ruling = 'accepted' AND verdict <> 'right' ORDER BY 1, 2";

    let scores: Vec<Score> = within!(tx, link => sqlx::query_as(SCORES).fetch_all(&mut **link).await?);
    let mut findings: Vec<_> = scores.into_iter().map(Score::finding).collect();
    for (id, rows, text, is_repairable) in [
        ("M04", MISSING, "has answers to challenge {}, but no row in progress", true),
        ("M05", OPEN, "is marked as having solved challenge {}, but has not solved all its boxes", false),
        ("M05", DONE, "has solved every box of challenge {}, but is not marked", false),
        ("M06", UNEARNED, "has points for challenge {}, which is not solved", false),
        ("M06", FIRST, "was the first to solve challenge {}, which has no time of the first solution", true),
        ("M07", TRIES, "has a wrong count of tries at box {}, or a try after the right answer", false),
        ("M07", UNCOUNTED, "has an answer at box {} that should count as a try", false),
        ("M07", OVERRULED, "has an answer at box {} that was accepted, and is not right", false),
    ] {
        let rows: Vec<(i64, i64)> = within!(tx, link => sqlx::query_as(rows).fetch_all(&mut **link).await?);
        let finding = |(user, of): (i64, i64)| {
            let text = format!("user {user} {}", text.replace("{}", &of.to_string()));
            Finding { is_repairable, ..Finding::new(id, text) }
        };
        findings.extend(rows.into_iter().map(finding));
    }
    Ok(findings)
}

impl Score {
    fn finding(self) -> Finding {
        let Self { board, user_id, points, solved, due_points, due_solved } = self;
        let shown = |points: Option<i64>, solved: Option<i64>| match points.zip(solved) {
            Some((points, solved)) => format!("{points} points for {solved} solved"),
            None => "nothing".to_owned(),
        };
        let (stored, due) = (shown(points, solved), shown(due_points, due_solved));
        Finding::new("M03", format!("board {board}, user {user_id}: {stored} instead of {due}")).repairable()
    }
}

/// Repairs what follows from answers and from `progress`.
pub(super) async fn repair(tx: &mut Tx) -> Result<()> {
    const FIRST: &str = "UPDATE challenges SET first_solved_at =
            (SELECT p.solved_at FROM progress p WHERE p.challenge_id = challenges.id AND p.points = 3)
        WHERE first_solved_at IS NULL";
    scores::note_begun(tx).await?;
    within!(tx, link => {
        sqlx::query(FIRST).execute(&mut **link).await?;
    });
    Ok(())
}
