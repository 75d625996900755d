//! `mathsoc school …`: adds and lists the schools whose pupils may register.

use clap::Subcommand;
use mathsoc::config::Config;
use mathsoc::db::Db;
use mathsoc::db::admin_log::Actor;
use mathsoc::db::schools::{self, NewSchool};
use mathsoc::domain::email::EmailDomain;

use crate::print;

#[derive(Subcommand)]
pub(crate) enum SchoolCommand {
    /// Add a school.
    Add {
        /// The name of the school.
        #[arg(long)]
        name: String,
        /// The part after the @ in its pupils' addresses. Without a domain no one can register as
        /// its pupil.
        #[arg(long)]
        domain: Option<EmailDomain>,
    },
    /// List the schools.
    List,
}

impl SchoolCommand {
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let db = Db::connect(&config.database_url).await?;
        db.migrate().await?;
        let report = match self {
            Self::Add { name, domain } => add(&db, name.trim(), domain).await?,
            Self::List => list(&db).await?,
        };
        db.close().await;
        print(&report)
    }
}

async fn add(db: &Db, name: &str, domain: Option<EmailDomain>) -> anyhow::Result<String> {
    let school = NewSchool { name: name.parse()?, email_domain: domain.clone() };
    schools::create(db, &Actor::command_line(), &school).await?;
    Ok(match domain {
        Some(domain) => format!("Addresses @{domain} belong to pupils of {name}.\n"),
        None => format!("{name} is added. No one can register as its pupil: it has no e-mail domain.\n"),
    })
}

async fn list(db: &Db) -> anyhow::Result<String> {
    let schools = schools::all(db).await?;
    let line = |school: schools::School| match school.email_domain {
        Some(domain) => format!("{}  @{domain}\n", school.name),
        None => format!("{}\n", school.name),
    };
    Ok(schools.into_iter().map(line).collect())
}
