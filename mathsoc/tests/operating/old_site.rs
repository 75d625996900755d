//! A database of the Flask site, with everything that may be wrong in one.

use mathsoc::db::{Db, Url};

use super::tables::run;

/// Hashes by Werkzeug 3.1.8.
pub(crate) const PBKDF2: &str =
    "pbkdf2:sha256:260000$8GtLmoUr8pgAhqmi$979b690a426ad2e17985139d7cfaab75d0a9bdaaec1002240b5399ac00fff663";
pub(crate) const PBKDF2_PASSWORD: &str = "nine purple herons juggle";
pub(crate) const SCRYPT: &str = "scrypt:32768:8:1$shAGgobKC5SOpCe8$f3a7a269316b0a52ed144b79262559edd1107c9ac2ee57eec5513579622b7f803f71213bc3201cdb23af35bbee170e1986fccdb783250350a23492857015c0ed";
pub(crate) const SCRYPT_PASSWORD: &str = "six green otters waltz along";
/// The hash of `admin123`.
const DEFAULT: &str =
    "pbkdf2:sha256:1000$IEbpACQ2301KScf3$8a17b81911c7eca497c4fc6669ebca968c29ee1e92b9cb4c5d65ba2b5a2562d1";
/// The hash of [`PBKDF2_PASSWORD`].
const QUICK: &str =
    "pbkdf2:sha256:1000$zinfbXhJt9mrlAHf$4ab54928590aef4998fcb01b4b904d78857b3c46e50cdd21cdbf1a917851ca0d";

/// Creates and fills the tables.
pub(crate) async fn fill(url: &str) {
    let db = Db::connect(&url.parse::<Url>().unwrap()).await.unwrap();
    let (time, zoned) = match db {
        Db::Sqlite(..) => ("DATETIME", "DATETIME"),
        Db::Postgres(..) => ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    };
    run(&db, &TABLES.replace("ZONED", zoned).replace("DATETIME", time)).await;
    if let Db::Postgres(..) = db {
        run(&db, &format!("SET TIME ZONE 'UTC'; {}", rows())).await;
    } else {
        run(&db, &rows()).await;
        run(&db, SQLITE_TAKES_ANYTHING).await;
    }
    db.close().await;
}

/// Rows of other tools, with a blob as a text or a word as a date.
const SQLITE_TAKES_ANYTHING: &str = "
INSERT INTO challenge (id, title, content, date_posted, key_stage) VALUES (5, 'When?', 'x', 'some day', 'KS3');
INSERT INTO users (id, full_name, email, key_stage, is_admin) VALUES (10, X'C3', 'blob@school.example', 'KS3', 0);
";

const TABLES: &str = "
CREATE TABLE school (id INTEGER PRIMARY KEY, name VARCHAR(100), email_domain VARCHAR(100), address VARCHAR(200), date_joined DATETIME);
CREATE TABLE users (id INTEGER PRIMARY KEY, full_name VARCHAR(200), email VARCHAR(120), year INTEGER, maths_class VARCHAR(100),
    password_hash VARCHAR(256), is_admin BOOLEAN, key_stage VARCHAR(3), school_id INTEGER, is_competition_participant BOOLEAN);
CREATE TABLE challenge (id INTEGER PRIMARY KEY, title VARCHAR(100), content TEXT, date_posted DATETIME, file_url VARCHAR(100),
    key_stage VARCHAR(3), first_correct_submission DATETIME, release_at ZONED, is_manually_locked BOOLEAN, lock_after_hours INTEGER);
