//! A class of pupils in the database of a running site, with answers to the demo's challenges.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use mathsoc::db::admin_log::Actor;
use mathsoc::db::awards::{self, NewAward};
use mathsoc::db::board_versions::ScoreScope;
use mathsoc::db::submissions::{AnswerPlace, submit};
use mathsoc::db::users::{self, NewUser};
use mathsoc::db::{Db, Url, schools};
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::person::{Role, Year};
use palisade::Passwords;
use palisade::password::Argon2Params;
use serde_json::json;

pub(crate) const PASSWORD: &str = "nine purple herons juggle";

/// Name, index of the school, school year and number of solved challenges.
const PUPILS: &[(&str, usize, i64, usize)] = &[
    ("Ada Lovelace", 0, 8, 0),
    ("Eve Adams", 1, 8, 0),
    ("Bob Builder", 0, 8, 0),
    ("Priya Ramanathan", 0, 8, 9),
    ("Tom Okafor", 0, 8, 7),
    ("Mei-Ling Chen", 1, 8, 7),
    ("Zofia Wiśniewska", 1, 8, 6),
    ("Oluwaseun Adebayo-Williams", 1, 8, 5),
    ("Harriet Featherstonehaugh", 2, 11, 5),
    ("Idris Khan", 1, 8, 4),
    ("Grace Hopper", 2, 12, 4),
    ("Noor Haddad", 0, 9, 3),
    ("Emil Sørensen", 1, 8, 3),
    ("Lucía Fernández", 2, 10, 2),
    ("Jack Whittaker", 1, 8, 2),
];

/// Creates the pupils, their answers and the awards. Returns two unsolved challenges with their
/// answers as JSON: one for all pupils, and one of the competition.
pub(crate) async fn gather(data: &Path) -> String {
    let db = Db::connect(&Url::file(&data.join("mathsoc.db"))).await.unwrap();
    let schools = schools::all(&db).await.unwrap();
    let named = |name: &str| schools.iter().find(|school| school.name == name).unwrap().id;
    let schools = ["Marlow Bridge School", "Hillcrest Academy", "St Hypatia’s"].map(named);
    let hash =
        Passwords::new().params(Argon2Params::dangerous_minimum()).hash(PASSWORD.into()).await.unwrap().hash;
    let Db::Sqlite(pool, _) = &db else { panic!("a file") };
    let boxes: Vec<(i64, i64, String, String, Option<i64>)> = sqlx::query_as(
        "SELECT b.id, c.id, b.answer, c.key_stage, c.competition_id FROM answer_boxes b
            JOIN challenges c ON c.id = b.challenge_id WHERE c.released_at <= unixepoch() ORDER BY c.id, b.id",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let open: Vec<i64> = {
        let mut ids: Vec<_> = boxes.iter().filter(|it| it.4.is_none()).map(|it| it.1).collect();
        ids.dedup();
        ids
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    for (name, school, year, solved) in PUPILS {
        let first = name.split(' ').next().unwrap().to_lowercase();
        let new = NewUser {
            email: format!("{}@school.example", first.replace('ł', "l"))
                .parse()
                .unwrap_or_else(|_| format!("p{year}{solved}@school.example").parse().unwrap()),
            full_name: name.parse().unwrap(),
            role: Role::Pupil,
            school_id: Some(schools[*school]),
            year: Some(Year::new(*year).unwrap()),
            email_is_verified: true,
        };
        let id = users::create(&db, &new, Some(&hash)).await.unwrap().id;
        for challenge in open.iter().skip(1).take(*solved) {
            for (answer_box, _, answer, ..) in boxes.iter().filter(|it| it.1 == *challenge) {
                let place = AnswerPlace { challenge: *challenge, answer_box: *answer_box };
                assert!(submit(&db, id, place, answer, now).await.unwrap().solved_box);
            }
        }
    }
    let noor = users::by_email(&db, &"noor@school.example".parse().unwrap()).await.unwrap().unwrap();
    for (points, reason) in
        [("2", "A poster on the golden ratio, for the open evening"), ("-1", "Counted twice by mistake")]
    {
        let (points, reason) = (points.parse().unwrap(), reason.parse().unwrap());
        let new = NewAward { user_id: noor.id, scope: ScoreScope::Stage(KeyStage::Ks3), points, reason };
        awards::create(&db, &Actor::command_line(), &new).await.unwrap();
    }
    let left = |of: &dyn Fn(&Option<i64>) -> bool| {
        let (_, challenge, _, stage, competition) = boxes.iter().find(|it| of(&it.4)).unwrap();
        let texts: Vec<_> =
            boxes.iter().filter(|it| it.1 == *challenge).map(|it| json!([it.0, it.2])).collect();
        json!({ "challenge": challenge, "stage": stage, "competition": competition, "boxes": texts })
    };
    let left = json!([left(&|it| it.is_none()), left(&|it| it.is_some())]).to_string();
    db.close().await;
    left
}
