//! Random sequences of answers, edits, rulings, awards, locks and deletions by several admins and
//! pupils: after each step, `mathsoc check` finds nothing, every verdict follows the present key, and
//! a preview says what the step does.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::awards::{self, NewAward};
use mathsoc::db::board_versions::ScoreScope;
use mathsoc::db::challenges::change;
use mathsoc::db::challenges::edit::{self, Draft};
use mathsoc::db::competitions::{self, Details};
use mathsoc::db::marking::rulings::{Mode, Ruling, Tries, rule};
use mathsoc::db::submissions::{AnswerPlace, submit};
use mathsoc::db::{Db, trash, users};
use mathsoc::domain::ids::CompetitionId;
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;

use super::Check;
use super::accounts::{admin, user};
use super::marking::{a_box, assert_clean, now, set, stored};
use super::run;

pub(super) static CHECKS: &[Check] = checks![random_edits_and_answers_stay_consistent,];

const STEPS: usize = 100;
/// Equal to each other in pairs, so that one key accepts several texts.
const TEXTS: [&str; 8] = ["1", "2/2", "2", "4/2", "3", "3.0", "4", "8/2"];

/// A small generator; the sequence is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn text(&mut self) -> &'static str {
        TEXTS[self.below(TEXTS.len())]
    }
}

struct World {
    db: Db,
    challenge: i64,
    competition: CompetitionId,
    /// The admin, and five pupils at first.
    members: Vec<i64>,
    admins: [Actor; 3],
    awards: Vec<i64>,
    /// The draft that an admin opened some steps ago.
    open_form: Draft,
    /// The time of the last answer; Unix seconds.
    clock: i64,
}

async fn random_edits_and_answers_stay_consistent(db: Db) {
    let mut members = vec![admin(&db, "head@school.example").await.id];
    for n in 0..5 {
        members.push(user(&db, &format!("pupil{n}@school.example")).await.id);
    }
    let times = (now() - 9000, now() + 9000);
    let ids = members.clone();
    let admins = [1, 2, 3].map(|n| Actor { id: Some(ids[0]), name: format!("admin {n}") });
    let details =
        Details { title: "Sprint".into(), summary: "".into(), opens_at: times.0, closes_at: times.1 };
    let competition = competitions::create(&db, &admins[0], &details).await.unwrap();
    let challenge = set(&db, &["1", "3"]).await;
    let open_form = stored(&db, challenge).await;
    let awards = Vec::new();
    let mut world =
        World { db, challenge, competition, members, admins, awards, open_form, clock: now() - 1800 };
    let mut dice = Dice(7);
    for step in 0..STEPS {
        let what = world.step(&mut dice).await;
        assert_clean(&world.db, &format!("step {step}, {what}")).await;
        let by = world.admin(&mut dice);
        let again = rule(&world.db, &by, world.challenge, Ruling::MarkAgain, Mode::Preview).await.unwrap();
        assert!(again.is_empty(), "step {step}, {what}: marking again would change {again:?}");
    }
}

impl World {
    async fn step(&mut self, dice: &mut Dice) -> String {
        match dice.below(36) {
            0..12 => self.answer(dice).await,
            12..16 => self.edit(dice).await,
            16..22 => self.rule(dice).await,
            22..26 => self.award(dice).await,
            26..28 => self.close_or_open(dice).await,
            28..31 => self.bin(dice).await,
            31 => self.begin_another(dice).await,
            32 => {
                self.open_form = stored(&self.db, self.challenge).await;
                "an admin opens the form".to_owned()
            }
            33 => self.save_an_old_form(dice).await,
            _ if self.members.len() > 3 && dice.below(3) == 0 => {
                let gone = self.members.remove(1 + dice.below(self.members.len() - 1));
                users::delete(&self.db, gone).await.unwrap();
                format!("user {gone} is gone")
            }
            _ => self.answer(dice).await,
        }
    }

    fn admin(&self, dice: &mut Dice) -> Actor {
        self.admins[dice.below(self.admins.len())].clone()
    }

    fn member(&self, dice: &mut Dice) -> i64 {
        self.members[dice.below(self.members.len())]
    }

    /// Gives an award, changes one, or moves one to the trash.
    async fn award(&mut self, dice: &mut Dice) -> String {
        let (by, user_id) = (self.admin(dice), self.member(dice));
        let points = ["-2", "1", "5"][dice.below(3)].parse().unwrap();
        let reason = "Poster".parse().unwrap();
        if let Some(&id) = self.awards.get(dice.below(4)) {
            if dice.below(2) == 0 {
                let deleted = trash::delete(&self.db, &by, LogSubject::Award, id).await;
                return format!("award {id} is deleted: {}", deleted.is_ok());
            }
            let version = dice.below(3) as i64 + 1;
            let saved = awards::change(&self.db, &by, id, version, points, &reason).await.unwrap();
            return format!("award {id} at version {version}: {saved:?}");
        }
        let scope = match dice.below(4) {
            0 => ScoreScope::Competition(self.competition),
            n => ScoreScope::Stage(KeyStage::ALL[n - 1]),
        };
        let made = awards::create(&self.db, &by, &NewAward { user_id, scope, points, reason }).await;
        self.awards.extend(made.as_ref().ok());
        format!("{points} for user {user_id} in {scope:?}: {}", made.is_ok())
    }

    async fn close_or_open(&mut self, dice: &mut Dice) -> String {
        let by = self.admin(dice);
        let closed = change::close(&self.db, &by, self.challenge).await.unwrap();
        let opened = match dice.below(3) {
            0 => None,
            _ => change::reopen(&self.db, &by, self.challenge).await.unwrap(),
        };
        format!("closed {closed:?}, opened {opened:?}")
    }

