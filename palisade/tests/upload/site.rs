//! A site that stores uploads and serves them, and multipart forms.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path as Param, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use palisade::upload::{PendingFile, Upload, UploadError, UploadId, UploadRejection};
use palisade::{Rejection, Uploads};
use test_support::Folder;
use tower::ServiceExt;

/// A temporary folder for uploads.
pub struct Files(pub Folder);

impl Files {
    pub fn new() -> Self {
        Self(Folder::new())
    }

    pub fn uploads(&self) -> Uploads {
        Uploads::open(self.0.join("files").to_str().unwrap()).unwrap()
    }

    /// Returns the names of all files in it.
    pub fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, found),
                    false => found.push(path.file_name().unwrap().to_str().unwrap().to_owned()),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, &mut found);
        found
    }
}

/// A site with the records of its stored files.
#[derive(Clone)]
pub struct Site {
    pub uploads: Uploads,
    pub records: Arc<Mutex<BTreeMap<UploadId, Upload>>>,
}

impl Site {
    pub fn new(uploads: Uploads) -> Self {
        Self { uploads, records: Arc::default() }
    }

    pub fn app(&self) -> Router {
        Router::new()
            .route("/send", post(send))
            .route("/files/{id}", get(show).post(show))
            .route("/saved/{id}", get(save))
            .with_state(self.clone())
    }

    pub async fn ask(&self, request: Request) -> Response {
        self.app().oneshot(request).await.unwrap()
    }

    /// Sends these parts as a form.
    pub async fn send(&self, parts: &[Part<'_>]) -> Response {
        self.ask(form(parts)).await
    }

    /// Sends one file, and returns its record.
    pub async fn keep(&self, name: &str, bytes: &[u8]) -> Upload {
        let response = self.send(&[file(name, bytes)]).await;
        let rejection = response.extensions().get::<Rejection>().cloned();
        assert_eq!(response.status(), StatusCode::OK, "{name}: {rejection:?}");
        let id = text(response).await.parse().unwrap();
        self.records.lock().unwrap()[&id].clone()
    }

    /// Sends one file, and returns the reason of its rejection.
    pub async fn reject(&self, name: &str, bytes: &[u8]) -> Rejection {
        let before = self.uploads.admin().list().await.unwrap();
        let response = self.send(&[file(name, bytes)]).await;
        assert_eq!(self.uploads.admin().list().await.unwrap(), before, "{name} was kept");
        rejection(&response)
    }

    /// Sends one file, and returns its error.
    pub async fn error(&self, name: &str, bytes: &[u8]) -> UploadError {
        let before = self.uploads.admin().list().await.unwrap();
        let response = self.send(&[file(name, bytes)]).await;
        assert_eq!(self.uploads.admin().list().await.unwrap(), before, "{name} was kept");
        match response.extensions().get() {
            Some(UploadRejection::File { error, .. }) => error.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Returns the bytes that are served.
    pub async fn bytes(&self, upload: &Upload) -> Vec<u8> {
        let response =
            self.ask(Request::get(format!("/files/{}", upload.id)).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        to_bytes(response.into_body(), 1 << 26).await.unwrap().to_vec()
    }
}

pub fn rejection(response: &Response) -> Rejection {
    let rejection = response.extensions().get::<Rejection>().cloned();
    let rejection = rejection.unwrap_or_else(|| panic!("it passed with {}", response.status()));
    assert_eq!(rejection.status(), response.status());
    rejection
}

/// Answers with the rejection, and keeps the typed reason beside it.
async fn send(state: State<Site>, request: Request) -> Response {
    match receive(state, request).await {
        Ok(ids) => ids.into_response(),
        Err(reason) => {
            let mut response = reason.clone().into_response();
            response.extensions_mut().insert(reason);
            response
        }
    }
}

async fn receive(State(site): State<Site>, request: Request) -> Result<String, UploadRejection> {
    let form = site.uploads.take(request).await?;
    let mut ids = form.text("title").map(ToOwned::to_owned).into_iter().collect::<Vec<_>>();
    for file in form.into_files() {
        ids.push(site.store(file).await?.id.to_string());
    }
    Ok(ids.join("\n"))
}

impl Site {
    async fn store(&self, file: PendingFile) -> Result<Upload, UploadRejection> {
        let upload = self.uploads.keep(file).await?;
        self.records.lock().unwrap().insert(upload.id, upload.clone());
        Ok(upload)
    }

    fn find(&self, id: UploadId) -> Option<Upload> {
        self.records.lock().unwrap().get(&id).cloned()
    }
}

async fn show(State(site): State<Site>, Param(id): Param<UploadId>, request: Request) -> Response {
    match site.find(id) {
        Some(upload) => site.uploads.serve(&upload, &request.into_parts().0).await.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn save(State(site): State<Site>, Param(id): Param<UploadId>, request: Request) -> Response {
    match site.find(id) {
        Some(upload) => site.uploads.download(&upload, &request.into_parts().0).await.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A part of a form: a text, or a file with a name.
pub struct Part<'a> {
    pub field: &'a str,
    pub called: Option<&'a str>,
    pub bytes: &'a [u8],
}

pub fn file<'a>(called: &'a str, bytes: &'a [u8]) -> Part<'a> {
    Part { field: "file", called: Some(called), bytes }
}

pub const BOUNDARY: &str = "----palisade7MA4YWxkTrZu0gW";

pub fn encode(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        let called = part.called.map(|called| format!("; filename=\"{called}\"\r\nContent-Type: text/html"));
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n",
            part.field,
            called.unwrap_or_default()
        );
        body.extend(head.into_bytes());
        body.extend(part.bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

pub fn form(parts: &[Part<'_>]) -> Request {
    form_of(Body::from(encode(parts)))
}

pub fn form_of(body: Body) -> Request {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    Request::post("/send").header("content-type", kind).body(body).unwrap()
}

pub async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), 1 << 26).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}
