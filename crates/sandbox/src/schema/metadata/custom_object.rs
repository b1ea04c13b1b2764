//! One object's file: its label, how its records are named, and which fields it has from the start.

use std::path::Path;

use serde::Deserialize;

use super::MetadataError;
use crate::schema::{
    field::Field,
    object::{Object, ObjectKind, audit_fields},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomObject {
    label: Option<String>,
    plural_label: Option<String>,
    enable_feeds: Option<bool>,
    name_field: Option<NameField>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameField {
    label: Option<String>,
    r#type: String,
    display_format: Option<String>,
    starting_number: Option<u64>,
}

pub(super) fn object(path: &Path, name: &str, metadata: &CustomObject) -> Result<Object, MetadataError> {
    let invalid = |reason: String| MetadataError::Invalid { path: path.to_owned(), reason };
    let kind = match name.rsplit_once("__").map(|(_, suffix)| suffix) {
        Some("c") => ObjectKind::Custom,
        Some("e") => ObjectKind::PlatformEvent,
        Some("mdt") => ObjectKind::CustomMetadata,
        _ => {
            return Err(invalid(format!(
                "{name} is not a standard object the sandbox knows, and a custom one ends in __c"
            )));
        }
    };
    let label = metadata.label.clone().ok_or_else(|| invalid("label is missing".to_owned()))?;
    let plural = metadata.plural_label.clone().unwrap_or_else(|| label.clone());
    let mut object = Object::bare(name, &label, &plural, "", kind);
    match kind {
        ObjectKind::PlatformEvent => {
            let [created_date, created_by, ..] = audit_fields();
            let replay = Field::text("ReplayId", "Replay ID", 1_000).read_only();
            object = object.with(replay).with(created_date).with(created_by);
            object.updateable = false;
            object.deletable = false;
            object.queryable = false;
        }
        ObjectKind::CustomMetadata => {
            object = object
                .with(Field::text("DeveloperName", "Custom Metadata Record Name", 40).required())
                .with(Field::text("MasterLabel", "Label", 40).required().naming())
                .with(Field::text("Label", "Label", 40))
                .with(Field::picklist("Language", "Master Language", &["*en_US"]))
                .with(Field::text("NamespacePrefix", "Namespace Prefix", 15))
                .with(Field::text("QualifiedApiName", "Qualified API Name", 70).required())
                .with_all(audit_fields())
                .read_only();
        }
        ObjectKind::Standard | ObjectKind::Custom => {
            let name_field = metadata.name_field.as_ref().ok_or_else(|| invalid("nameField is missing".to_owned()))?;
            let label = name_field.label.clone().unwrap_or_else(|| format!("{label} Name"));
            let mut naming = match name_field.r#type.as_str() {
                "AutoNumber" => {
                    Field::auto_number("Name", &label, name_field.display_format.as_deref().unwrap_or("{0}"))
                }
                // Left out of a create, the record's id becomes its name.
                "Text" => Field::text("Name", &label, 80).defaulted(),
                other => return Err(invalid(format!("nameField has type {other}; it can be Text or AutoNumber"))),
            };
            naming.auto_number_start = name_field.starting_number.unwrap_or(1);
            object = object
                .owned()
                .with(Field::boolean("IsDeleted", "Deleted").read_only())
                .with(naming.naming())
                .with_all(audit_fields());
            object.feed_enabled = metadata.enable_feeds.unwrap_or(false);
        }
    }
    Ok(object)
}
