//! The form of a challenge: its fields, and their validation.
//!
//! Answer boxes are numbered from 1 and have four fields each. The form ends with two empty boxes,
//! up to [`MAX_BOXES`] in all; a button adds another one without saving. Boxes without a label and
//! an answer are ignored.
//!
//! | button | value | effect |
//! |---|---|---|
//! | Save, Publish | | everyone sees it from its hour on |
//! | Keep as a draft | `draft=yes` | admins alone see it |
//! | Add a box | `more=yes` | the form again, with one more box |
//! | Save, and mark again | `sure=yes` | saves what changes points, after they were shown |
//! | Back to the form | `back=yes` | the form again |

use std::collections::HashMap;

use answers::{AnswerRules, Comparison};

use crate::db::challenges::edit::{Draft, DraftBox, Help, MAX_BOXES};
use crate::db::challenges::{AnswerBox, Challenge};
use crate::db::competitions::Competition;
use crate::domain::key_stage::KeyStage;
use crate::domain::long_text::LongText;
use crate::domain::title::{self, Title};
use crate::pages::parts::Frame;
use crate::pages::parts::day::Hour;
use crate::pages::parts::form::{Field, FormVersion};
use crate::text::rich_text;

/// The error for a competition that was deleted since the form was opened.
pub(super) const NO_COMPETITION: &str = "This competition is not there any more. Choose another one.";

/// The number of empty boxes at the end of the form.
const SPARE: usize = 2;

/// The submitted names and values.
pub(super) struct ChallengeForm(HashMap<String, String>);

impl ChallengeForm {
    pub(super) fn new(sent: Vec<(String, String)>) -> Self {
        Self(sent.into_iter().collect())
    }

