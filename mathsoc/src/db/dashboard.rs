//! The figures of the admin dashboard. The database counts them over indexes and returns only the
//! rows that the page shows.

use super::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;

/// The number of days with answers that the chart shows.
pub const DAYS: i64 = 30;
/// The number of schools that the page shows; half as many challenges are the hardest or easiest.
const SHOWN_ROWS: i64 = 8;

/// The numbers of members.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Members {
    pub total: i64,
    /// Members with a verified address.
    pub verified: i64,
    /// Members who visited within the last 30 days.
    pub active: i64,
    pub admins: i64,
    /// Admins without a second factor.
    pub admins_without_factor: i64,
    pub ks3: i64,
    pub ks4: i64,
    pub ks5: i64,
}

impl Members {
    /// Returns the number of members in each key stage.
    pub fn stages(&self) -> [(KeyStage, i64); 3] {
        [(KeyStage::Ks3, self.ks3), (KeyStage::Ks4, self.ks4), (KeyStage::Ks5, self.ks5)]
    }

    /// Returns the number of members without a school year.
    pub fn without_year(&self) -> i64 {
        self.total - self.ks3 - self.ks4 - self.ks5
    }
}

/// Counts the members.
pub async fn members(db: &Db) -> Result<Members> {
    const COUNT: &str = "SELECT count(*) AS total, count(email_verified_at) AS verified,
        count(*) FILTER (WHERE last_seen_at > $1) AS active, count(*) FILTER (WHERE role = 'admin') AS admins,
        count(*) FILTER (WHERE role = 'admin' AND totp_secret IS NULL) AS admins_without_factor,
        count(*) FILTER (WHERE key_stage = 'KS3') AS ks3, count(*) FILTER (WHERE key_stage = 'KS4') AS ks4,
        count(*) FILTER (WHERE key_stage = 'KS5') AS ks5 FROM users WHERE deleted_at IS NULL";
    let since = now() - DAYS * 24 * 60 * 60;
    Ok(on!(db, pool => sqlx::query_as(COUNT).bind(since).fetch_one(pool).await)?)
}

/// Returns the schools with the most members and their numbers. The first row counts members
/// without a school, if there are any.
pub async fn schools(db: &Db) -> Result<Vec<(Option<String>, i64)>> {
    const COUNT: &str = "SELECT s.name, count(*) FROM users u LEFT JOIN schools s ON s.id = u.school_id
        WHERE u.deleted_at IS NULL GROUP BY s.id, s.name ORDER BY s.id IS NOT NULL, count(*) DESC, s.name LIMIT $1";
    Ok(on!(db, pool => sqlx::query_as(COUNT).bind(SHOWN_ROWS + 1).fetch_all(pool).await)?)
}

/// The numbers of answers in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HourlyAnswers {
    /// The start of the hour; Unix seconds.
    pub since: i64,
    /// The number of right answers.
    pub right: i64,
    /// The number of all answers.
    pub total: i64,
}

/// Returns the numbers of answers by hour. The caller sums them to days, because it knows about
/// summer time.
pub async fn answers(db: &Db, since: i64) -> Result<Vec<HourlyAnswers>> {
    const COUNT: &str = "SELECT submitted_at / 3600 * 3600 AS since,
        count(*) FILTER (WHERE verdict = 'right') AS \"right\", count(*) AS total
        FROM submissions WHERE submitted_at >= $1 GROUP BY submitted_at / 3600 ORDER BY 1 LIMIT 1000";
    Ok(on!(db, pool => sqlx::query_as(COUNT).bind(since).fetch_all(pool).await)?)
}

/// The solution rate of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SolutionRate {
    pub id: i64,
    pub title: String,
    /// The number of pupils who tried it.
    pub tried: i64,
    /// The number of pupils who solved all of it.
    pub solved: i64,
}

impl SolutionRate {
    /// Returns the share of pupils who solved it, in per cent.
    pub fn rate(&self) -> i64 {
        self.solved * 100 / self.tried.max(1)
    }
}

/// Returns the challenges with the lowest solution rates, or with the highest ones. It considers
/// the last hundred released challenges, if at least three pupils tried them.
pub async fn solution_rates(db: &Db, hardest: bool) -> Result<Vec<SolutionRate>> {
    macro_rules! rates {
        ($order:literal) => {
            concat!(
                "SELECT c.id, c.title, count(*) AS tried, count(p.solved_at) AS solved
                    FROM (SELECT id, title FROM challenges WHERE deleted_at IS NULL AND is_draft = 0 AND released_at <= $1
                        ORDER BY released_at DESC, id DESC LIMIT 100) c
                    JOIN progress p ON p.challenge_id = c.id
                    JOIN users u ON u.id = p.user_id AND u.role = 'pupil' AND u.deleted_at IS NULL
                    GROUP BY c.id, c.title HAVING count(*) >= 3 ORDER BY count(p.solved_at) * 1000 / count(*) ",
                $order,
                ", count(*) DESC, c.id LIMIT $2"
            )
        };
    }
    let sql = if hardest { rates!("ASC") } else { rates!("DESC") };
    Ok(on!(db, pool => sqlx::query_as(sql).bind(now()).bind(SHOWN_ROWS / 2).fetch_all(pool).await)?)
}
