//! The points that the summer competition awarded, and the schools that took part.
//!
//! Awarded points are kept within the rules of the boards: one pupil is first, and an unsolved
//! challenge scores nothing. A school is invited once, with the competition or with its first new
//! answer. So a school that was removed from the competition here stays removed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::job::{ImportKind, Job};
use super::{ImportError, Line};
use crate::db::tx::within;

/// Points and schools of the summer competition, by the ids of this database.
#[derive(Default)]
pub(super) struct SummerPoints {
    points: HashMap<(i64, i64), i64>,
    /// The school of each participant, by competition and user; the first one counts.
    schools: BTreeMap<(i64, i64), i64>,
    /// New answers: the old id, the competition and the school.
    new: Vec<(i64, i64, i64)>,
    /// The competitions created by this import.
    created: Vec<i64>,
}

impl SummerPoints {
    /// Reads points and schools, before the answers are imported.
    pub(super) async fn read(job: &mut Job<'_>, created: Vec<i64>) -> Result<Self, ImportError> {
        let mut summer = Self { created, ..Self::default() };
        let competitions = competitions(job).await?;
        // The import of the answers reports malformed rows.
        let mut line = Line::new("points");
        let columns = ["user_id", "school_id", "challenge_id", "points_awarded"];
        for row in job.rows(&mut line, &["summer_submission"], &columns).await? {
            let here = |kind, column| row.number(column).and_then(|id| job.new_id(kind, id));
            let challenge = here(ImportKind::SummerChallenge, "challenge_id");
            let (Some(user), Some(challenge)) = (here(ImportKind::User, "user_id"), challenge) else {
                continue;
            };
            let points = summer.points.entry((user, challenge)).or_default();
            *points = points.saturating_add(row.number("points_awarded").unwrap_or(0));
            let school = here(ImportKind::School, "school_id");
            let Some((school, competition)) = school.zip(competitions.get(&challenge).copied()) else {
                continue;
            };
            summer.schools.entry((competition, user)).or_insert(school);
            if !job.was_imported(ImportKind::SummerSubmission, row.id) {
                summer.new.push((row.id, competition, school));
            }
        }
        Ok(summer)
    }

    /// Invites the schools of newly imported answers. If the latest competition is new, also
    /// invites to it all schools that were registered.
    pub(super) async fn invite(&self, job: &mut Job<'_>) -> Result<(), ImportError> {
        // Skipped answers are not recorded, so they count as new again in the next import.
        let imported =
            self.new.iter().filter(|(old_id, ..)| job.was_imported(ImportKind::SummerSubmission, *old_id));
        let mut invited: BTreeSet<_> =
            imported.map(|(_, competition, school)| (*competition, *school)).collect();
        if let Some(latest) = self.created.last().copied() {
            invited.extend(registered_schools(job).await?.into_iter().map(|school| (latest, school)));
        }
        for (competition, school) in invited {
            invite(job, competition, school).await?;
        }
        Ok(())
    }

    /// Returns the points of a user for a challenge of the competition; `None` for any other
    /// challenge, or without an answer.
    pub(super) fn points(&self, user: i64, challenge: i64) -> Option<i64> {
        self.points.get(&(user, challenge)).copied()
    }

    /// Assigns the lines of new boards to the schools of the participants.
    pub(super) async fn assign_schools(&self, job: &mut Job<'_>) -> Result<(), ImportError> {
        const ASSIGN: &str = "UPDATE scores SET school_id = $3 WHERE competition_id = $1 AND user_id = $2";
        let new = self.schools.iter().filter(|((competition, _), _)| self.created.contains(competition));
        for ((competition, user), school) in new {
            within!(&mut job.tx, link => {
                let assign = sqlx::query(ASSIGN).bind(competition).bind(user).bind(school);
                assign.execute(&mut **link).await?;
            });
        }
        Ok(())
    }
}

/// Returns the competition of each challenge.
async fn competitions(job: &mut Job<'_>) -> Result<HashMap<i64, i64>, ImportError> {
    const ALL: &str = "SELECT id, competition_id FROM challenges WHERE competition_id IS NOT NULL";
    let rows: Vec<(i64, i64)> =
        within!(&mut job.tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    Ok(rows.into_iter().collect())
}

/// Returns the schools of all registered participants.
async fn registered_schools(job: &mut Job<'_>) -> Result<BTreeSet<i64>, ImportError> {
    let mut line = Line::new("schools");
    let columns = ["school_id", "is_competition_participant"];
    let mut rows = job.rows(&mut line, &["users", "user"], &columns).await?;
    rows.retain(|row| row.flag("is_competition_participant"));
    rows.extend(job.rows(&mut line, &["summer_leaderboard"], &["school_id"]).await?);
    let schools = rows.iter().filter_map(|row| row.number("school_id"));
    Ok(schools.filter_map(|school| job.new_id(ImportKind::School, school)).collect())
}

async fn invite(job: &mut Job<'_>, competition: i64, school: i64) -> Result<(), ImportError> {
    const INVITE: &str =
        "INSERT INTO competition_schools (competition_id, school_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    within!(&mut job.tx, link => {
        sqlx::query(INVITE).bind(competition).bind(school).execute(&mut **link).await?;
    });
    Ok(())
}
