"""fill.py DATABASE: fills an empty SQLite database of `mathsoc migrate` for the benchmark.

It adds 10,000 users, 1,000 challenges and 1,000,000 submissions.
Every pupil has answered both boxes of 50 challenges, half of them right.
Pupils 1 and 2 log in as ada@example.org and grace@example.org with the password "correct horse battery".
"""

import hashlib
import random
import sqlite3
import sys

USERS, CHALLENGES, TRIED = 10_000, 1_000, 50
NOW = 1_760_000_000
NAMED = {1: "ada", 2: "grace"}

random.seed(1)
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA synchronous = OFF")
db.execute("BEGIN")
for table in ("submissions", "progress", "scores", "answer_boxes", "challenges", "articles", "announcements", "users"):
    db.execute(f"DELETE FROM {table}")
digest = hashlib.pbkdf2_hmac("sha256", b"correct horse battery", b"saltsaltsaltsalt", 1000).hex()
password = f"pbkdf2:sha256:1000$saltsaltsaltsalt${digest}"
db.executemany(
    "INSERT INTO users (id, email, email_key, full_name, password_hash, role, year, email_verified_at, created_at)"
    " VALUES (?, ?, ?, ?, ?, 'pupil', ?, ?, ?)",
    (
        (n, address, address, f"Pupil {n}", password if n in NAMED else None, 7 + n % 7, NOW, NOW)
        for n in range(1, USERS + 1)
        for address in [f"{NAMED.get(n, f'pupil{n}')}@example.org"]
    ),
)
stages = ["KS3", "KS4", "KS5"]
db.executemany(
    "INSERT INTO challenges (id, title, key_stage, summary, statement, released_at) VALUES (?, ?, ?, ?, ?, ?)",
    (
        (
            n,
            f"Challenge {n}",
            stages[n % 3],
            rf"Find \(x^2 + {n}\) where \(x\) is the smallest root.",
            rf"<p>Let \(x\) be a root of \(x^2 - {n}x + 1 = 0\). Find \[x^2 + \frac{{1}}{{x^2}}.\]</p>",
            NOW - 1000 + n,
        )
        for n in range(1, CHALLENGES + 1)
    ),
)
db.executemany(
    "INSERT INTO answer_boxes (id, challenge_id, position, label, answer) VALUES (?, ?, ?, ?, ?)",
    (
        (2 * n + place, n, place, rf"The value number {place + 1} of \(x\)", str(n * n - 2))
        for n in range(1, CHALLENGES + 1)
        for place in (0, 1)
    ),
)
db.executemany(
    "INSERT INTO articles (id, title, author, teaser, body, published_at) VALUES (?, ?, 'Ada', ?, '<p>Text.</p>', ?)",
    ((n, f"Article {n}", rf"Why \(e^{{i\pi}} = -1\), part {n}.", NOW + n) for n in range(1, 101)),
)
db.execute("INSERT INTO announcements (title, body, published_at) VALUES ('Bring a pencil', 'At 12:50.', ?)", (NOW,))


def answers():
    for user in range(1, USERS + 1):
        for challenge in random.sample(range(1, CHALLENGES + 1), TRIED):
            verdict = random.choice(("right", "wrong"))
            for box in (2 * challenge, 2 * challenge + 1):
                yield user, box, verdict, NOW


db.executemany(
    "INSERT INTO submissions (user_id, box_id, try, given, verdict, submitted_at) VALUES (?, ?, 1, '1/2', ?, ?)",
    answers(),
)
db.execute(
    "INSERT INTO progress (user_id, challenge_id, solved_at, points)"
    " SELECT user_id, challenge_id, CASE WHEN sum(verdict = 'right') = 2 THEN max(submitted_at) END,"
    " CASE WHEN sum(verdict = 'right') = 2 THEN 1 ELSE 0 END"
    " FROM submissions JOIN answer_boxes ON answer_boxes.id = box_id GROUP BY user_id, challenge_id"
)
for board, which in [("all", "1"), *((stage, f"c.key_stage = '{stage}'") for stage in stages)]:
    db.execute(
        "INSERT INTO scores (board, user_id, points, solved)"
        f" SELECT '{board}', user_id, sum(points), count(*) FROM progress p JOIN challenges c ON c.id = p.challenge_id"
        f" WHERE points > 0 AND {which} GROUP BY user_id"
    )
db.execute("COMMIT")
count = db.execute("SELECT count(*) FROM submissions").fetchone()[0]
print(f"{USERS} users, {CHALLENGES} challenges, {count} submissions")
