//! What the summer competition had given: points for challenges, and for which school somebody took part.
//!
//! Points stay as they were given, where our boards can hold them: there is one who was first, and nothing for what is not solved.
//! Schools are invited once, with the competition or with the first answer that is new, so that one which was taken off the list
//! here stays off.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::job::{ImportKind, Job};
use super::{ImportError, Line};
use crate::db::tx::within;

/// What the summer competition had given, by the numbers that everything has here.
#[derive(Default)]
pub(super) struct Given {
    points: HashMap<(i64, i64), i64>,
    /// The first school, by competition and user.
    schools: BTreeMap<(i64, i64), i64>,
    /// Answers that were not known before: their number there, the competition and the school.
    new: Vec<(i64, i64, i64)>,
    /// The competitions that were made just now.
    made: Vec<i64>,
}

impl Given {
    /// Reads it, before the answers are taken.
    pub(super) async fn read(job: &mut Job<'_>, made: Vec<i64>) -> Result<Self, ImportError> {
        let mut given = Self { made, ..Self::default() };
        let competitions = competitions(job).await?;
        // What cannot be read is in the report of the answers.
        let mut line = Line::new("points");
        let columns = ["user_id", "school_id", "challenge_id", "points_awarded"];
        for row in job.rows(&mut line, &["summer_submission"], &columns).await? {
            let here = |kind, column| row.number(column).and_then(|id| job.here(kind, id));
            let challenge = here(ImportKind::SummerChallenge, "challenge_id");
            let (Some(user), Some(challenge)) = (here(ImportKind::User, "user_id"), challenge) else {
                continue;
            };
            let points = given.points.entry((user, challenge)).or_default();
            *points = points.saturating_add(row.number("points_awarded").unwrap_or(0));
            let school = here(ImportKind::School, "school_id");
            let Some((school, competition)) = school.zip(competitions.get(&challenge).copied()) else {
                continue;
            };
            given.schools.entry((competition, user)).or_insert(school);
            if !job.knows(ImportKind::SummerSubmission, row.id) {
                given.new.push((row.id, competition, school));
            }
        }
        Ok(given)
    }

    /// Invites the schools of those whose answers were taken just now, and to the latest competition, if it is new, all that were
    /// registered.
    pub(super) async fn invite(&self, job: &mut Job<'_>) -> Result<(), ImportError> {
        // What was left out is not known, and would be new again the next time.
        let taken = self.new.iter().filter(|(old_id, ..)| job.knows(ImportKind::SummerSubmission, *old_id));
        let mut invited: BTreeSet<_> =
            taken.map(|(_, competition, school)| (*competition, *school)).collect();
        if let Some(latest) = self.made.last().copied() {
            invited.extend(taking_part(job).await?.into_iter().map(|school| (latest, school)));
        }
        for (competition, school) in invited {
            invite(job, competition, school).await?;
        }
        Ok(())
    }

    /// What a user had got for a challenge of the competition; nothing where it was none, or the user has not answered.
    pub(super) fn points(&self, user: i64, challenge: i64) -> Option<i64> {
        self.points.get(&(user, challenge)).copied()
    }

    /// Gives the lines of new boards to the schools for which they were earned.
    pub(super) async fn place(&self, job: &mut Job<'_>) -> Result<(), ImportError> {
        const PLACE: &str = "UPDATE scores SET school_id = $3 WHERE competition_id = $1 AND user_id = $2";
        let new = self.schools.iter().filter(|((competition, _), _)| self.made.contains(competition));
        for ((competition, user), school) in new {
            within!(&mut job.tx, link => {
                let place = sqlx::query(PLACE).bind(competition).bind(user).bind(school);
                place.execute(&mut **link).await?;
            });
        }
        Ok(())
    }
}

/// Which competition a challenge is in.
async fn competitions(job: &mut Job<'_>) -> Result<HashMap<i64, i64>, ImportError> {
    const ALL: &str = "SELECT id, competition_id FROM challenges WHERE competition_id IS NOT NULL";
    let rows: Vec<(i64, i64)> =
        within!(&mut job.tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    Ok(rows.into_iter().collect())
}

/// The schools of those who were registered for it, whether they have answered or not.
async fn taking_part(job: &mut Job<'_>) -> Result<BTreeSet<i64>, ImportError> {
    let mut line = Line::new("schools");
    let columns = ["school_id", "is_competition_participant"];
    let mut rows = job.rows(&mut line, &["users", "user"], &columns).await?;
    rows.retain(|row| row.flag("is_competition_participant"));
    rows.extend(job.rows(&mut line, &["summer_leaderboard"], &["school_id"]).await?);
    let schools = rows.iter().filter_map(|row| row.number("school_id"));
    Ok(schools.filter_map(|school| job.here(ImportKind::School, school)).collect())
}

async fn invite(job: &mut Job<'_>, competition: i64, school: i64) -> Result<(), ImportError> {
    const INVITE: &str =
        "INSERT INTO competition_schools (competition_id, school_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    within!(&mut job.tx, link => {
        sqlx::query(INVITE).bind(competition).bind(school).execute(&mut **link).await?;
    });
    Ok(())
}
