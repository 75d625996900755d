//! The replay of a challenge's answers: numbers of tries, solved challenges, points. It is pure:
//! the same answers give the same result.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::Judged;
use crate::domain::scoring::{FIRST, LATER, TRIES};

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Answer {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) box_id: i64,
    /// The number of the try; `None` if it uses up no try.
    #[sqlx(rename = "try")]
    pub(super) number: Option<i64>,
    pub(super) given: String,
    pub(super) correct: bool,
    pub(super) hint: Option<String>,
    pub(super) ruling: Option<String>,
    /// Unix seconds.
    pub(super) submitted_at: i64,
}

/// The ruling of a teacher that an answer is right, whatever the key.
pub(super) const ACCEPTED: &str = "accepted";
/// The ruling that a wrong answer uses up no try.
pub(super) const RETURNED: &str = "returned";

impl Answer {
    fn has_ruling(&self, ruling: &str) -> bool {
        self.ruling.as_deref() == Some(ruling)
    }

    /// Applies the ruling that the answer is right.
    pub(super) fn take_ruling(&mut self) {
        if self.has_ruling(ACCEPTED) {
            (self.correct, self.hint) = (true, None);
        }
    }

    /// Applies the verdict of the present key.
    pub(super) fn take_verdict(&mut self, judged: Judged) {
        if self.has_ruling(ACCEPTED) {
            return;
        }
        match judged {
            Judged::Unknown => {}
            Judged::Right => (self.correct, self.hint) = (true, None),
            Judged::Wrong(hint) => {
                // Its pupil was told that it is right, and went no further.
                if self.correct && self.number.is_some() {
                    self.ruling = Some(RETURNED.to_owned());
                }
                (self.correct, self.hint) = (false, hint);
            }
            Judged::Unreadable => {
                self.ruling = Some(RETURNED.to_owned());
                (self.correct, self.hint) = (false, None);
            }
        }
    }
}

/// The answer that completed a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Completion {
    /// Unix seconds.
    pub(super) at: i64,
    /// The answer's id, for two in the same second.
    pub(super) answer: i64,
}

/// Numbers the answers, which are in the order of time. Returns who has solved every box, and
/// when.
pub(super) fn number(answers: &mut [Answer], boxes: &BTreeSet<i64>) -> BTreeMap<i64, Completion> {
    let mut tries: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    let mut solved: BTreeMap<i64, BTreeMap<i64, Completion>> = BTreeMap::new();
    for answer in answers {
        let user = solved.entry(answer.user_id).or_default();
        let tries = tries.entry((answer.user_id, answer.box_id)).or_default();
        let is_over = user.contains_key(&answer.box_id) || *tries >= i64::from(TRIES);
        if is_over || (!answer.correct && answer.has_ruling(RETURNED)) {
            answer.number = None;
            continue;
        }
        *tries += 1;
        answer.number = Some(*tries);
        if answer.correct {
            user.insert(answer.box_id, Completion { at: answer.submitted_at, answer: answer.id });
        }
    }
    let complete = |(user, solved): (i64, BTreeMap<i64, Completion>)| {
        let all = boxes.iter().map(|id| solved.get(id).copied());
        let last = all.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        Some((user, last))
    };
    solved.into_iter().filter_map(complete).collect()
}

/// The result of one member for the challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) user_id: i64,
    /// Admins get no points.
    pub(super) is_pupil: bool,
    /// Unix seconds.
    pub(super) solved_at: Option<i64>,
    pub(super) points: i64,
}

