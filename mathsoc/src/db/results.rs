//! The results of a challenge for admins: who answered what, in which box, and when; and all
//! answers of one member.
//!
//! Members in the trash are left out. Admins who tried the challenge are in, without points.

use super::paged::PagePosition;
use super::users::list::ColumnFilter;
use super::{Db, Paged, Result, on};
use crate::domain::key_stage::KeyStage;
use crate::domain::person::Year;

/// The number of members on a page: a class.
const PER_PAGE: i64 = 40;
/// The number of different answers that are listed for a box.
pub const COMMON: i64 = 6;
/// The maximum number of members in the file of a challenge.
const MAX_ROWS: i64 = 100_000;

/// A filter for members. A field that is not set does not filter. A class is a school and a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResultFilter {
    /// Members of this school, or of none.
    pub school: Option<ColumnFilter<i64>>,
    /// Members of this year, or without one.
    pub year: Option<ColumnFilter<Year>>,
    /// Members of this key stage.
    pub key_stage: Option<KeyStage>,
}

/// A member who tried the challenge.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResultRow {
    /// The account.
    pub user_id: i64,
    /// The name.
    pub full_name: String,
    /// The e-mail address, which joins the file with others.
    pub email: String,
    /// The name of the school.
    pub school: Option<String>,
    /// The year.
    pub year: Option<i64>,
    /// The time at which the last box was solved; Unix seconds.
    pub solved_at: Option<i64>,
    /// The points for the challenge.
    pub points: i64,
    /// The answers, in the order of time.
    #[sqlx(skip)]
    pub answers: Vec<GivenAnswer>,
}

/// An answer of a member.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GivenAnswer {
    /// The id.
    pub id: i64,
    /// The account.
    pub user_id: i64,
    /// The answer box.
    pub box_id: i64,
    /// The number of the try, from 1; `None` if it uses up no try.
    #[sqlx(rename = "try")]
    pub number: Option<i64>,
    /// The answer as it was typed.
    pub given: String,
    /// `true` if it is right.
    pub correct: bool,
    /// The ruling of a teacher, `accepted` or `returned`, if there is one.
    pub ruling: Option<String>,
    /// Unix seconds.
    pub submitted_at: i64,
}

/// An answer box with the counts of its answers.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BoxSummary {
    /// The id.
    pub id: i64,
    /// The label.
    pub label: String,
    /// The right answer.
    pub answer: String,
    /// The rules of the comparison.
    pub rules: String,
    /// The number of right answers.
    pub right: i64,
    /// The number of wrong answers.
    pub wrong: i64,
    /// The most frequent wrong answers.
    #[sqlx(skip)]
    pub common: Vec<CommonAnswer>,
    /// The answers that are right too.
    #[sqlx(skip)]
    pub accepted: Vec<AcceptedAnswer>,
}

/// A wrong answer of several members.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CommonAnswer {
    /// The answer box.
    pub box_id: i64,
    /// The id of the first such answer.
    pub id: i64,
    /// The answer as it was typed.
    pub given: String,
    /// The number of members.
    pub members: i64,
}

/// An answer that is right in addition to the key.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AcceptedAnswer {
    /// The id.
    pub id: i64,
    /// The answer box.
    pub box_id: i64,
    /// The text.
    pub answer: String,
}

macro_rules! matching {
    () => {
        "FROM progress p JOIN users u ON u.id = p.user_id LEFT JOIN schools s ON s.id = u.school_id
            WHERE p.challenge_id = $1 AND u.deleted_at IS NULL
                AND ($2 IS NULL OR u.school_id = $2 OR ($2 = 0 AND u.school_id IS NULL))
                AND ($3 IS NULL OR u.year = $3 OR ($3 = 0 AND u.year IS NULL))
                AND ($4 IS NULL OR u.key_stage = $4)"
    };
}

macro_rules! page_of {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " ",
            matching!(),
            " ORDER BY lower(u.full_name), u.id LIMIT $5 OFFSET $6"
        )
    };
}

macro_rules! bind {
    ($query:expr, $challenge:expr, $filter:expr) => {{
        let filter: &ResultFilter = $filter;
        let query = $query.bind($challenge).bind(filter.school.map(|it| it.parameter(|id| id)));
        let query = query.bind(filter.year.map(|it| it.parameter(Year::number)));
        query.bind(filter.key_stage.map(KeyStage::name))
    }};
}

/// Returns a page of 40 members who tried the challenge, by name, with their answers.
pub async fn page(db: &Db, challenge: i64, filter: &ResultFilter, page: u32) -> Result<Paged<ResultRow>> {
    const COUNT: &str = concat!("SELECT count(*) ", matching!());
    let total = on!(db, pool => bind!(sqlx::query_scalar(COUNT), challenge, filter).fetch_one(pool).await)?;
    let position = PagePosition::of(page, total, PER_PAGE);
    let rows = rows(db, challenge, filter, PER_PAGE, position.offset()).await?;
    Ok(position.with(rows))
}

