//! Files that visitors send: checked by content, stored in a folder, listed in SQLite, served in a sandbox.
//!
//! ```sh
//! cargo run -p palisade --features maud,session,sqlx-sqlite,upload --example uploads
//! # open http://localhost:3000/, or scan for malware too: CLAMD=/run/clamav/clamd.ctl cargo run …
//! ```

#[cfg(test)]
mod tests;

use std::env;
use std::error::Error as StdError;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{Response, request::Parts};
use axum::response::Html;
use axum::routing::get;
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::error::OrNotFound;
use palisade::redirect::SafePath;
use palisade::session::store::MemorySessions;
use palisade::upload::{Clamd, FileType, Upload, UploadBody, UploadId};
use palisade::{CsrfToken, Error, Keyring, Palisade, Redirect, Session, Sessions, Uploads};
use sqlx::sqlite::SqlitePool;

#[derive(Clone)]
struct Site {
    uploads: Uploads,
    database: SqlitePool,
}

async fn app(uploads: Uploads, database: SqlitePool) -> Result<Router, sqlx::Error> {
    let uploads = uploads.file_types([FileType::Png, FileType::Jpeg, FileType::Pdf]);
    let uploads = uploads.max_file_bytes(4 << 20);
    let table = "CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, file TEXT NOT NULL)";
    sqlx::query(table).execute(&database).await?;
    let sessions = Sessions::in_store(MemorySessions::new(), &Keyring::random()); // end at a restart
    // The limits of the site are 1 MiB and 30 s. A photograph over a slow line takes longer.
    let minutes = Duration::from_secs(300);
    let limit = BodyLimit::bytes(uploads.request_limit_bytes()).timeout(minutes);
    let routes = Router::new()
        .route("/", get(list).post(send).layer((Deadline::new(minutes), limit)))
        .route("/files/{id}", get(show))
        .with_state(Site { uploads, database });
    Ok(Palisade::development().sessions(sessions).protect(routes))
}

/// The ids of the visitor's files. A site with accounts has a column for the owner instead.
async fn own_files(session: &Session) -> palisade::Result<Vec<UploadId>> {
    Ok(session.get("files").await?.unwrap_or_default())
}

async fn find(site: &Site, id: UploadId) -> palisade::Result<Upload> {
    let query = sqlx::query_scalar("SELECT file FROM files WHERE id = ?").bind(id.to_string());
    let file: String = query.fetch_optional(&site.database).await.or_not_found()?;
    Ok(file.parse()?)
}

async fn list(
    State(site): State<Site>,
    session: Session,
    token: CsrfToken,
) -> palisade::Result<Html<String>> {
    let mut files = Vec::new();
    for id in own_files(&session).await? {
        files.push(find(&site, id).await?);
    }
    let page = maud::html! {
        (maud::DOCTYPE) html lang="en" { title { "Your files" }
            form method="post" enctype="multipart/form-data" {
                (token.input())
                input type="file" name="file" required accept=(site.uploads.accepted_types().accept());
                button { "Send" }
            }
            ul { @for file in &files { li { a href={ "/files/" (file.id) } { (file.name.as_str()) } } } }
        }
    };
    Ok(Html(page.into_string()))
}

async fn send(State(site): State<Site>, session: Session, request: Request) -> palisade::Result<Redirect> {
    let mut form = site.uploads.take(request).await?; // else 413, 415 or 422, with the reason
    let file = form.take_file("file").ok_or_else(|| Error::unprocessable("Please choose a file."))?;
    let upload = site.uploads.keep(file).await?; // a file that is not kept is deleted
    let insert = sqlx::query("INSERT INTO files (id, file) VALUES (?, ?)");
    insert.bind(upload.id.to_string()).bind(upload.to_string()).execute(&site.database).await?;
    let mut files = own_files(&session).await?;
    files.push(upload.id);
    session.set("files", files).await?;
    Ok(Redirect::to(SafePath::of("/")))
}

/// Shows a file to its owner. `Uploads::serve` does not check who asks.
async fn show(
    State(site): State<Site>,
    session: Session,
    Path(id): Path<String>,
    request: Parts,
) -> palisade::Result<Response<UploadBody>> {
    let id = own_files(&session).await?.into_iter().find(|own| own.to_string() == id).or_not_found()?;
    Ok(site.uploads.serve(&find(&site, id).await?, &request).await)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let folder = env::temp_dir().join("palisade-uploads");
    let mut uploads = Uploads::open(&folder.join("files").display().to_string())?; // or s3://bucket/folder
    if let Ok(address) = env::var("CLAMD") {
        uploads = uploads.scanner(Clamd::at(&address)?);
    }
    let records = format!("sqlite://{}?mode=rwc", folder.join("records.db").display());
    let app = app(uploads, SqlitePool::connect(&records).await?).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://{}, files in {}", listener.local_addr()?, folder.display());
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