    /// Moves something to the trash. It comes back, or its minute is over.
    async fn bin(&mut self, dice: &mut Dice) -> String {
        let by = self.admin(dice);
        let (kind, id) = match dice.below(3) {
            0 => (LogSubject::Challenge, self.challenge),
            1 => (LogSubject::User, self.member(dice)),
            _ => (LogSubject::Competition, self.competition.0),
        };
        let deleted = trash::delete(&self.db, &by, kind, id).await;
        let what = format!("{kind:?} {id} into the trash: {}", deleted.is_ok());
        if deleted.is_err() {
            return what;
        }
        assert_clean(&self.db, &what).await;
        if kind == LogSubject::User && self.members.len() > 3 && dice.below(2) == 0 {
            run(&self.db, "UPDATE users SET deleted_at = 1 WHERE deleted_at IS NOT NULL", &[]).await.unwrap();
            trash::empty(&self.db).await.unwrap();
            self.members.retain(|member| *member != id);
            return format!("{what}, and gone");
        }
        if kind == LogSubject::Competition {
            let mut next = stored(&self.db, self.challenge).await;
            next.competition = Some(self.competition.0);
            let into_trash = change::change(&self.db, &by, self.challenge, &next).await;
            assert!(into_trash.is_err(), "a challenge moves into a competition that is deleted");
        }
        let restored = trash::restore(&self.db, &by, kind, id).await;
        format!("{what}, and back: {}", restored.is_ok())
    }

    /// Deletes the challenge for good, with its answers and points, and sets another.
    async fn begin_another(&mut self, dice: &mut Dice) -> String {
        let (by, old) = (self.admin(dice), self.challenge);
        trash::delete(&self.db, &by, LogSubject::Challenge, old).await.unwrap();
        run(&self.db, "UPDATE challenges SET deleted_at = 1 WHERE deleted_at IS NOT NULL", &[])
            .await
            .unwrap();
        trash::empty(&self.db).await.unwrap();
        self.challenge = set(&self.db, &["2", "4"]).await;
        self.open_form = stored(&self.db, self.challenge).await;
        format!("challenge {} instead of {old}", self.challenge)
    }

    async fn save_an_old_form(&mut self, dice: &mut Dice) -> String {
        let (by, now) = (self.admin(dice), stored(&self.db, self.challenge).await);
        let old = self.open_form.clone();
        let saved = change::change(&self.db, &by, self.challenge, &old).await;
        assert_eq!(
            matches!(saved, Err(edit::EditError::Conflict)),
            old.version != now.version,
            "version {} over {}: {saved:?}",
            old.version,
            now.version
        );
        format!("a form of version {} over {}", old.version, now.version)
    }

    async fn answer(&mut self, dice: &mut Dice) -> String {
        let boxes = stored(&self.db, self.challenge).await.boxes;
        if boxes.is_empty() {
            return "no box to answer".to_owned();
        }
        let (user, answer_box) = (self.member(dice), boxes[dice.below(boxes.len())].id.unwrap());
        let (place, given) = (AnswerPlace { challenge: self.challenge, answer_box }, dice.text());
        // Two answers in one second are usual.
        self.clock += dice.below(2) as i64;
        let done = submit(&self.db, user, place, given, self.clock).await;
        format!("user {user} answers {given} in {answer_box}: {}", done.is_ok())
    }

    async fn edit(&mut self, dice: &mut Dice) -> String {
        let mut next: Draft = stored(&self.db, self.challenge).await;
        let what = dice.below(6);
        match what {
            0 | 1 if !next.boxes.is_empty() => {
                let n = dice.below(next.boxes.len());
                next.boxes[n].answer = dice.text().to_owned();
            }
            2 => next.boxes.push(a_box(dice.text())),
            3 => drop(next.boxes.pop()),
            4 => next.key_stage = KeyStage::ALL[dice.below(3)],
            5 => next.competition = next.competition.xor(Some(self.competition.0)),
            _ => next.boxes.reverse(),
        }
        let by = self.admin(dice);
        let preview = change::preview(&self.db, &by, self.challenge, &next).await;
        let done = change::change(&self.db, &by, self.challenge, &next).await;
        match (preview, done) {
            (Ok(preview), Ok(done)) => {
                assert_eq!(preview, done);
                format!("edit {what}: {done}")
            }
            (Err(preview), Err(done)) => {
                assert_eq!(preview.to_string(), done.to_string());
                format!("edit {what} is refused: {done}")
            }
            other => panic!("a preview differs from its change: {other:?}"),
        }
    }

    async fn rule(&mut self, dice: &mut Dice) -> String {
        let answer = 1 + dice.below(60) as i64;
        let ruling = match dice.below(7) {
            0 => Ruling::AcceptText { answer },
            1 => Ruling::RefuseText { accepted: 1 + dice.below(6) as i64 },
            2 => Ruling::AcceptOne { answer },
            3 => Ruling::WithdrawOne { answer },
            4 => Ruling::GiveBack(Tries::Answer(answer)),
            5 => Ruling::GiveBack(Tries::Pupil(self.member(dice))),
            _ => {
                let boxes = stored(&self.db, self.challenge).await.boxes;
                Ruling::GiveBack(Tries::Box(boxes.first().map_or(0, |it| it.id.unwrap())))
            }
        };
        let by = self.admin(dice);
        let preview = rule(&self.db, &by, self.challenge, ruling, Mode::Preview).await;
        let done = rule(&self.db, &by, self.challenge, ruling, Mode::Commit).await;
        match (preview, done) {
            (Ok(preview), Ok(done)) => {
                assert_eq!(preview, done);
                format!("{ruling:?}: {done}")
            }
            (Err(_), Err(done)) => format!("{ruling:?} is refused: {done}"),
            other => panic!("a preview differs from its ruling: {other:?}"),
        }
    }
}
