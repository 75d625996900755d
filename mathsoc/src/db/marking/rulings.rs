//! A teacher's rulings about answers: one is right too, a try is given back, all are marked again.
//!
//! | ruling | concerns |
//! |---|---|
//! | [`Ruling::AcceptText`] | everyone who gave an equal answer in the box, now and later |
//! | [`Ruling::RefuseText`] | the same, backwards |
//! | [`Ruling::AcceptOne`], [`Ruling::WithdrawOne`] | one answer of one pupil |
//! | [`Ruling::GiveBack`] | the tries of one answer, of one pupil, or of one box |
//! | [`Ruling::MarkAgain`] | every answer of the challenge |
//!
//! A try that was given back is not taken again. If the key changes, its answer can become right.

use super::{Judge, KeyChange, MarkingError, MarkingReport, Rejudge, keys, lock, remark};
use crate::db::admin_log::{Action, Actor, record};
use crate::db::board_versions::ScoreScope;
use crate::db::tx::{Tx, within};
use crate::db::{Db, Result as DbResult};
use crate::domain::ids::CompetitionId;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;

/// The maximum number of answers that a box accepts besides its key. Each costs a comparison of up
/// to 5 ms with every answer.
pub const MAX_ACCEPTED: i64 = 20;

/// A ruling about answers of one challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The text of this answer is right in its box, for everyone.
    AcceptText {
        /// The answer's id.
        answer: i64,
    },
    /// An accepted text is not right any more.
    RefuseText {
        /// The id in `accepted_answers`.
        accepted: i64,
    },
    /// This answer of one pupil is right.
    AcceptOne {
        /// The answer's id.
        answer: i64,
    },
    /// This answer of one pupil is marked by the key again.
    WithdrawOne {
        /// The answer's id.
        answer: i64,
    },
    /// These wrong answers use up no try.
    GiveBack(Tries),
    /// Every answer is compared with the present key.
    MarkAgain,
}

/// The tries that are given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// That of one answer.
    Answer(i64),
    /// Those of one pupil, in all boxes of the challenge.
    Pupil(i64),
    /// Those of everyone in one box.
    Box(i64),
}

/// Tells whether a change is made, or only computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Computes the difference and rolls the transaction back.
    Preview,
    /// Commits.
    Commit,
}

