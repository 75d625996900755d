"""fill_postgres.py DATABASE URL: copies the SQLite database of `fill.py` into an empty PostgreSQL
database of `mathsoc migrate`, by psql and COPY. Prints the number of rows.
"""

import sqlite3
import subprocess
import sys

TABLES = (
    "users",
    "announcements",
    "articles",
    "challenges",
    "answer_boxes",
    "submissions",
    "progress",
    "scores",
)
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def text(value):
    return r"\N" if value is None else str(value).translate(ESCAPES)


source = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
psql = subprocess.Popen(
    ["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", sys.argv[2]],
    stdin=subprocess.PIPE,
    text=True,
)
count = 0
psql.stdin.write("SET client_min_messages = warning;\n")
psql.stdin.write(f"TRUNCATE {', '.join(TABLES)} CASCADE;\n")
for table in TABLES:
    # Generated columns are not listed.
    columns = ", ".join(f'"{name}"' for _, name, *_ in source.execute(f"PRAGMA table_info({table})"))
    psql.stdin.write(f"COPY {table} ({columns}) FROM STDIN;\n")
    for row in source.execute(f"SELECT {columns} FROM {table}"):
        psql.stdin.write("\t".join(map(text, row)) + "\n")
        count += 1
    psql.stdin.write("\\.\n")
psql.stdin.close()
if psql.wait() != 0:
    sys.exit("psql failed")
subprocess.run(["psql", "--quiet", "--no-psqlrc", "--command=ANALYZE", sys.argv[2]], check=True)
print(f"{count} rows copied to PostgreSQL")
