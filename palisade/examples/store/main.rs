//! A session store of one's own: a JSON file for each session, checked by the library's suite for stores.
//!
//! ```sh
//! SECRET_KEY=$(openssl rand -base64 32) cargo run -p palisade --features session --example store
//! # open http://localhost:3000/; with the same key, the visits go on after a restart
//! ```

mod folder;
mod folder_sessions;
#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::get;
use folder_sessions::FolderSessions;
use palisade::session::store::SessionStore;
use palisade::{Keyring, Palisade, Session, Sessions};

fn app(store: impl SessionStore, keyring: &Keyring) -> Router {
    let routes = Router::new().route("/", get(count));
    Palisade::development().sessions(Sessions::in_store(store, keyring)).protect(routes)
}

async fn count(session: Session) -> palisade::Result<String> {
    let visits = session.get::<u32>("visits").await?.unwrap_or(0) + 1;
    session.set("visits", visits).await?;
    Ok(format!("visit {visits}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::temp_dir().join("palisade-sessions");
    let app = app(FolderSessions::open(&folder)?, &Keyring::from_env("SECRET_KEY")?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://{}, sessions in {}", listener.local_addr()?, folder.display());
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