impl Mode {
    /// Ends the transaction of the change.
    pub(in crate::db) async fn end(self, tx: Tx) -> DbResult<()> {
        match self {
            Self::Preview => tx.rollback().await,
            Self::Commit => tx.commit().await,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Challenge {
    title: String,
    #[sqlx(try_from = "String")]
    key_stage: KeyStage,
    competition_id: Option<CompetitionId>,
}

/// An answer with its box.
#[derive(sqlx::FromRow)]
struct Given {
    user_id: i64,
    box_id: i64,
    label: String,
    given: String,
}

/// The parts of the log entry, and the answers to compare.
struct Ruled {
    rejudge: Rejudge,
    action: Action,
    detail: String,
}

/// Makes a ruling, and marks the challenge again, in one transaction.
///
/// # Errors
/// Fails if the challenge or the answer does not exist, or the ruling is refused.
pub async fn rule(
    db: &Db,
    by: &Actor,
    challenge: i64,
    ruling: Ruling,
    mode: Mode,
) -> Result<MarkingReport, MarkingError> {
    const CHALLENGE: &str =
        "SELECT title, key_stage, competition_id FROM challenges WHERE id = $1 AND deleted_at IS NULL";
    const RAISE: &str = "UPDATE challenges SET key_version = key_version + 1 WHERE id = $1";
    let mut judge = prepared(db, challenge, ruling).await?;
    let mut tx = Tx::writing(db).await?;
    lock(&mut tx, challenge).await?;
    let found: Option<Challenge> = within!(&mut tx, link => {
        sqlx::query_as(CHALLENGE).bind(challenge).fetch_optional(&mut **link).await?
    });
    let it = found.ok_or(MarkingError::NotFound)?;
    let Ruled { rejudge, action, detail } = write(&mut tx, challenge, ruling).await?;
    let before = ScoreScope::of(it.key_stage, it.competition_id);
    let report = remark(&mut tx, challenge, before, &rejudge, &mut judge).await?;
    let detail = match (report.to_string(), detail.is_empty()) {
        (counts, true) => counts,
        (counts, false) if counts.is_empty() => detail,
        (counts, false) => format!("{detail}; {counts}"),
    };
    within!(&mut tx, link => {
        let tx = &mut **link;
        sqlx::query(RAISE).bind(challenge).execute(&mut *tx).await?;
        record!(tx, by, action, LogSubject::Challenge, challenge, &it.title, &detail);
    });
    mode.end(tx).await?;
    Ok(report)
}

/// Compares what is stored before the transaction begins. A ruling about a single answer compares
/// within it.
async fn prepared(db: &Db, challenge: i64, ruling: Ruling) -> Result<Judge, MarkingError> {
    let mut tx = Tx::snapshot(db).await?;
    let mut keys = keys(&mut tx, challenge).await?;
    match ruling {
        Ruling::MarkAgain => {}
        Ruling::AcceptText { answer } => {
            let given = given(&mut tx, challenge, answer).await?;
            keys.retain(|key| key.id == given.box_id);
            keys.iter_mut().for_each(|key| key.accepted.push(given.given.clone()));
        }
        Ruling::RefuseText { accepted } => {
            let (id, text) = accepted_text(&mut tx, challenge, accepted).await?;
            keys.retain(|key| key.id == id);
            keys.iter_mut().for_each(|key| key.accepted.retain(|it| *it != text));
        }
        Ruling::AcceptOne { .. } | Ruling::WithdrawOne { .. } | Ruling::GiveBack(_) => keys.clear(),
    }
    tx.rollback().await?;
    super::prepare(db, challenge, &keys).await
}

async fn write(tx: &mut Tx, challenge: i64, ruling: Ruling) -> Result<Ruled, MarkingError> {
    match ruling {
        Ruling::AcceptText { answer } => accept_text(tx, challenge, answer).await,
        Ruling::RefuseText { accepted } => refuse_text(tx, challenge, accepted).await,
        Ruling::AcceptOne { answer } => accept_one(tx, challenge, answer).await,
        Ruling::WithdrawOne { answer } => withdraw_one(tx, challenge, answer).await,
        Ruling::GiveBack(tries) => give_back(tx, challenge, tries).await,
        Ruling::MarkAgain => {
            Ok(Ruled { rejudge: Rejudge::All, action: Action::Remarked, detail: String::new() })
        }
    }
}

async fn given(tx: &mut Tx, challenge: i64, answer: i64) -> Result<Given, MarkingError> {
    const ONE: &str = "SELECT s.user_id, s.box_id, b.label, s.given
        FROM submissions s JOIN answer_boxes b ON b.id = s.box_id WHERE s.id = $1 AND b.challenge_id = $2";
    let found: Option<Given> = within!(tx, link => {
        sqlx::query_as(ONE).bind(answer).bind(challenge).fetch_optional(&mut **link).await?
    });
    found.ok_or(MarkingError::NotFound)
}

async fn accepted_text(tx: &mut Tx, challenge: i64, accepted: i64) -> Result<(i64, String), MarkingError> {
    const ONE: &str =
        "SELECT a.box_id, a.answer FROM accepted_answers a JOIN answer_boxes b ON b.id = a.box_id
        WHERE a.id = $1 AND b.challenge_id = $2";
    let found: Option<(i64, String)> = within!(tx, link => {
        sqlx::query_as(ONE).bind(accepted).bind(challenge).fetch_optional(&mut **link).await?
    });
    found.ok_or(MarkingError::NotFound)
}

async fn accept_text(tx: &mut Tx, challenge: i64, answer: i64) -> Result<Ruled, MarkingError> {
    const COUNT: &str = "SELECT count(*) FROM accepted_answers WHERE box_id = $1";
    const ACCEPT: &str =
        "INSERT INTO accepted_answers (box_id, answer) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let Given { box_id, label, given, .. } = given(tx, challenge, answer).await?;
    if answers::normalize(&given).is_err() {
        return Err(MarkingError::Refused("This answer cannot be read, so nothing can be compared with it."));
    }
    let (before, added): (i64, u64) = within!(tx, link => (
        sqlx::query_scalar(COUNT).bind(box_id).fetch_one(&mut **link).await?,
        sqlx::query(ACCEPT).bind(box_id).bind(&given).execute(&mut **link).await?.rows_affected(),
    ));
    if added > 0 && before >= MAX_ACCEPTED {
        return Err(MarkingError::Refused(
            "A box accepts at most 20 answers besides its own. Change its rules instead.",
        ));
    }
    let detail = format!("“{given}” is right too in “{label}”");
    Ok(Ruled { rejudge: Rejudge::Boxes([box_id].into()), action: Action::Accepted, detail })
}

async fn refuse_text(tx: &mut Tx, challenge: i64, accepted: i64) -> Result<Ruled, MarkingError> {
    const REFUSE: &str = "DELETE FROM accepted_answers WHERE id = $1";
    let (box_id, text) = accepted_text(tx, challenge, accepted).await?;
    within!(tx, link => {
        sqlx::query(REFUSE).bind(accepted).execute(&mut **link).await?;
    });
    let detail = format!("“{text}” is not right any more");
    Ok(Ruled { rejudge: Rejudge::Boxes([box_id].into()), action: Action::Remarked, detail })
}

async fn accept_one(tx: &mut Tx, challenge: i64, answer: i64) -> Result<Ruled, MarkingError> {
    const ACCEPT: &str = "UPDATE submissions SET ruling = 'accepted' WHERE id = $1";
    let Given { user_id, label, given, .. } = given(tx, challenge, answer).await?;
    within!(tx, link => {
        sqlx::query(ACCEPT).bind(answer).execute(&mut **link).await?;
    });
    let detail = format!("“{given}” of user {user_id} in “{label}”");
    Ok(Ruled { rejudge: Rejudge::none(), action: Action::Accepted, detail })
}

async fn withdraw_one(tx: &mut Tx, challenge: i64, answer: i64) -> Result<Ruled, MarkingError> {
    const WITHDRAW: &str = "UPDATE submissions SET ruling = NULL WHERE id = $1 AND ruling = 'accepted'";
    let Given { user_id, label, given, .. } = given(tx, challenge, answer).await?;
    let done =
        within!(tx, link => sqlx::query(WITHDRAW).bind(answer).execute(&mut **link).await?.rows_affected());
    if done == 0 {
        return Err(MarkingError::Refused("This answer is marked by the key already."));
    }
    let detail = format!("“{given}” of user {user_id} in “{label}” by the key again");
    Ok(Ruled { rejudge: Rejudge::Answer(answer), action: Action::Remarked, detail })
}

async fn give_back(tx: &mut Tx, challenge: i64, tries: Tries) -> Result<Ruled, MarkingError> {
    const RETURN: &str = "UPDATE submissions SET ruling = 'returned'
        WHERE verdict = 'wrong' AND try IS NOT NULL AND ruling IS NULL
            AND box_id IN (SELECT id FROM answer_boxes WHERE challenge_id = $1)
            AND ($2 IS NULL OR id = $2) AND ($3 IS NULL OR user_id = $3) AND ($4 IS NULL OR box_id = $4)";
    let (answer, user, answer_box, detail) = match tries {
        Tries::Answer(id) => (Some(id), None, None, format!("that of answer {id}")),
        Tries::Pupil(id) => (None, Some(id), None, format!("those of user {id}")),
        Tries::Box(id) => (None, None, Some(id), format!("those in box {id}")),
    };
    let done = within!(tx, link => {
        let give = sqlx::query(RETURN).bind(challenge).bind(answer).bind(user).bind(answer_box);
        give.execute(&mut **link).await?.rows_affected()
    });
    if done == 0 {
        return Err(MarkingError::Refused("There is no try to give back here."));
    }
    Ok(Ruled { rejudge: Rejudge::none(), action: Action::GaveBack, detail })
}

impl KeyChange {
    /// Returns the change between two keys of a box, if there is one.
    pub(in crate::db) fn between(before: &super::BoxKey, after: &super::BoxKey) -> Option<Self> {
        let (label, before, after) = (after.label.clone(), before.in_words(), after.in_words());
        (before != after).then_some(Self { label, before, after })
    }
}
