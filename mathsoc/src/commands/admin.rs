//! `mathsoc admin …`: creates admins, resets passwords, lists admins.
//!
//! The password is read twice from the terminal without echo, or else from the first line of
//! standard input. It is never an argument, because every user of the machine can read arguments.
//! There is no default.

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context, bail};
use clap::Subcommand;
use mathsoc::config::Config;
use mathsoc::db::users::{self, NewUser};
use mathsoc::db::{Db, second_factor};
use mathsoc::domain::email::EmailAddress;
use mathsoc::domain::person::{FullName, Role};
use palisade::Passwords;
use palisade::password::{Password, PasswordHash};

use crate::print;

#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Create an admin account. The password is asked for, or read from standard input.
    Create {
        /// The e-mail address, which counts as verified.
        #[arg(long)]
        email: EmailAddress,
        /// The name shown on the site.
        #[arg(long)]
        name: FullName,
    },
    /// Set a new password and log the account out everywhere. The password is asked for, or read
    /// from standard input.
    ResetPassword {
        /// The e-mail address of the account.
        #[arg(long)]
        email: EmailAddress,
        /// Also remove the second factor, for an owner who has lost it.
        #[arg(long)]
        remove_second_factor: bool,
    },
    /// List the admin accounts.
    List,
}

impl AdminCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let db = Db::connect(&config.database_url).await?;
        db.migrate().await?;
        let report = match self {
            Self::Create { email, name } => create(&db, email, name).await?,
            Self::ResetPassword { email, remove_second_factor } => {
                reset_password(&db, &email, remove_second_factor).await?
            }
            Self::List => list(&db).await?,
        };
        db.close().await;
        print(&report)
    }
}

async fn create(db: &Db, email: EmailAddress, full_name: FullName) -> anyhow::Result<String> {
    if users::by_email(db, &email).await?.is_some() {
        bail!(
            "there is an account with this e-mail address: `mathsoc admin reset-password` sets a new password"
        );
    }
    let hash = new_password(Role::Admin, &email, &full_name).await?;
    let admin =
        NewUser { email, full_name, role: Role::Admin, school_id: None, year: None, email_is_verified: true };
    let admin = users::create(db, &admin, Some(&hash)).await?;
    Ok(format!("{} is an admin now, and logs in with {}.\n", admin.full_name, admin.email))
}

async fn reset_password(db: &Db, email: &EmailAddress, remove_second_factor: bool) -> anyhow::Result<String> {
    let user = users::by_email(db, email).await?.context("there is no account with this e-mail address")?;
    let hash = new_password(user.role, email, &user.full_name).await?;
    if remove_second_factor {
        second_factor::remove(db, user.id).await?;
    }
    let epoch = users::set_password(db, user.id, user.epoch, &hash).await?;
    epoch.context("the account was changed at the same time: try again")?;
    Ok(format!("{} has a new password, and is logged out everywhere.\n", user.full_name))
}

async fn list(db: &Db) -> anyhow::Result<String> {
    let admins = users::admins(db).await?;
    if admins.is_empty() {
        return Ok("There is no admin yet: `mathsoc admin create` creates one.\n".to_owned());
    }
    let width = admins.iter().map(|it| it.email.as_str().len()).max().unwrap_or(0);
    let line = |it: &users::User| {
        let factor = if it.has_second_factor { "second factor   " } else { "no second factor" };
        format!("{:<width$}  {factor}  {}\n", it.email.as_str(), it.full_name)
    };
    Ok(admins.iter().map(line).collect())
}

/// Reads a new password, checks it against the policy of the role, and hashes it.
async fn new_password(role: Role, email: &EmailAddress, name: &FullName) -> anyhow::Result<PasswordHash> {
    let password = if io::stdin().is_terminal() { prompt_password()? } else { read_password()? };
    let check = role.password_policy().check(&password, &[name.as_str(), email.as_str()]);
    check.map_err(|rejected| anyhow::anyhow!("{rejected}"))?;
    let new = Passwords::new().hash(password).await;
    new.map(|new| new.hash).map_err(|error| anyhow::anyhow!("{}", palisade::Rejection::from(error).message()))
}

fn prompt_password() -> anyhow::Result<Password> {
    let ask = |prompt| rpassword::prompt_password(prompt).context("cannot read from the terminal");
    let password = Password::from(ask("New password (it is not shown): ")?);
    if !password.is_same(&Password::from(ask("Repeat the password: ")?)) {
        bail!("the two passwords differ: nothing was changed");
    }
    Ok(password)
}

fn read_password() -> anyhow::Result<Password> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read from standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("there is no password on standard input: write one line, or run the command in a terminal");
    }
    Ok(Password::from(password))
}