    /// Creates an empty form, with `now` as the time of release.
    pub(super) fn empty(now: i64) -> Self {
        let hour = Hour::of_unix(now).to_string();
        let fields =
            [("released_at", hour), ("key_stage", KeyStage::Ks3.to_string()), ("hint_after", "1".to_owned())];
        Self(fields.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// Returns the typed text that the page shows again, with as many boxes as it has.
    pub(super) fn of_fill(frame: &Frame) -> Option<Self> {
        frame.fill().map(|fill| Self::new(fill.form.fields.clone()))
    }

    pub(super) fn of(draft: Draft) -> Self {
        let mut form = HashMap::from([
            ("title".to_owned(), draft.title.to_string()),
            ("key_stage".to_owned(), draft.key_stage.to_string()),
            ("summary".to_owned(), draft.summary),
            ("statement".to_owned(), draft.statement),
            ("hint".to_owned(), draft.help.hint),
            ("hint_after".to_owned(), draft.help.hint_after.to_string()),
            ("solution".to_owned(), draft.help.solution),
            ("solution_when_done".to_owned(), yes(draft.help.solution_when_done)),
            ("competition".to_owned(), draft.competition.map(|id| id.to_string()).unwrap_or_default()),
            ("released_at".to_owned(), Hour::of_unix(draft.released_at).to_string()),
            (
                "locked_at".to_owned(),
                draft.locked_at.map(|at| Hour::of_unix(at).to_string()).unwrap_or_default(),
            ),
        ]);
        for (n, it) in (1..).zip(draft.boxes) {
            let id = it.id.map(|id| id.to_string()).unwrap_or_default();
            form.insert(name(n, "id"), id);
            form.extend([
                (name(n, "label"), it.label),
                (name(n, "answer"), it.answer),
                (name(n, "rules"), it.rules),
            ]);
        }
        Self(form)
    }

    /// Returns all names and values, without those of the buttons.
    pub(super) fn sent(&self) -> Vec<(String, String)> {
        let mut sent: Vec<_> = self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        sent.retain(|(name, _)| !["csrf_token", "sure", "back", "more"].contains(&&**name));
        sent.sort();
        sent
    }

    pub(super) fn version(&self) -> FormVersion {
        FormVersion::new(self.get("version"), self.get("base"))
    }

    /// Returns `true` if the form is asked for again, and nothing is to be saved.
    pub(super) fn is_unfinished(&self) -> bool {
        self.has("more") || self.has("back")
    }

    /// Returns `true` if the admin has seen what changes.
    pub(super) fn is_sure(&self) -> bool {
        self.has("sure")
    }

    fn has(&self, button: &str) -> bool {
        self.get(button) == "yes"
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    fn of_box(&self, n: usize, part: &str) -> &str {
        self.get(&name(n, part))
    }

    fn is_empty(&self, n: usize) -> bool {
        self.of_box(n, "label").is_empty() && self.of_box(n, "answer").is_empty()
    }

    /// Returns the number of boxes to show.
    fn box_count(&self) -> usize {
        let filled = (1..=MAX_BOXES).rev().find(|n| !self.is_empty(*n)).unwrap_or(0);
        let shown = self.get("boxes").parse().unwrap_or(0) + usize::from(self.has("more"));
        shown.max(filled + SPARE).min(MAX_BOXES)
    }

    /// Returns the fields, with the errors in `wrong` by field name. The stored form has as many
    /// boxes as `like`, so that both can be merged.
    pub(super) fn fields_like(&self, like: &Self, among: &[Competition]) -> Vec<Field> {
        self.with_boxes(self.box_count().max(like.box_count()), among, &HashMap::new())
    }

    /// Returns the fields, with the errors in `wrong` by field name.
    pub(super) fn fields(&self, among: &[Competition], wrong: &HashMap<String, String>) -> Vec<Field> {
        self.with_boxes(self.box_count(), among, wrong)
    }

    fn with_boxes(&self, boxes: usize, among: &[Competition], wrong: &HashMap<String, String>) -> Vec<Field> {
        let stages = KeyStage::ALL.map(|stage| (stage.to_string(), stage.to_string())).to_vec();
        let none = (String::new(), "None: it is for everybody".to_owned());
        let competitions = among.iter().map(|it| (it.id.to_string(), it.title.clone()));
        let competitions = [none].into_iter().chain(competitions).collect();
        let mut fields = vec![
            Field::text("title", "Title", "off"),
            Field::select("key_stage", "Key stage", stages),
            Field::long_text("summary", "In a sentence")
                .hint("For the list of challenges. Plain text; formulas stand between \\( and \\)."),
            Field::rich_text("statement", "The problem"),
            Field::select("competition", "Competition", competitions),
            Field::hour("released_at", "Shown from"),
            Field::hour("locked_at", "Closed from")
                .hint("It takes no more answers from then on, and shows its own. Pupils see the hour. Leave it empty to close it by hand."),
        ];
        for n in 1..=boxes {
            fields.extend([
                Field::part(format!("Answer box {n}")),
                Field::hidden(name(n, "id"), self.of_box(n, "id")),
                Field::text(name(n, "label"), "What is asked for", "off"),
                Field::text(name(n, "answer"), "The right answer", "off"),
                Field::text(name(n, "rules"), "Rules", "off")
                    .hint("Empty is exact. Such as: tolerance=0.01; simplified; units; order; variables=x,y"),
            ]);
        }
        let after =
            [("1", "After one wrong answer"), ("2", "After two wrong answers"), ("0", "Once it is closed")];
        let after = after.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
        fields.extend([
            Field::part("Hint and solution"),
            Field::long_text("hint", "A hint")
                .hint("Plain text; formulas stand between \\( and \\). Leave it empty for none."),
            Field::select("hint_after", "Pupils see the hint", after),
            Field::rich_text("solution", "The worked solution"),
            Field::checkbox(
                "solution_when_done",
                "Show the solution to a pupil who has nothing left to answer",
            )
            .hint("Everybody sees it once the challenge is closed."),
            Field::hidden("boxes", boxes.to_string()),
        ]);
        let filled = |field: Field| {
            if field.name() == "boxes" {
                return field;
            }
            let (value, error) = (self.get(field.name()).to_owned(), wrong.get(field.name()).cloned());
            field.value(value).error(error)
        };
        fields.into_iter().map(filled).collect()
    }

    /// Parses the form, or returns the errors by field name.
    /// The competition has to be one of `among`.
    pub(super) fn read(&self, among: &[Competition]) -> Result<Draft, HashMap<String, String>> {
        let mut wrong = HashMap::new();
        let mut report = |name: &str, why: String| drop(wrong.insert(name.to_owned(), why));
        let title = self.get("title").parse::<Title>().map_err(|error| report("title", error.to_string()));
        let stage = self.get("key_stage").parse::<KeyStage>();
        let stage = stage.map_err(|error| report("key_stage", error.to_string()));
        for name in ["summary", "statement"] {
            if let Err(error) = self.get(name).parse::<LongText>() {
                report(name, error.to_string());
            }
        }
        let hour = |name: &str| self.get(name).parse::<Hour>().map(Hour::unix);
        let released = hour("released_at").map_err(|error| report("released_at", error.to_string()));
        let locked_at = match self.get("locked_at") {
            "" => None,
            _ => hour("locked_at").map_err(|error| report("locked_at", error.to_string())).ok(),
        };
        let competition = match self.get("competition") {
            "" => None,
            id => {
                let found = among.iter().map(|it| it.id).find(|it| it.to_string() == id);
                if found.is_none() {
                    report("competition", NO_COMPETITION.to_owned());
                }
                found.map(|it| it.0)
            }
        };
        if locked_at.is_some_and(|locked| released.is_ok_and(|released| locked <= released)) {
            report("locked_at", "It would be closed before it is shown: write a later hour.".to_owned());
        }
        let filled: Vec<_> = (1..=MAX_BOXES).filter(|n| !self.is_empty(*n)).collect();
        let boxes = filled.into_iter().map(|n| self.read_box(n, &mut report)).collect();
        let (summary, statement) = (self.get("summary").to_owned(), self.get("statement").to_owned());
        let help = Help {
            hint: self.get("hint").to_owned(),
            hint_after: self.get("hint_after").parse().ok().filter(|n| (0..=2).contains(n)).unwrap_or(1),
            solution: self.solution().to_owned(),
            solution_when_done: self.has("solution_when_done"),
        };
        let (version, is_draft) = (self.version().number(), self.has("draft"));
        match (title, stage, released) {
            (Ok(title), Ok(key_stage), Ok(released_at)) if wrong.is_empty() => Ok(Draft {
                version,
                is_draft,
                title,
                key_stage,
                summary,
                statement,
                help,
                released_at,
                locked_at,
                competition,
                boxes,
            }),
            _ => Err(wrong),
        }
    }

    /// Returns the solution; empty if it has no visible text.
    fn solution(&self) -> &str {
        let solution = self.get("solution");
        if rich_text::is_blank(solution) { "" } else { solution }
    }

    fn read_box(&self, n: usize, report: &mut impl FnMut(&str, String)) -> DraftBox {
        let part = |part: &str| self.of_box(n, part).to_owned();
        let it = DraftBox {
            id: part("id").parse().ok(),
            label: part("label"),
            answer: part("answer"),
            rules: part("rules"),
        };
        if let Err(error) = it.label.parse::<LongText>() {
            report(&name(n, "label"), error.in_field("Write what is asked for, such as x =."));
        }
        if let Err(error) = LongText::optional(&it.answer).and_then(|_| LongText::optional(&it.rules)) {
            report(&name(n, "answer"), error.to_string());
            return it;
        }
        match it.rules.parse::<AnswerRules>() {
            Err(error) => report(&name(n, "rules"), error.to_string()),
            // No pupil could ever match an answer that cannot be parsed.
            Ok(rules) => {
                if let Comparison::Unreadable { message, .. } =
                    answers::compare(&it.answer, &it.answer, &rules)
                {
                    report(&name(n, "answer"), message);
                }
            }
        }
        it
    }

    /// Converts the form for a preview, valid or not.
    pub(super) fn preview(&self, now: i64) -> Challenge {
        let label = |n| AnswerBox { id: 0, label: self.of_box(n, "label").to_owned(), answer: None };
        let filled = (1..=MAX_BOXES).filter(|n| !self.is_empty(*n));
        Challenge {
            id: 0,
            title: title::or_untitled(self.get("title").to_owned()),
            key_stage: self.get("key_stage").parse().unwrap_or(KeyStage::Ks3),
            summary: self.get("summary").to_owned(),
            statement: self.get("statement").to_owned(),
            released_at: self.get("released_at").parse().map_or(now, Hour::unix),
            locked: false,
            closes_at: self.get("locked_at").parse().ok().map(Hour::unix),
            help: Help::default(),
            competition: None,
            boxes: filled.map(label).collect(),
        }
    }
}

/// Returns the value of a checkbox.
fn yes(ticked: bool) -> String {
    if ticked { "yes".to_owned() } else { String::new() }
}

/// Returns the name of a box's field.
fn name(n: usize, part: &str) -> String {
    format!("box-{n}-{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> ChallengeForm {
        let all = [
            ("title", "Roots"),
            ("key_stage", "KS5"),
            ("summary", "Find them."),
            ("statement", "<p>Find them.</p>"),
            ("released_at", "2026-01-01T09:00"),
        ];
        let pairs = all.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ChallengeForm::new(pairs.collect())
    }

    #[test]
    fn ignores_empty_boxes_and_keeps_the_order() {
        let form =
            form(&[("box-1-id", "9"), ("box-3-label", "x ="), ("box-3-answer", "7"), ("box-3-id", "4")]);
        let draft = form.read(&[]).unwrap();
        assert_eq!(draft.boxes.len(), 1);
        assert_eq!((draft.boxes[0].id, draft.boxes[0].answer.as_str()), (Some(4), "7"));
        assert_eq!(form.box_count(), 5, "two empty boxes follow the last");
    }

    #[test]
    fn rejects_answers_that_cannot_be_parsed() {
        let form = form(&[
            ("box-1-label", "x ="),
            ("box-1-answer", "2+"),
            ("box-2-label", "y ="),
            ("box-2-answer", "2"),
            ("box-2-rules", "tolerance=much"),
            ("box-3-answer", "2"),
            ("locked_at", "2025-01-01T09:00"),
        ]);
        let wrong = form.read(&[]).unwrap_err();
        let mut names: Vec<_> = wrong.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["box-1-answer", "box-2-rules", "box-3-label", "locked_at"], "{wrong:?}");
    }

    #[test]
    fn a_saved_draft_round_trips_through_the_form() {
        let form = form(&[("box-1-label", "x ="), ("box-1-answer", "7"), ("locked_at", "2026-02-01T09:00")]);
        let draft = form.read(&[]).unwrap();
        assert_eq!(ChallengeForm::of(draft.clone()).read(&[]).unwrap(), draft);
    }
}
