//! Imports accounts, with their password hashes.
//!
//! The Flask site created an admin with the password `admin123`. An admin with this password is
//! imported without it, and has to reset it by letter.

use std::collections::HashMap;

use palisade::Passwords;
use palisade::password::{Password, PasswordHash, StoredCredential};

use super::job::{ImportKind, Job};
use super::source::OldRow;
use super::{ImportError, Line};
use crate::db::tx::within;
use crate::domain::email::EmailAddress;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{FullName, Role, Year};

const DEFAULT_PASSWORD: &str = "admin123";

const COLUMNS: [&str; 8] =
    ["full_name", "username", "email", "year", "key_stage", "password_hash", "is_admin", "school_id"];

pub(super) async fn import(job: &mut Job<'_>) -> Result<Line, ImportError> {
    const SAME: &str = "SELECT id FROM users WHERE email_key = $1";
    const INSERT: &str = "INSERT INTO users
            (email, email_key, full_name, password_hash, role, school_id, year, email_verified_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id";
    let mut line = Line::new("users");
    let rows = job.rows(&mut line, &["users", "user"], &COLUMNS).await?;
    reject_another_site(job, &rows).await?;
    let mut first = HashMap::new();
    for row in rows {
        job.show_progress(&line);
        let email = match row.text("email").map(str::parse::<EmailAddress>) {
            Some(Ok(email)) => email,
            None if job.was_imported(ImportKind::User, row.id) => {
                line.known += 1;
                continue;
            }
            Some(Err(error)) => {
                line.skip(row.id, format!("its e-mail address is invalid: {error}"));
                continue;
            }
            None => {
                line.skip(row.id, "it has no e-mail address, so its owner could not log in");
                continue;
            }
        };
        let earlier = *first.entry(email.key()).or_insert(row.id);
        if job.was_imported(ImportKind::User, row.id) {
            line.known += 1;
            continue;
        }
        if earlier != row.id {
            line.skip(row.id, format!("its e-mail address differs from that of {earlier} in case only"));
            continue;
        }
        let same: Option<i64> = within!(&mut job.tx, link => {
            sqlx::query_scalar(SAME).bind(email.key()).fetch_optional(&mut **link).await?
        });
        if let Some(id) = same {
            line.remark(row.id, "an account with its address exists here, and is unchanged");
            job.record(ImportKind::User, row.id, id).await?;
            line.known += 1;
            continue;
        }
        let name = name(&row, &mut line);
        let role = if row.flag("is_admin") { Role::Admin } else { Role::Pupil };
        let hash = hash(&job.passwords, &row, role, &mut line).await?;
        let school = school(job, &row, &mut line);
        let year = year(&row, &mut line);
        if role == Role::Admin {
            line.remark(row.id, "it is an admin here, too: check that this is right");
        }
        let id = within!(&mut job.tx, link => {
            let insert = sqlx::query_scalar(INSERT).bind(email.as_str()).bind(email.key()).bind(&name);
            let insert = insert.bind(hash.as_ref().map(PasswordHash::as_str)).bind(role).bind(school).bind(year);
            insert.bind(job.now).fetch_one(&mut **link).await?
        });
        job.record(ImportKind::User, row.id, id).await?;
        line.added += 1;
    }
    job.show_progress(&line);
    Ok(line)
}

/// Rejects a source whose known ids belong to other people: it is another site.
async fn reject_another_site(job: &mut Job<'_>, rows: &[OldRow]) -> Result<(), ImportError> {
    const KEY: &str = "SELECT email_key FROM users WHERE id = $1";
    let (mut compared, mut same) = (0, 0);
    for row in rows {
        let Some(id) = job.new_id(ImportKind::User, row.id) else { continue };
        let key: Option<String> = within!(&mut job.tx, link => {
            sqlx::query_scalar(KEY).bind(id).fetch_optional(&mut **link).await?
        });
        compared += 1;
        same += usize::from(row.text("email").map(str::to_ascii_lowercase) == key);
    }
    match compared > 0 && same == 0 {
        true => Err(ImportError::OtherSite { name: job.name().to_owned() }),
        false => Ok(()),
    }
}

fn name(row: &OldRow, line: &mut Line) -> FullName {
    let old_name = row.text("full_name").or(row.text("username")).unwrap_or_default();
    if let Ok(name) = old_name.parse() {
        return name;
    }
    line.remark(row.id, "its name had to be changed");
    let numbered = || format!("Member {}", row.id).parse().expect("words and a number are a name");
    FullName::nearest(old_name).unwrap_or_else(numbered)
}

/// Returns the password hash, if it is usable and not that of an admin's default password.
async fn hash(
    passwords: &Passwords,
    row: &OldRow,
    role: Role,
    line: &mut Line,
) -> Result<Option<PasswordHash>, ImportError> {
    let Some(hash) = row.text("password_hash").map(PasswordHash::from) else {
        line.remark(row.id, "it has no password: its owner has to reset it by letter");
        return Ok(None);
    };
    if !hash.is_usable() {
        line.remark(
            row.id,
            "its password hash cannot be read: its owner has to reset the password by letter",
        );
        return Ok(None);
    }
    if role == Role::Admin {
        let stored = StoredCredential { user: row.id.to_string().into(), epoch: 1, hash: hash.clone() };
        let tried = passwords.verify(Password::from(DEFAULT_PASSWORD), Some(stored)).await;
        if tried.map_err(ImportError::Password)?.is_some() {
            let text = format!("its password was {DEFAULT_PASSWORD}, and is removed: reset it by letter");
            line.remark(row.id, text);
            return Ok(None);
        }
    }
    Ok(Some(hash))
}

fn school(job: &Job<'_>, row: &OldRow, line: &mut Line) -> Option<i64> {
    let old = row.number("school_id")?;
    let here = job.new_id(ImportKind::School, old);
    if here.is_none() {
        line.remark(row.id, format!("without its school: {old} is not here"));
    }
    here
}

fn year(row: &OldRow, line: &mut Line) -> Option<Year> {
    let text = row.text("year")?;
    let Ok(year) = text.parse::<Year>() else {
        line.remark(row.id, format!("without its year: {text:?} is not a number from 7 to 13"));
        return None;
    };
    let stage = row.text("key_stage").and_then(|text| text.parse::<KeyStage>().ok());
    if stage.is_some_and(|stage| stage != year.key_stage()) {
        line.remark(row.id, format!("its key stage follows from its year now: {}", year.key_stage()));
    }
    Some(year)
}
