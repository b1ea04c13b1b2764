//! Files: bytes are kept apart from the record that has them, and a version of a document brings the document and its links along.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Authority, Record, Transaction};
use crate::{
    error::ApiError,
    schema::{FieldKind, Object},
};

/// What a Base64 field of a record stands for; the field itself holds the key.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    /// Made of the bytes, so that the same bytes are kept once and a rolled-back write leaves nothing wrong behind.
    pub(crate) key: String,
    pub(crate) bytes: Vec<u8>,
}

/// Padded or not: clients do both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Transaction<'_> {
    /// Puts keys in place of bytes that came in as base64, with their length and checksum where the object has fields for them.
    pub(super) fn take_in_bytes(
        &mut self,
        object: &Object,
        record: &mut Record,
        before: Option<&Record>,
    ) -> Result<(), ApiError> {
        for field in object.fields().filter(|field| field.kind == FieldKind::Base64) {
            let Some(text) = record.text(&field.name) else { continue };
            if before.is_some_and(|before| before.text(&field.name) == Some(text)) {
                continue;
            }
            let text: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
            let bytes = BASE64.decode(text).map_err(|_| {
                ApiError::json(format!("{}: value not of required type: it isn't base64", field.label))
                    .about(&field.name)
            })?;
            let key = hex(&Sha256::digest(&bytes));
            record.set(&field.name, key.as_str());
            for size in ["ContentSize", "BodyLength"] {
                if object.field(size).is_some() {
                    record.set(size, bytes.len());
                }
            }
            if object.field("Checksum").is_some() {
                record.set("Checksum", hex(&md5::Md5::digest(&bytes)));
            }
            self.blobs.push(Blob { key, bytes });
        }
        Ok(())
    }

    /// Bytes taken in and not yet kept.
    pub(crate) fn take_blobs(&mut self) -> Vec<Blob> {
        std::mem::take(&mut self.blobs)
    }
}

fn required(field: &str) -> ApiError {
    ApiError::bad("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{field}]")).about(field)
}

/// What Salesforce calls the type of a file with this extension.
fn file_type(extension: &str) -> String {
    match extension {
        "" => "UNKNOWN".into(),
        "txt" => "TEXT".into(),
        "jpeg" | "jpg" => "JPG".into(),
        "doc" => "WORD".into(),
        "docx" => "WORD_X".into(),
        "xls" => "EXCEL".into(),
        "xlsx" => "EXCEL_X".into(),
        "ppt" => "POWER_POINT".into(),
        "pptx" => "POWER_POINT_X".into(),
        "htm" => "HTML".into(),
        "csv" | "pdf" | "png" | "gif" | "zip" | "xml" | "html" | "mp4" | "svg" | "rtf" => {
            extension.to_ascii_uppercase()
        }
        _ => "UNKNOWN".into(),
    }
}

/// Title, extension and type of a version, told by its path; the number of a first version.
///
/// # Errors
/// A new version lacks its bytes or its path.
pub(super) fn describe_version(record: &mut Record, before: Option<&Record>) -> Result<(), ApiError> {
    if before.is_some() {
        return Ok(());
    }
    let Some(path) = record.text("PathOnClient").map(str::to_owned) else { return Err(required("PathOnClient")) };
    if record.text("VersionData").is_none() {
        return Err(required("VersionData"));
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""));
    let extension = extension.to_ascii_lowercase();
    if record.text("Title").is_none() {
        record.set("Title", stem);
    }
    record.set("FileType", file_type(&extension));
    record.set("FileExtension", if extension.is_empty() { Value::Null } else { extension.into() });
    record.set("IsLatest", true);
    record.set("VersionNumber", "1");
    Ok(())
}

/// Gives a new version its document: the one it names, of which it becomes the latest version, or one made for it and linked to its
/// owner and to the record it was published to.
pub(super) fn publish(transaction: &mut Transaction<'_>, version: &Record) -> Result<(), ApiError> {
    let mut version = version.clone();
    let named = version.text("ContentDocumentId").map(str::to_owned);
    let document = match &named {
        Some(document) => {
            let mut number = 0_u64;
            let earlier: Vec<Record> = transaction
                .database()
                .referring("ContentVersion", "ContentDocumentId", document)
                .into_iter()
                .filter(|earlier| earlier.id() != version.id())
                .cloned()
                .collect();
            for mut earlier in earlier {
                number = number.max(earlier.text("VersionNumber").and_then(|number| number.parse().ok()).unwrap_or(0));
                if earlier.get("IsLatest") == &Value::Bool(true) {
                    earlier.set("IsLatest", false);
                    transaction.put("ContentVersion", earlier);
                }
            }
            version.set("VersionNumber", (number + 1).to_string());
            document.clone()
        }
        None => {
            let body = map(&json!({ "Title": version.get("Title"), "OwnerId": version.get("OwnerId") }));
            transaction.insert("ContentDocument", &body, Authority::System)?
        }
    };
    version.set("ContentDocumentId", document.as_str());
    if let Some(mut latest) = transaction.database().get(&document).cloned() {
        for field in [
            "Title",
            "FileType",
            "FileExtension",
            "ContentSize",
            "LastModifiedDate",
            "LastModifiedById",
            "SystemModstamp",
        ] {
            latest.set(field, version.get(field).clone());
        }
        latest.set("LatestPublishedVersionId", version.id());
        transaction.put("ContentDocument", latest);
    }
    let (owner, place) = (version.get("OwnerId").clone(), version.get("FirstPublishLocationId").clone());
    transaction.put("ContentVersion", version);
    if named.is_some() {
        return Ok(());
    }
    link(transaction, &document, &owner)?;
    if place.is_null() || place == owner { Ok(()) } else { link(transaction, &document, &place) }
}

fn link(transaction: &mut Transaction<'_>, document: &str, entity: &Value) -> Result<(), ApiError> {
    let body = map(&json!({
        "ContentDocumentId": document, "LinkedEntityId": entity, "ShareType": "I", "Visibility": "AllUsers",
    }));
    transaction.insert("ContentDocumentLink", &body, Authority::System).map(drop)
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// A document is linked to a record once.
///
/// # Errors
/// It is already.
pub(super) fn check_link(transaction: &super::Database, record: &Record) -> Result<(), ApiError> {
    let (Some(document), entity) = (record.text("ContentDocumentId"), record.get("LinkedEntityId")) else {
        return Ok(());
    };
    let linked = transaction
        .referring("ContentDocumentLink", "ContentDocumentId", document)
        .into_iter()
        .any(|other| !other.is_deleted() && other.id() != record.id() && other.get("LinkedEntityId") == entity);
    if linked {
        return Err(ApiError::bad(
            "DUPLICATE_VALUE",
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
        ));
    }
    Ok(())
}