CREATE TABLE challenge_answer_box (id INTEGER PRIMARY KEY, challenge_id INTEGER, box_label VARCHAR(100),
    correct_answer VARCHAR(100), \"order\" INTEGER);
CREATE TABLE answer_submission (id INTEGER PRIMARY KEY, user_id INTEGER, challenge_id INTEGER, answer_box_id INTEGER,
    answer VARCHAR(100), is_correct BOOLEAN, submitted_at ZONED);
CREATE TABLE article (id INTEGER PRIMARY KEY, title VARCHAR(100), file_url VARCHAR(255), content TEXT, named_creator VARCHAR(100),
    date_posted DATETIME, user_id INTEGER, type VARCHAR(20));
CREATE TABLE leaderboard_entry (id INTEGER PRIMARY KEY, user_id INTEGER, score INTEGER, last_updated DATETIME, key_stage VARCHAR(3));
CREATE TABLE announcement (id INTEGER PRIMARY KEY, title VARCHAR(100), content TEXT, date_posted DATETIME);
CREATE TABLE summer_challenge (id INTEGER PRIMARY KEY, title VARCHAR(100), content TEXT, date_posted DATETIME, duration_hours INTEGER,
    file_url VARCHAR(100), key_stage VARCHAR(3), is_manually_locked BOOLEAN, release_at DATETIME);
CREATE TABLE summer_challenge_answer_box (id INTEGER PRIMARY KEY, challenge_id INTEGER, box_label VARCHAR(100),
    correct_answer VARCHAR(100), \"order\" INTEGER);
CREATE TABLE summer_submission (id INTEGER PRIMARY KEY, user_id INTEGER, school_id INTEGER, challenge_id INTEGER, answer_box_id INTEGER,
    answer VARCHAR(100), is_correct BOOLEAN, submitted_at DATETIME, points_awarded INTEGER);
CREATE TABLE summer_leaderboard (id INTEGER PRIMARY KEY, user_id INTEGER, school_id INTEGER, score INTEGER, last_updated DATETIME);
";

/// The rows that are the same in both databases.
fn rows() -> String {
    let long = "a very ".repeat(20);
    format!(
        "
INSERT INTO school (id, name, email_domain) VALUES
    (1, 'Marlow  Bridge', '@School.example'), (2, 'Their School', 'school.example'), (3, ' ', NULL), (4, 'Odd', 'no domain');
INSERT INTO users (id, full_name, email, year, password_hash, is_admin, key_stage, school_id) VALUES
    (1, 'Ada Lovelace', 'ada@School.example', 11, '{PBKDF2}', FALSE, 'KS4', 1),
    (2, 'Bob', 'bob@school.example', 8, '{SCRYPT}', FALSE, 'KS3', 1),
    (3, 'Bob again', 'BOB@School.example', 8, '{PBKDF2}', FALSE, 'KS3', 1),
    (4, 'No Mail', NULL, 9, '{PBKDF2}', FALSE, 'KS3', 1),
    (5, 'Admin User', 'admin@school.example', 13, '{DEFAULT}', TRUE, 'KS5', 1),
    (6, 'Carla', 'carla@school.example', NULL, '{QUICK}', TRUE, 'KS5', 99),
    (7, '{long}odd\u{202E} name', 'long@school.example', 5, 'pbkdf2:sha256:260000$short', NULL, 'KS4', NULL),
    (8, 'Eve', 'eve at home', 9, '{PBKDF2}', FALSE, 'KS3', 1),
    (9, 'Dora', 'dora@school.example', 7, NULL, FALSE, 'KS5', 2);
INSERT INTO challenge (id, title, content, date_posted, file_url, key_stage, release_at, is_manually_locked, lock_after_hours) VALUES
    (1, 'Halves', '<p onclick=\"steal()\">What is \\(\\frac12\\)?<script>steal()</script><img src=x onerror=steal()></p>',
        '2024-03-01 12:00:00', NULL, 'KS4', '2024-03-05 15:30:00+01:00', FALSE, 24),
    (2, 'Locked', '<p>What is 2 + 2?</p>', '2024-03-02 12:00:00.123456', NULL, 'ks3', NULL, TRUE, NULL),
    (3, 'For nobody', 'x', '2024-03-02 12:00:00', NULL, 'KS9', NULL, FALSE, NULL),
    (4, '', '<p>Later.</p>', NULL, 'later.png', 'KS5', NULL, NULL, 0);
INSERT INTO challenge_answer_box (id, challenge_id, box_label, correct_answer, \"order\") VALUES
    (1, 1, 'A half', '1/2', 1), (2, 1, 'x =', 'x=3', 1), (3, 2, NULL, '4', 1), (4, 77, 'lost', '1', 1), (5, 4, 'empty', NULL, 2),
    (6, 4, 'z', '(((', 0);
INSERT INTO answer_submission (id, user_id, challenge_id, answer_box_id, answer, is_correct, submitted_at) VALUES
    (1, 1, 1, 1, '1', FALSE, '2024-03-06 09:00:00'), (2, 1, 1, 1, '2', FALSE, '2024-03-06 09:01:00'),
    (3, 1, 1, 1, '3', FALSE, '2024-03-06 09:02:00'), (4, 1, 1, 1, '4', FALSE, '2024-03-06 09:03:00'),
    (5, 1, 1, 1, '0.5', TRUE, '2024-03-06 09:04:00'), (6, 1, 1, 1, '0.5', TRUE, '2024-03-06 09:05:00'),
    (7, 1, 1, 2, '3', TRUE, '2024-03-06 10:30:00+01:00'),
    (8, 2, 1, 1, '1/2', TRUE, '2024-03-06 10:00:00'), (9, 2, 1, 2, '3', TRUE, '2024-03-06 09:50:00'),
    (10, 6, 1, 1, '1/2', TRUE, '2024-03-06 08:00:00'), (11, 6, 1, 2, '3', TRUE, '2024-03-06 08:00:00'),
    (12, 1, 2, 3, '2^2', NULL, '2024-03-07 08:00:00'),
    (13, 2, 1, 99, '1', TRUE, '2024-03-07 08:00:00'), (14, 3, 1, 1, '1/2', TRUE, '2024-03-06 07:00:00'),
    (15, 2, 2, 3, NULL, FALSE, '2024-03-07 08:00:00'), (16, 2, 2, 3, '5', FALSE, NULL);
INSERT INTO leaderboard_entry (id, user_id, score, key_stage) VALUES (1, 1, 3, 'KS4'), (2, 2, 6, 'KS4'), (3, 3, 3, 'KS4');
INSERT INTO article (id, title, content, named_creator, date_posted, user_id, type) VALUES
    (1, 'On primes', '<h2>Primes</h2><p>Text. <a href=\"javascript:steal()\">x</a></p><script>steal()</script>', NULL,
        '2024-03-01 12:00:00', 1, 'article'),
    (2, 'March', '', NULL, '2024-03-01 12:00:00', 1, 'newsletter'),
    (3, 'Nothing', NULL, NULL, '2024-03-01 12:00:00', 1, NULL),
    (4, 'By others', '&lt;script&gt;steal()&lt;/script&gt;', 'The\nteam', '2024-03-02 12:00:00', 77, NULL);
INSERT INTO article (id, title, content, file_url, date_posted, user_id, type) VALUES
    (5, 'May', '<p>Dear all<script>steal()</script></p>', 'newsletter_2024_05_.pdf', '2024-05-01 12:00:00', 1, 'newsletter'),
    (6, 'June', '', '/static/uploads/newsletters/lost.pdf', '2024-06-01 12:00:00', 1, 'newsletter'),
    (7, 'July', '', 'page.pdf', '2024-07-01 12:00:00', 1, 'newsletter'),
    (8, 'August', '', '../outside.pdf', '2024-08-01 12:00:00', 1, 'newsletter'),
    (9, 'Spring', '<p>Only words.</p>', NULL, '2024-04-01 12:00:00', 77, 'newsletter');
INSERT INTO announcement (id, title, content, date_posted) VALUES
    (1, 'Hello', '<p>Room <b>5</b> &lt;b&gt; today</p>', '2024-03-01 12:00:00');
INSERT INTO summer_challenge (id, title, content, date_posted, duration_hours, key_stage, is_manually_locked, release_at) VALUES
    (1, 'Summer', '<p>What is \\(2^2\\)?<script>steal()</script></p>', '2024-07-20 10:00:00', 48, 'KS3', FALSE, NULL),
    (2, 'August', '<p>Seven</p>', '2024-07-21 10:00:00', 24, 'KS4', FALSE, '2024-08-01 10:00:00'),
    (3, 'Next year', '<p>Nine</p>', '2025-07-01 09:00:00', NULL, 'ks3', TRUE, NULL),
    (4, 'For nobody', 'x', '2025-07-01 09:00:00', 24, 'KS9', FALSE, NULL);
INSERT INTO summer_challenge_answer_box (id, challenge_id, box_label, correct_answer, \"order\") VALUES
    (1, 1, 'A', '4', 1), (2, 1, 'B', '5', 2), (3, 2, 'x', '7', 1), (4, 3, 'x', '9', 1), (5, 99, 'lost', '1', 1);
INSERT INTO summer_submission (id, user_id, school_id, challenge_id, answer_box_id, answer, is_correct, submitted_at, points_awarded) VALUES
    (1, 1, 1, 1, 1, '4', TRUE, '2024-07-20 10:01:00', 0), (2, 1, 1, 1, 2, '5', TRUE, '2024-07-20 10:02:00', 1),
    (3, 2, 1, 1, 1, '4', TRUE, '2024-07-20 10:01:30', 0), (4, 2, 1, 1, 2, '6', FALSE, '2024-07-20 10:01:40', 0),
    (5, 2, 1, 1, 2, '5', TRUE, '2024-07-20 10:03:00', 3), (6, 9, 2, 1, 1, '4', TRUE, '2024-07-20 11:00:00', 0),
    (7, 9, 2, 1, 1, '4', TRUE, '2024-07-20 11:01:00', 1), (8, 1, 1, 2, 3, '7', TRUE, '2024-08-01 11:00:00', 3),
    (9, 9, 2, 3, 4, '9', TRUE, '2025-07-01 11:00:00', 3), (10, 3, 1, 1, 1, '4', TRUE, '2024-07-20 11:00:00', 0);
INSERT INTO summer_leaderboard (id, user_id, school_id, score) VALUES (1, 1, 1, 4), (2, 2, 1, 3), (3, 9, 2, 4), (4, 3, 1, 0), (5, 6, 4, 0);
"
    )
}