/// Returns the new results in the order of the stored ones, and the time of the first solution.
pub(super) fn award(
    stored: &[Standing],
    completions: &BTreeMap<i64, Completion>,
    first_solved_at: Option<i64>,
) -> (Vec<Standing>, Option<i64>) {
    let (first, later) = (i64::from(FIRST), i64::from(LATER));
    let completion = |it: &Standing| completions.get(&it.user_id).copied();
    let stays = |it: &Standing| it.solved_at.is_some() && completion(it).map(|new| new.at) == it.solved_at;
    let holder = stored.iter().find(|it| it.points == first);
    let place_is_gone = holder.is_none() && first_solved_at.is_some();
    let holder_stays = holder.filter(|it| stays(it));
    let may_be_first = |it: &&Standing| match holder_stays {
        _ if place_is_gone => false,
        Some(holder) => it.user_id == holder.user_id || (it.is_pupil && !stays(it)),
        None => it.is_pupil,
    };
    let solved = stored.iter().filter(may_be_first).filter_map(|it| Some((completion(it)?, it.user_id)));
    let winner = solved.min();
    let result = |it: &Standing| {
        let Some(done) = completion(it) else { return Standing { solved_at: None, points: 0, ..*it } };
        let points = match it.solved_at {
            _ if winner.is_some_and(|(_, user)| user == it.user_id) => first,
            // Points of an import, and of those who have become admins since, stay.
            Some(_) if it.points < first => it.points,
            _ if it.is_pupil || it.points == first => later,
            _ => 0,
        };
        Standing { solved_at: Some(done.at), points, ..*it }
    };
    let first_solved_at = if place_is_gone { first_solved_at } else { winner.map(|(done, _)| done.at) };
    (stored.iter().map(result).collect(), first_solved_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: i64, user_id: i64, box_id: i64, correct: bool) -> Answer {
        let (given, submitted_at) = (id.to_string(), 100 + id);
        Answer { id, user_id, box_id, number: None, given, correct, hint: None, ruling: None, submitted_at }
    }

    fn numbers(answers: &[Answer]) -> Vec<Option<i64>> {
        answers.iter().map(|it| it.number).collect()
    }

    #[test]
    fn the_first_right_answer_ends_the_count() {
        let mut answers: Vec<_> =
            [false, true, false, true].iter().zip(1..).map(|(right, id)| answer(id, 1, 1, *right)).collect();
        let done = number(&mut answers, &[1].into());
        assert_eq!(numbers(&answers), [Some(1), Some(2), None, None]);
        assert_eq!(done[&1], Completion { at: 102, answer: 2 });
    }

    #[test]
    fn a_returned_answer_has_no_number_unless_it_is_right() {
        let mut answers = vec![answer(1, 1, 1, false), answer(2, 1, 1, false), answer(3, 1, 1, false)];
        answers[0].ruling = Some(RETURNED.to_owned());
        number(&mut answers, &[1].into());
        assert_eq!(numbers(&answers), [None, Some(1), Some(2)]);
        answers[0].correct = true;
        number(&mut answers, &[1].into());
        assert_eq!(numbers(&answers), [Some(1), None, None]);
    }

    #[test]
    fn a_challenge_is_solved_with_its_last_box() {
        let mut answers = vec![answer(1, 1, 2, true), answer(2, 2, 1, true), answer(3, 1, 1, true)];
        let done = number(&mut answers, &[1, 2].into());
        assert_eq!(done, [(1, Completion { at: 103, answer: 3 })].into());
        assert!(number(&mut answers, &BTreeSet::new()).is_empty(), "without boxes no one solves it");
        assert_eq!(number(&mut answers, &[1].into()).len(), 2, "a removed box is not needed");
    }

    #[test]
    fn a_verdict_that_was_right_gives_its_try_back() {
        let mut told_right = answer(1, 1, 1, true);
        told_right.number = Some(1);
        told_right.take_verdict(Judged::Wrong(None));
        assert_eq!((told_right.correct, told_right.ruling.as_deref()), (false, Some(RETURNED)));
        let mut told_wrong = answer(1, 1, 1, false);
        told_wrong.take_verdict(Judged::Wrong(Some("Check the sign.".to_owned())));
        assert_eq!(
            (told_wrong.ruling.as_deref(), told_wrong.hint.as_deref()),
            (None, Some("Check the sign."))
        );
        let mut accepted = Answer { ruling: Some(ACCEPTED.to_owned()), ..answer(1, 1, 1, true) };
        accepted.take_verdict(Judged::Wrong(None));
        assert!(accepted.correct, "a ruling outlives the key");
    }

    fn standing(user_id: i64, solved_at: Option<i64>, points: i64) -> Standing {
        Standing { user_id, is_pupil: true, solved_at, points }
    }

    fn done(at: &[(i64, i64)]) -> BTreeMap<i64, Completion> {
        at.iter().map(|(user, at)| (*user, Completion { at: *at, answer: *at })).collect()
    }

    fn points(result: &(Vec<Standing>, Option<i64>)) -> Vec<i64> {
        result.0.iter().map(|it| it.points).collect()
    }

    #[test]
    fn the_first_place_moves_to_the_earliest() {
        let stored = [standing(1, Some(110), 3), standing(2, None, 0), standing(3, None, 0)];
        let result = award(&stored, &done(&[(2, 105), (3, 104)]), Some(110));
        assert_eq!((points(&result), result.1), (vec![0, 1, 3], Some(104)));
        let result = award(&stored, &done(&[(1, 110), (2, 105)]), Some(110));
        assert_eq!((points(&result), result.1), (vec![1, 3, 0], Some(105)));
        let result = award(&stored, &done(&[(1, 110), (2, 115)]), Some(110));
        assert_eq!((points(&result), result.1), (vec![3, 1, 0], Some(110)));
        assert_eq!(award(&stored, &done(&[]), Some(110)).1, None, "no one has solved it");
    }

    #[test]
    fn the_place_of_a_deleted_account_stays_taken() {
        let stored = [standing(2, Some(120), 1), standing(3, None, 0)];
        let result = award(&stored, &done(&[(2, 120), (3, 90)]), Some(110));
        assert_eq!((points(&result), result.1), (vec![1, 1], Some(110)));
    }

    #[test]
    fn unchanged_results_keep_imported_points() {
        let stored = [standing(1, Some(100), 1), standing(2, Some(105), 3), standing(3, Some(106), 0)];
        let same = done(&[(1, 100), (2, 105), (3, 106)]);
        let result = award(&stored, &same, Some(100));
        assert_eq!(points(&result), [1, 3, 0]);
        assert_eq!(result.0, stored);
    }

    #[test]
    fn admins_solve_without_points() {
        let admin = Standing { is_pupil: false, ..standing(1, None, 0) };
        let result = award(&[admin, standing(2, None, 0)], &done(&[(1, 100), (2, 105)]), None);
        assert_eq!((points(&result), result.1), (vec![0, 3], Some(105)));
    }
}
