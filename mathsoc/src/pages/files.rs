//! `/files/{id}/{name}`: serves uploaded files, and accepts new ones from admins.
//!
//! An admin may open every file. Anyone else may open a file once the scanner has passed it and a
//! published text uses it. `?download` sends the file as an attachment.
//!
//! ```text
//! POST /admin/api/pictures
//! Content-Type: multipart/form-data with one file; X-CSRFToken; Accept: application/json
//!
//! {"src": "/files/0123…/triangle.png", "name": "triangle.png",
//!  "width": 640, "height": 480, "bytes": 20480, "waits": false}
//! ```
//!
//! | status | when |
//! |---|---|
//! | 201 | the picture is stored |
//! | 413, 415, 422 | it is too large, not a picture, damaged or malware: `detail` says which |
//! | 503 | the scanner is down and `CLAMD_DOWN` is not `quarantine`, or the file store is down |
//!
//! `waits` is `true` while the file is in quarantine until the scanner has passed it.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{StatusCode, request};
use palisade::SignedIn;
use palisade::upload::UploadRejection;
use palisade::upload::{FileType, MultipartForm, PendingFile, Upload, UploadError, UploadId};
use serde_json::json;

use crate::db::{self, DbError};
use crate::error::Error;
use crate::state::App;
use crate::web::signed_in::Admin;

/// `GET /files/{id}/{name}`.
///
/// # Errors
/// Returns [`Error::not_found`] for a file that does not exist or that this viewer may not see.
pub async fn show(
    State(app): State<App>,
    Path((id, name)): Path<(String, String)>,
    admin: Option<SignedIn<Admin>>,
    request: request::Parts,
) -> Result<Response, Error> {
    let id: UploadId = id.parse().map_err(|_| Error::not_found())?;
    let found = match admin {
        Some(_) => db::files::any(&app.db, id).await?,
        None => db::files::shown(&app.db, id).await?,
    };
    let file = found.filter(|file| file.name.as_str() == name).ok_or_else(Error::not_found)?;
    let download = request.uri.query().is_some_and(|query| query == "download");
    let response = match download {
        true => app.uploads.download(&file, &request).await,
        false => app.uploads.serve(&file, &request).await,
    };
    Ok(response.into_response())
}

/// Returns the URL path of an upload.
pub fn address(file: &Upload) -> String {
    path(&file.id.to_string(), file.name.as_str())
}

/// Returns the URL path of the upload with this id and name. Percent-encodes the name.
pub fn path(id: &str, name: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("{}{id}/{name}", db::files::PREFIX)
}

/// `POST /admin/api/pictures`.
///
/// # Errors
/// Returns the [`UploadRejection`] for an invalid picture.
pub async fn take_picture(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    request: Request,
) -> Result<Response, Error> {
    let picture = receive_picture_form(&app, request).await?.into_files().pop();
    let picture = picture
        .ok_or(palisade::upload::UploadRejection::File { name: "".into(), error: UploadError::NotAForm })?;
    let (width, height) = picture.dimensions().unzip();
    let file = store(&app, admin.user.id, picture).await?;
    let body = json!({
        "src": address(&file),
        "name": file.name.as_str(),
        "width": width,
        "height": height,
        "bytes": file.bytes,
        "waits": file.quarantined,
    });
    Ok((StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response())
}

/// Receives a multipart form with files of these types.
///
/// Accepted files are pending until [`store`] stores them. A rejected file does not reject the
/// form: the form carries the reason. The route has to be in `routes::admin_files`, where the body
/// limit is higher than the usual 1 MiB.
pub async fn receive_form(
    app: &App,
    file_types: &[FileType],
    request: Request,
) -> Result<MultipartForm, UploadRejection> {
    app.uploads.clone().file_types(file_types.iter().copied()).take_each(request).await
}

/// Receives a multipart form with at most one picture. Rejects the form for an invalid picture.
pub async fn receive_picture_form(app: &App, request: Request) -> Result<MultipartForm, UploadRejection> {
    app.uploads.clone().file_types(FileType::IMAGES).max_files(1).take(request).await
}

/// Stores a pending file and records its owner in the database.
///
/// Runs in a task of its own, so that a client that disconnects cannot leave one without the
/// other. If the database rejects the row, the file is removed again.
pub async fn store(app: &App, by: i64, file: PendingFile) -> Result<Upload, Error> {
    let app = app.clone();
    let stored = async move {
        let dimensions = file.dimensions();
        let file = app.uploads.keep(file).await?;
        if let Err(error) = db::files::insert(&app.db, &file, dimensions, by).await {
            app.uploads.remove(file.id).await?;
            return Err(error.into());
        }
        Ok(file)
    };
    tokio::spawn(stored).await.map_err(|_| Error::from(palisade::upload::UploadRejection::StoreDown))?
}

/// Scans the files in quarantine again, if the scanner is up. `main` calls it every minute.
pub async fn rescan_quarantined(app: &App) -> Result<(), DbError> {
    let Some(clamd) = &app.config.uploads.clamd else { return Ok(()) };
    if clamd.ping().await.is_err() {
        return Ok(());
    }
    for file in db::files::waiting(&app.db).await? {
        match app.uploads.rescan(&file).await {
            Ok(_) => db::files::pass(&app.db, file.id).await?,
            Err(palisade::upload::UploadRejection::File { .. }) => {
                db::files::forget(&app.db, file.id).await?
            }
            // Already logged. The next run retries this file; the others go on.
            Err(_) => {}
        }
    }
    Ok(())
}