/// Returns all members who tried the challenge, by name, with their answers.
pub async fn all(db: &Db, challenge: i64, filter: &ResultFilter) -> Result<Vec<ResultRow>> {
    rows(db, challenge, filter, MAX_ROWS, 0).await
}

async fn rows(
    db: &Db,
    challenge: i64,
    filter: &ResultFilter,
    limit: i64,
    offset: i64,
) -> Result<Vec<ResultRow>> {
    const LIST: &str =
        page_of!("p.user_id, u.full_name, u.email, s.name AS school, u.year, p.solved_at, p.points");
    const ANSWERS: &str = concat!(
        "SELECT a.id, a.user_id, a.box_id, a.try, a.given, a.verdict = 'right' AS correct, a.ruling, a.submitted_at
            FROM submissions a JOIN answer_boxes b ON b.id = a.box_id
            WHERE b.challenge_id = $1 AND a.user_id IN (SELECT user_id FROM (",
        page_of!("p.user_id"),
        ") shown) ORDER BY a.submitted_at, a.id"
    );
    let (mut rows, answers): (Vec<ResultRow>, Vec<GivenAnswer>) = on!(db, pool => (
        bind!(sqlx::query_as(LIST), challenge, filter).bind(limit).bind(offset).fetch_all(pool).await?,
        bind!(sqlx::query_as(ANSWERS), challenge, filter).bind(limit).bind(offset).fetch_all(pool).await?,
    ));
    let index: std::collections::HashMap<i64, usize> =
        rows.iter().enumerate().map(|(index, row)| (row.user_id, index)).collect();
    for answer in answers {
        if let Some(index) = index.get(&answer.user_id) {
            rows[*index].answers.push(answer);
        }
    }
    Ok(rows)
}

/// Returns the number of answers to a challenge, and of members who gave them.
pub async fn size(db: &Db, challenge: i64) -> Result<(i64, i64)> {
    const SIZE: &str = "SELECT count(*), count(DISTINCT s.user_id)
        FROM submissions s JOIN answer_boxes b ON b.id = s.box_id WHERE b.challenge_id = $1";
    Ok(on!(db, pool => sqlx::query_as(SIZE).bind(challenge).fetch_one(pool).await)?)
}

/// Returns the boxes of a challenge, with the counts of all their answers.
pub async fn boxes(db: &Db, challenge: i64) -> Result<Vec<BoxSummary>> {
    const BOXES: &str = "SELECT b.id, b.label, b.answer, b.rules,
            count(s.id) FILTER (WHERE s.verdict = 'right') AS \"right\", count(s.id) FILTER (WHERE s.verdict = 'wrong') AS wrong
        FROM answer_boxes b LEFT JOIN submissions s ON s.box_id = b.id
        WHERE b.challenge_id = $1 GROUP BY b.id, b.label, b.answer, b.rules, b.position ORDER BY b.position";
    const COMMON_ANSWERS: &str = "SELECT box_id, id, given, members FROM (
            SELECT s.box_id, min(s.id) AS id, s.given, count(DISTINCT s.user_id) AS members,
                row_number() OVER (PARTITION BY s.box_id ORDER BY count(DISTINCT s.user_id) DESC, min(s.id)) AS place
            FROM submissions s JOIN answer_boxes b ON b.id = s.box_id
            WHERE b.challenge_id = $1 AND s.verdict = 'wrong' GROUP BY s.box_id, s.given) counted
        WHERE place <= $2 ORDER BY box_id, place";
    const ACCEPTED: &str = "SELECT a.id, a.box_id, a.answer FROM accepted_answers a
        JOIN answer_boxes b ON b.id = a.box_id WHERE b.challenge_id = $1 ORDER BY a.id";
    let (mut boxes, common, accepted): (Vec<BoxSummary>, Vec<CommonAnswer>, Vec<AcceptedAnswer>) = on!(db, pool => (
        sqlx::query_as(BOXES).bind(challenge).fetch_all(pool).await?,
        sqlx::query_as(COMMON_ANSWERS).bind(challenge).bind(COMMON).fetch_all(pool).await?,
        sqlx::query_as(ACCEPTED).bind(challenge).fetch_all(pool).await?,
    ));
    for it in &mut boxes {
        it.common.extend(common.iter().filter(|answer| answer.box_id == it.id).cloned());
        it.accepted.extend(accepted.iter().filter(|answer| answer.box_id == it.id).cloned());
    }
    Ok(boxes)
}
