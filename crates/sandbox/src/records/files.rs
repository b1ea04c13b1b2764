//! Files: bytes are kept apart from the record that has them, and a version of a document brings the document and its links along.

use std::collections::BTreeSet;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Authority, Database, Record, Transaction};
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

    /// What came in and is still a record's, and keys of what no record has any more.
    pub(crate) fn settle_bytes(&mut self) -> (Vec<Blob>, Vec<String>) {
        let mut kept = std::mem::take(&mut self.blobs);
        kept.retain(|blob| self.database.has_bytes(&blob.key));
        let let_go = self.touched().into_iter().flat_map(|touched| self.keys_of(touched.object, touched.before));
        let let_go: BTreeSet<String> = let_go.filter(|key| !self.database.has_bytes(key)).collect();
        (kept, let_go.into_iter().collect())
    }

    fn keys_of(&self, object: &str, record: Option<&Record>) -> Vec<String> {
        let fields = self.schema.object(object).into_iter().flat_map(Object::fields);
        let keys = fields.filter(|field| field.kind == FieldKind::Base64);
        keys.filter_map(|field| record?.text(&field.name).map(str::to_owned)).collect()
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
    for (modified, created) in [("ContentModifiedDate", "CreatedDate"), ("ContentModifiedById", "CreatedById")] {
        let value = record.get(created).clone();
        record.set(modified, value);
    }
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
            "ContentModifiedDate",
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
    // The owner has what owning gives; a record's readers may read.
    let is_user = entity.as_str().is_some_and(|id| transaction.database().get_of("User", id).is_some());
    let body = map(&json!({
        "ContentDocumentId": document, "LinkedEntityId": entity, "ShareType": if is_user { "I" } else { "V" },
        "Visibility": "AllUsers",
    }));
    transaction.insert("ContentDocumentLink", &body, Authority::System).map(drop)
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// A document and its latest version have one title.
pub(super) fn name_alike(transaction: &mut Transaction<'_>, changed: &Record, before: &Record) {
    let title = changed.get("Title").clone();
    if before.get("Title") == &title {
        return;
    }
    let (object, other) = match changed.text("LatestPublishedVersionId") {
        Some(version) => ("ContentVersion", Some(version)),
        None if changed.get("IsLatest") == &Value::Bool(true) => ("ContentDocument", changed.text("ContentDocumentId")),
        None => return,
    };
    if let Some(mut other) = other.and_then(|id| transaction.database().get_of(object, id)).cloned() {
        other.set("Title", title);
        for field in ["LastModifiedDate", "LastModifiedById", "SystemModstamp"] {
            other.set(field, changed.get(field).clone());
        }
        transaction.put(object, other);
    }
}

/// A document is linked to a record once. `SharedUsers` is for links to people, whose visibility stays what it was made with.
///
/// # Errors
/// It is linked already, or its visibility isn't one it can have.
pub(super) fn check_link(database: &Database, record: &Record, before: Option<&Record>) -> Result<(), ApiError> {
    let (Some(document), entity) = (record.text("ContentDocumentId"), record.get("LinkedEntityId")) else {
        return Ok(());
    };
    let linked = database
        .referring("ContentDocumentLink", "ContentDocumentId", document)
        .into_iter()
        .any(|other| !other.is_deleted() && other.id() != record.id() && other.get("LinkedEntityId") == entity);
    if linked {
        return Err(ApiError::bad(
            "DUPLICATE_VALUE",
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
        ));
    }
    let is_user = entity.as_str().is_some_and(|id| database.get_of("User", id).is_some());
    let integrity = |field: &str| Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", INTEGRITY).about(field));
    let changed = |field: &str| before.is_some_and(|before| before.get(field) != record.get(field));
    if changed("ShareType") && owns(database, document, entity) {
        return integrity("ShareType");
    }
    let for_sharers = record.text("Visibility") == Some("SharedUsers");
    if (is_user && changed("Visibility")) || (!is_user && for_sharers) {
        return integrity("Visibility");
    }
    Ok(())
}

const INTEGRITY: &str = "field integrity exception";

fn owns(database: &Database, document: &str, entity: &Value) -> bool {
    database.get(document).is_some_and(|document| document.get("OwnerId") == entity)
}

/// The owner's own link stays as long as the document.
///
/// # Errors
/// It is that link.
pub(super) fn check_unlink(database: &Database, link: &Record) -> Result<(), ApiError> {
    match link.text("ContentDocumentId") {
        Some(document) if owns(database, document, link.get("LinkedEntityId")) => {
            Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", INTEGRITY))
        }
        _ => Ok(()),
    }
}

/// Who comes to own a document has a link to it.
pub(super) fn link_owner(transaction: &mut Transaction<'_>, document: &Record) -> Result<(), ApiError> {
    let owner = document.get("OwnerId");
    let links = transaction.database().referring("ContentDocumentLink", "ContentDocumentId", document.id());
    let own = links.into_iter().find(|link| !link.is_deleted() && link.get("LinkedEntityId") == owner).cloned();
    let Some(mut own) = own else { return link(transaction, document.id(), owner) };
    if own.text("ShareType") != Some("I") {
        own.set("ShareType", "I");
        transaction.put("ContentDocumentLink", own);
    }
    Ok(())
}
