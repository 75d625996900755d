//! Demo content for a first look at the site.
//!
//! It is compiled in from `demo/demo.toml`, and is loaded only into an empty database, in one
//! transaction. `serve` loads it in development, `mathsoc migrate --demo` everywhere. Dates are
//! relative (`days_ago`; negative numbers are in the future), so that they stay recent. Schools
//! that a competition names are created if missing, without pupils and without a domain.

use serde::Deserialize;

use crate::db::{Db, Result, on};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;

/// The result of [`load`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demo {
    Loaded,
    /// The database had content, and was not changed.
    NotNeeded,
}

/// Loads the demo content into an empty database; leaves any other unchanged.
///
/// # Errors
/// If a query fails, or `demo.toml` does not parse.
pub async fn load(db: &Db) -> Result<Demo> {
    let content: Content = toml::from_str(include_str!("../../demo/demo.toml"))?;
    let now = now();
    let ago = |days: i64| now - days * 24 * 60 * 60;

    on!(db, pool => {
        let mut tx = pool.begin().await?;
        let rows: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *tx).await?;
        if rows > 0 {
            return Ok(Demo::NotNeeded);
        }
        for it in &content.announcements {
            let insert = sqlx::query(ANNOUNCEMENT).bind(&it.title).bind(&it.body).bind(ago(it.days_ago));
            insert.execute(&mut *tx).await?;
        }
        for it in &content.challenges {
            let insert = sqlx::query_scalar(CHALLENGE).bind(&it.title).bind(it.key_stage.name());
            let insert = insert.bind(&it.summary).bind(&it.statement).bind(ago(it.days_ago));
            let id: i64 = insert.fetch_one(&mut *tx).await?;
            for (position, it) in (1_i64..).zip(&it.boxes) {
                let insert = sqlx::query(ANSWER_BOX).bind(id).bind(position).bind(&it.label).bind(&it.answer).bind(&it.rules);
                insert.execute(&mut *tx).await?;
            }
        }
        for it in &content.competitions {
            let insert = sqlx::query_scalar(COMPETITION).bind(&it.title).bind(&it.summary);
            let insert = insert.bind(ago(it.days_ago)).bind(ago(it.days_ago - it.lasts_days));
            let competition: i64 = insert.fetch_one(&mut *tx).await?;
            for school in &it.schools {
                sqlx::query(SCHOOL).bind(school).execute(&mut *tx).await?;
                sqlx::query(INVITE).bind(competition).bind(school).execute(&mut *tx).await?;
            }
            for title in &it.challenges {
                sqlx::query(SET).bind(competition).bind(title).execute(&mut *tx).await?;
            }
        }
        for it in &content.articles {
            let insert = sqlx::query(ARTICLE).bind(&it.title).bind(&it.author).bind(&it.teaser);
            insert.bind(&it.body).bind(ago(it.days_ago)).execute(&mut *tx).await?;
        }
        for it in &content.newsletters {
            let insert = sqlx::query(NEWSLETTER).bind(&it.title).bind(&it.summary).bind(&it.body);
            insert.bind(ago(it.days_ago)).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    });
    Ok(Demo::Loaded)
}

const COUNT: &str = "SELECT (SELECT count(*) FROM announcements)
    + (SELECT count(*) FROM challenges) + (SELECT count(*) FROM articles)";
const ANNOUNCEMENT: &str = "INSERT INTO announcements (title, body, published_at) VALUES ($1, $2, $3)";
const CHALLENGE: &str = "INSERT INTO challenges (title, key_stage, summary, statement, released_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id";
const ANSWER_BOX: &str =
    "INSERT INTO answer_boxes (challenge_id, position, label, answer, rules) VALUES ($1, $2, $3, $4, $5)";
const COMPETITION: &str =
    "INSERT INTO competitions (title, summary, opens_at, closes_at) VALUES ($1, $2, $3, $4) RETURNING id";
const SCHOOL: &str = "INSERT INTO schools (name) VALUES ($1) ON CONFLICT DO NOTHING";
const INVITE: &str = "INSERT INTO competition_schools (competition_id, school_id)
    SELECT $1, id FROM schools WHERE name = $2";
const SET: &str = "UPDATE challenges SET competition_id = $1 WHERE title = $2";
const ARTICLE: &str =
    "INSERT INTO articles (title, author, teaser, body, published_at) VALUES ($1, $2, $3, $4, $5)";
const NEWSLETTER: &str =
    "INSERT INTO newsletters (title, summary, body, published_at) VALUES ($1, $2, $3, $4)";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    announcements: Vec<Announcement>,
    challenges: Vec<Challenge>,
    competitions: Vec<Competition>,
    articles: Vec<Article>,
    newsletters: Vec<Newsletter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announcement {
    title: String,
    body: String,
    days_ago: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Challenge {
    title: String,
    key_stage: KeyStage,
    summary: String,
    statement: String,
    days_ago: i64,
    boxes: Vec<AnswerBox>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBox {
    label: String,
    answer: String,
    #[serde(default)]
    rules: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Competition {
    title: String,
    summary: String,
    days_ago: i64,
    lasts_days: i64,
    schools: Vec<String>,
    /// Titles of challenges above.
    challenges: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    title: String,
    author: String,
    teaser: String,
    body: String,
    days_ago: i64,
}

/// A newsletter with a text; the demo has no PDFs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Newsletter {
    title: String,
    summary: String,
    body: String,
    days_ago: i64,
}
