//! Finds answer boxes that cannot be solved, because their answer or their rules cannot be read.

use answers::AnswerRules;

use super::Finding;
use crate::db::Result;
use crate::db::tx::{Tx, within};

pub(super) async fn find(tx: &mut Tx) -> Result<Vec<Finding>> {
    const ALL: &str = "SELECT id, challenge_id, answer, rules FROM answer_boxes ORDER BY id";
    let rows: Vec<(i64, i64, String, String)> =
        within!(tx, link => sqlx::query_as(ALL).fetch_all(&mut **link).await?);
    const ACCEPTED: &str = "SELECT a.box_id, b.challenge_id, a.answer
        FROM accepted_answers a JOIN answer_boxes b ON b.id = a.box_id ORDER BY a.id";
    let accepted: Vec<(i64, i64, String)> =
        within!(tx, link => sqlx::query_as(ACCEPTED).fetch_all(&mut **link).await?);
    let mut findings = Vec::new();
    for (id, challenge, answer, rules) in rows {
        let mut find = |what: &str, why: &str| {
            let text = format!("box {id} of challenge {challenge}: its {what} cannot be read: {why}");
            findings.push(Finding::new("M08", text));
        };
        if let Err(error) = rules.parse::<AnswerRules>() {
            find("rules", &error.to_string());
        }
        if let Err(error) = answers::normalize(&answer) {
            find("answer", &error.message);
        }
    }
    for (id, challenge, answer) in accepted {
        if let Err(error) = answers::normalize(&answer) {
            let text = format!(
                "box {id} of challenge {challenge}: an answer that it accepts cannot be read: {}",
                error.message
            );
            findings.push(Finding::new("M08", text));
        }
    }
    Ok(findings)
}
