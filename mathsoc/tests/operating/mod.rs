//! The operator's commands: the import of the Flask site, backups, checks.

mod backup;
mod check;
mod checklist;
mod commands;
mod competitions;
mod files;
mod former_bugs;
mod import;
mod imported;
mod old_site;
mod own_databases;
mod places;
mod tables;
mod upgrade;
