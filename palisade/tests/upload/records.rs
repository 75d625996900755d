//! Records in a database: one text column, or a column for each field.

use palisade::Uploads;
use palisade::upload::{Digest, FileType, SafeName, Upload, UploadId, UploadParseError};
use sqlx::sqlite::SqlitePoolOptions;

use super::samples::{pdf, png};

async fn stored() -> [Upload; 2] {
    let uploads = Uploads::open("memory://").unwrap();
    let picture = uploads.take_file("Übung \"1\".png", &png()).await.unwrap();
    let document = uploads.take_file("a.pdf", &pdf()).await.unwrap();
    [uploads.keep(picture).await.unwrap(), uploads.keep(document).await.unwrap()]
}

#[derive(sqlx::FromRow)]
struct Note {
    #[sqlx(try_from = "String")]
    file: Upload,
    #[sqlx(try_from = "String")]
    id: UploadId,
    #[sqlx(try_from = "String")]
    digest: Digest,
    #[sqlx(try_from = "String")]
    file_type: FileType,
}

#[tokio::test]
async fn a_record_survives_a_text_column() {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::query("CREATE TABLE notes (file TEXT, id TEXT, digest TEXT, file_type TEXT)")
        .execute(&pool)
        .await
        .unwrap();
    for upload in stored().await {
        let [id, digest, file_type] =
            [upload.id.to_string(), upload.digest.to_string(), upload.file_type.to_string()];
        sqlx::query("DELETE FROM notes").execute(&pool).await.unwrap();
        sqlx::query("INSERT INTO notes VALUES (?, ?, ?, ?)")
            .bind(upload.to_string())
            .bind(id)
            .bind(digest)
            .bind(file_type)
            .execute(&pool)
            .await
            .unwrap();
        let note: Note = sqlx::query_as("SELECT * FROM notes").fetch_one(&pool).await.unwrap();
        assert_eq!(note.file, upload);
        assert_eq!((note.id, note.digest, note.file_type), (upload.id, upload.digest, upload.file_type));
        let by_id: Note = sqlx::query_as("SELECT * FROM notes WHERE file ->> '$.id' = ?")
            .bind(upload.id.to_string())
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(by_id.file, upload, "SQL can read the fields");
    }
}

#[tokio::test]
async fn serde_reads_what_it_writes() {
    for upload in stored().await {
        let json = serde_json::to_value(&upload).unwrap();
        assert_eq!(serde_json::from_value::<Upload>(json.clone()).unwrap(), upload);
        assert_eq!(json["id"], upload.id.to_string());
        assert_eq!(json["name"], upload.name.as_str());
        assert_eq!(json["file_type"], upload.file_type.to_string());
        assert_eq!(json["digest"], upload.digest.to_string());
        assert_eq!(json["quarantined"], false);
    }
}

#[tokio::test]
async fn an_incomplete_record_is_an_error() {
    let [upload, _] = stored().await;
    let whole = serde_json::to_value(&upload).unwrap();
    for field in ["id", "name", "file_type", "bytes", "digest", "quarantined"] {
        let mut record = whole.clone();
        record.as_object_mut().unwrap().remove(field).unwrap();
        assert_eq!(record.to_string().parse::<Upload>(), Err(UploadParseError::Record), "{field}");
    }
    for text in ["", "null", "{}", &upload.id.to_string()] {
        assert_eq!(text.parse::<Upload>(), Err(UploadParseError::Record), "{text}");
    }
}

#[tokio::test]
async fn a_changed_record_stays_safe() {
    let [upload, _] = stored().await;
    let mut record = serde_json::to_value(&upload).unwrap();
    record["name"] = "../../etc/passwd".into();
    assert_eq!(record.to_string().parse::<Upload>().unwrap().name.as_str(), "etc_passwd");
    for (field, value) in [("id", "../../etc/passwd"), ("file_type", "svg"), ("digest", "x"), ("bytes", "-1")]
    {
        let mut changed = record.clone();
        changed[field] = value.into();
        assert!(changed.to_string().parse::<Upload>().is_err(), "{field}");
    }
    let name: SafeName = serde_json::from_str("\"con\\u002epng\"").unwrap();
    assert_eq!(serde_json::to_string(&name).unwrap(), "\"_con.png\"");
}
