//! The numbers of the dashboard: counted by the database, over indexes, and never more rows than a page shows.

use super::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;

/// How many days of answers are shown.
pub const DAYS: i64 = 30;
/// How many schools, and how many challenges at either end.
const FEW: i64 = 8;

/// How many members there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Members {
    /// All of them.
    pub total: i64,
    /// Whose address is known to be theirs.
    pub verified: i64,
    /// Who were here within the last 30 days.
    pub active: i64,
    /// Who may do everything.
    pub admins: i64,
    /// Admins who log in by password alone.
    pub admins_without_factor: i64,
    /// In the first stage.
    pub ks3: i64,
    /// In the second.
    pub ks4: i64,
    /// In the third.
    pub ks5: i64,
}

impl Members {
    /// By key stage.
    pub fn stages(&self) -> [(KeyStage, i64); 3] {
        [(KeyStage::Ks3, self.ks3), (KeyStage::Ks4, self.ks4), (KeyStage::Ks5, self.ks5)]
    }

    /// Who are in no year.
    pub fn without_year(&self) -> i64 {
        self.total - self.ks3 - self.ks4 - self.ks5
    }
}

/// Counts the members.
///
/// # Errors
/// When the database gives no answer.
pub async fn members(db: &Db) -> Result<Members> {
    const COUNT: &str = "SELECT count(*) AS total, count(email_verified_at) AS verified,
        count(*) FILTER (WHERE last_seen_at > $1) AS active, count(*) FILTER (WHERE role = 'admin') AS admins,
        count(*) FILTER (WHERE role = 'admin' AND totp_secret IS NULL) AS admins_without_factor,
        count(*) FILTER (WHERE key_stage = 'KS3') AS ks3, count(*) FILTER (WHERE key_stage = 'KS4') AS ks4,
        count(*) FILTER (WHERE key_stage = 'KS5') AS ks5 FROM users WHERE deleted_at IS NULL";
    let since = now() - DAYS * 24 * 60 * 60;
    Ok(on!(db, pool => sqlx::query_as(COUNT).bind(since).fetch_one(pool).await)?)
}

/// The schools with the most members, and how many they have; before them who has no school, under no name.
///
/// # Errors
/// When the database gives no answer.
pub async fn schools(db: &Db) -> Result<Vec<(Option<String>, i64)>> {
    const COUNT: &str = "SELECT s.name, count(*) FROM users u LEFT JOIN schools s ON s.id = u.school_id
        WHERE u.deleted_at IS NULL GROUP BY s.id, s.name ORDER BY s.id IS NOT NULL, count(*) DESC, s.name LIMIT $1";
    Ok(on!(db, pool => sqlx::query_as(COUNT).bind(FEW + 1).fetch_all(pool).await)?)
}

/// The answers of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Answered {
    /// When the hour began; unix seconds.
    pub since: i64,
    /// How many were right.
    pub right: i64,
    /// How many there were.
    pub total: i64,
}

/// The answers from then on, hour by hour: days are made of hours elsewhere, where summer time is known.
///
/// # Errors
/// When the database gives no answer.
pub async fn answers(db: &Db, since: i64) -> Result<Vec<Answered>> {
    const COUNT: &str = "SELECT submitted_at / 3600 * 3600 AS since,
        count(*) FILTER (WHERE verdict = 'right') AS \"right\", count(*) AS total
        FROM submissions WHERE submitted_at >= $1 GROUP BY submitted_at / 3600 ORDER BY 1 LIMIT 1000";
    Ok(on!(db, pool => sqlx::query_as(COUNT).bind(since).fetch_all(pool).await)?)
}

/// How a challenge does with those who tried it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tried {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub title: String,
    /// How many pupils tried it.
    pub tried: i64,
    /// How many of them have solved all of it.
    pub solved: i64,
}

impl Tried {
    /// How many of a hundred have solved it.
    pub fn rate(&self) -> i64 {
        self.solved * 100 / self.tried.max(1)
    }
}

/// Of the last hundred challenges that three pupils tried at least, those that the fewest solve, the hardest first; or those
/// that the most solve.
///
/// # Errors
/// When the database gives no answer.
pub async fn tried(db: &Db, hardest: bool) -> Result<Vec<Tried>> {
    macro_rules! tried {
        ($order:literal) => {
            concat!(
                "SELECT c.id, c.title, count(*) AS tried, count(p.solved_at) AS solved
                    FROM (SELECT id, title FROM challenges WHERE deleted_at IS NULL AND released_at <= $1
                        ORDER BY released_at DESC, id DESC LIMIT 100) c
                    JOIN progress p ON p.challenge_id = c.id
                    JOIN users u ON u.id = p.user_id AND u.role = 'pupil' AND u.deleted_at IS NULL
                    GROUP BY c.id, c.title HAVING count(*) >= 3 ORDER BY count(p.solved_at) * 1000 / count(*) ",
                $order,
                ", count(*) DESC, c.id LIMIT $2"
            )
        };
    }
    let sql = if hardest { tried!("ASC") } else { tried!("DESC") };
    Ok(on!(db, pool => sqlx::query_as(sql).bind(now()).bind(FEW / 2).fetch_all(pool).await)?)
}
