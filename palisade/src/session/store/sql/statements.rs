//! The statements of a table of sessions.

use std::sync::Arc;

/// The most expired rows that one statement deletes.
pub(super) const BATCH: u64 = 1000;

/// The statements, with the name of the table. Every value is bound.
pub(super) struct Statements {
    pub(super) table: String,
    pub(super) load: Arc<str>,
    pub(super) insert: Arc<str>,
    pub(super) replace: Arc<str>,
    pub(super) delete: Arc<str>,
    pub(super) list: Arc<str>,
    delete_of_user: String,
    pub(super) delete_expired: Arc<str>,
}

impl Statements {
    /// Returns the statements for a table whose name has been checked.
    pub(super) fn new(table: &str) -> Self {
        let select = |columns: &str, column: &str| {
            format!("SELECT {columns} FROM {table} WHERE {column} = $1 AND expires_at > $2").into()
        };
        Self {
            load: select("version, user_id, data", "id"),
            list: select("id, version, user_id, data", "user_id"),
            insert: format!(
                "INSERT INTO {table} (id, user_id, version, data, expires_at) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (id) DO UPDATE SET user_id = $2, version = $3, data = $4, expires_at = $5 \
                 WHERE {table}.expires_at <= $6"
            )
            .into(),
            replace: format!(
                "UPDATE {table} SET user_id = $2, version = $3, data = $4, expires_at = $5 \
                 WHERE id = $1 AND expires_at > $6 AND version = $7"
            )
            .into(),
            delete: format!("DELETE FROM {table} WHERE id = $1").into(),
            delete_of_user: format!("DELETE FROM {table} WHERE user_id = $1"),
            delete_expired: format!(
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE expires_at <= $1 LIMIT {BATCH})"
            )
            .into(),
            table: table.to_owned(),
        }
    }

    /// Returns the statement that deletes the sessions of `$1` except this number of ids.
    pub(super) fn delete_of_user(&self, except: usize) -> Arc<str> {
        let ids: Vec<String> = (2..2 + except).map(|number| format!("${number}")).collect();
        match ids.join(", ") {
            none if none.is_empty() => self.delete_of_user.as_str().into(),
            ids => format!("{} AND id NOT IN ({ids})", self.delete_of_user).into(),
        }
    }
}
