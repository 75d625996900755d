//! What files, backups, the database and the clock say.

use super::Severity::{Error, Info, Warning};
use super::{Backups, DatabaseFacts, Facts, Finding, PrivatePath};
use crate::config::Config;

/// How old the newest backup may be, in hours: one night may fail.
const BACKUP_HOURS: i64 = 48;
/// How many seconds this machine's clock may be off the database's: codes hold for 30 s.
const CLOCK_SECONDS: i64 = 5;
/// 2026 began then: no machine that runs this program is earlier.
const EARLIEST: i64 = 1_767_225_600;
/// 2100 begins then.
const LATEST: i64 = 4_102_444_800;

/// The findings about what is around the settings, in the order of their ids.
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
                "Run `mathsoc migrate`; the first start does it, too.",
            ));
        }
        Some(database) if !database.is_up_to_date => {
            let what = "The tables of the database are of another version of this program.";
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

fn open_to_others(kept: &PrivatePath) -> Option<Finding> {
    let path = kept.path.display();
    let (severity, who, fix) = if kept.mode & 0o006 != 0 {
        let can = if kept.mode & 0o002 != 0 { "change" } else { "read" };
        (Error, format!("everybody on this machine can {can} it"), format!("chmod o-rwx {path}"))
    } else if kept.mode & 0o020 != 0 {
        (Warning, "its group can change it".to_owned(), format!("chmod g-w {path}"))
    } else {
        return None;
    };
    Some(Finding::new(
        "D18",
        severity,
        format!("{path} has mode {:o}: {who}.", kept.mode),
        format!("Run `{fix}`."),
    ))
}

fn backups(facts: &Facts) -> Option<Finding> {
    const MAKE: &str = "Make one each night: deploy/mathsoc-backup.timer does.";
    let (severity, what, fix) = match &facts.backups {
        Backups::Nowhere => (
            Info,
            "BACKUP_DIR is not set: nobody can say here how old the newest backup is.".to_owned(),
            "Write BACKUP_DIR=/var/backups/mathsoc, and make one there each night.",
        ),
        Backups::Unreadable(folder, why) => (
            Warning,
            format!("BACKUP_DIR: {} cannot be read ({why}).", folder.display()),
            "Make the folder, for the user that the site runs as.",
        ),
        Backups::None(folder) => {
            (Warning, format!("BACKUP_DIR: there is no backup in {}.", folder.display()), MAKE)
        }
        Backups::Newest(file, made) => {
            let hours = (facts.now - made) / 3600;
            if hours <= BACKUP_HOURS {
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
        let what = "There is no admin: whoever reads what the site prints at its start can become one.";
        let fix = "Run `mathsoc admin create --email you@example.org --name You`.";
        findings.push(Finding::new("D21", Warning, what, fix));
    }
    for admin in &database.admins {
        let reset = format!("Run `mathsoc admin reset-password --email {}`.", admin.email);
        if !admin.can_log_in {
            let what =
                format!("The admin {} has no password, so who reads their letters chooses one.", admin.email);
            findings.push(Finding::new("D21", Warning, what, &reset));
        }
        if admin.has_known_password {
            let what = format!("The admin {} has one of the passwords that are tried first.", admin.email);
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
    const FIX: &str = "Let the machine ask for the time: `timedatectl set-ntp true`.";
    if !(EARLIEST..LATEST).contains(&facts.now) {
        let what = "The clock of this machine is years off: nothing ends when it should, no code is right.";
        return Some(Finding::new("D24", Error, what, FIX));
    }
    let off = facts.now - facts.database.as_ref()?.clock?;
    (off.abs() > CLOCK_SECONDS).then(|| {
        let than = if off > 0 { "ahead of" } else { "behind" };
        let what = format!("The clock of this machine is {} seconds {than} the database's.", off.abs());
        Finding::new("D24", Warning, what, FIX)
    })
}

fn addresses(database: Option<&DatabaseFacts>) -> Vec<Finding> {
    let admins = database.into_iter().flat_map(|it| &it.admins);
    let guessed = admins.filter(|it| it.email.key().starts_with("admin@")).map(|it| {
        let what = format!("The admin {} has the address that is guessed first.", it.email);
        Finding::new("D25", Info, what, "Make an admin of a person's own address, and delete this account.")
    });
    guessed.collect()
}
