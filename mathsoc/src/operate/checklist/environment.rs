//! Rules about private files, backups, the database and the clock.

use super::Severity::{Error, Info, Warning};
use super::{Backups, DatabaseFacts, Facts, Finding, PrivatePath};
use crate::config::Config;

/// The age from which the newest backup is too old, in hours. It allows for one failed night.
const BACKUP_MAX_HOURS: i64 = 48;
/// The accepted difference to the database's clock, in seconds; one-time codes are valid for 30.
const CLOCK_MAX_SECONDS: i64 = 5;
/// 2026-01-01 in unix seconds; an earlier clock is wrong.
const EARLIEST: i64 = 1_767_225_600;
/// 2100-01-01 in unix seconds.
const LATEST: i64 = 4_102_444_800;

/// Returns the findings about [`Facts`], in the order of their ids.
pub fn of_facts(config: &Config, facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<_> = facts.kept.iter().filter_map(open_to_others).collect();
    findings.extend(backups(facts));
    match &facts.database {
        None => {
            let what = format!("There is no database at {} yet.", config.database_url);
            findings.push(Finding::new(
                "D20",
                Info,
                what,
                "Run `mathsoc migrate`, or start the site, which migrates too.",
            ));
        }
        Some(database) if !database.is_up_to_date => {
            let what = "The tables of the database belong to another version of this program.";
            findings.push(Finding::new(
                "D20",
                Warning,
                what,
                "Save them with `mathsoc backup`, then run `mathsoc migrate`.",
            ));
        }
        Some(database) => findings.extend(admins(config, database)),
    }
    findings.extend(clock(facts));
    findings.extend(addresses(facts.database.as_ref()));
    findings
}

fn open_to_others(private: &PrivatePath) -> Option<Finding> {
    let path = private.path.display();
    let (severity, who, fix) = if private.mode & 0o006 != 0 {
        let can = if private.mode & 0o002 != 0 { "change" } else { "read" };
        (Error, format!("every user of this machine can {can} it"), format!("chmod o-rwx {path}"))
    } else if private.mode & 0o020 != 0 {
        (Warning, "its group can change it".to_owned(), format!("chmod g-w {path}"))
    } else {
        return None;
    };
    Some(Finding::new(
        "D18",
        severity,
        format!("{path} has mode {:o}: {who}.", private.mode),
        format!("Run `{fix}`."),
    ))
}

fn backups(facts: &Facts) -> Option<Finding> {
    const MAKE: &str = "Make a backup each night: deploy/mathsoc-backup.timer does.";
    let (severity, what, fix) = match &facts.backups {
        Backups::Nowhere => (
            Info,
            "BACKUP_DIR is not set, so the age of the newest backup is unknown.".to_owned(),
            "Write BACKUP_DIR=/var/backups/mathsoc, and make a backup there each night.",
        ),
        Backups::Unreadable(folder, why) => (
            Warning,
            format!("BACKUP_DIR: {} cannot be read ({why}).", folder.display()),
            "Create the folder for the user that runs the site.",
        ),
        Backups::None(folder) => {
            (Warning, format!("BACKUP_DIR: there is no backup in {}.", folder.display()), MAKE)
        }
        Backups::Newest(file, made) => {
            let hours = (facts.now - made) / 3600;
            if hours <= BACKUP_MAX_HOURS {
                return None;
            }
            (Warning, format!("The newest backup, {}, is {hours} hours old.", file.display()), MAKE)
        }
    };
    Some(Finding::new("D19", severity, what, fix))
}

fn admins(config: &Config, database: &DatabaseFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if database.admins.is_empty() {
        let what = "There is no admin: anyone who reads the output of the site's start can become one.";
        let fix = "Run `mathsoc admin create --email you@example.org --name You`.";
        findings.push(Finding::new("D21", Warning, what, fix));
    }
    for admin in &database.admins {
        let reset = format!("Run `mathsoc admin reset-password --email {}`.", admin.email);
        if !admin.can_log_in {
            let what = format!(
                "The admin {} has no password: anyone who reads their mail can choose one.",
                admin.email
            );
            findings.push(Finding::new("D21", Warning, what, &reset));
        }
        if admin.has_known_password {
            let what = format!("The admin {} has a password that attackers try first.", admin.email);
            findings.push(Finding::new("D22", Error, what, &reset));
        }
        if admin.can_log_in && !admin.has_second_factor && !config.admin_totp_required {
            let what = format!("The admin {} logs in with a password alone.", admin.email);
            let fix = "Let them set up a code in their account, or write ADMIN_TOTP_REQUIRED=true.";
            findings.push(Finding::new("D23", Warning, what, fix));
        }
    }
    findings.sort_by_key(|it| it.id);
    findings
}

fn clock(facts: &Facts) -> Option<Finding> {
    const FIX: &str = "Synchronise the clock: `timedatectl set-ntp true`.";
    if !(EARLIEST..LATEST).contains(&facts.now) {
        let what = "The clock of this machine is years off: sessions, links and one-time codes fail.";
        return Some(Finding::new("D24", Error, what, FIX));
    }
    let off = facts.now - facts.database.as_ref()?.clock?;
    (off.abs() > CLOCK_MAX_SECONDS).then(|| {
        let than = if off > 0 { "ahead of" } else { "behind" };
        let what = format!("The clock of this machine is {} seconds {than} the database's.", off.abs());
        Finding::new("D24", Warning, what, FIX)
    })
}

fn addresses(database: Option<&DatabaseFacts>) -> Vec<Finding> {
    let admins = database.into_iter().flat_map(|it| &it.admins);
    let guessed = admins.filter(|it| it.email.key().starts_with("admin@")).map(|it| {
        let what = format!("The admin {} has an address that attackers try first.", it.email);
        Finding::new("D25", Info, what, "Create an admin with a personal address, and delete this account.")
    });
    guessed.collect()
}
