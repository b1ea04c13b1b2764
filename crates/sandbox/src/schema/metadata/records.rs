//! Record types, records of custom metadata types, permission sets and managed event subscriptions.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{MetadataError, file_name, parse};
use crate::schema::{
    ManagedEventSubscription,
    deployed::{CustomMetadata, PermissionSet, RecordType},
    field::{Field, FieldKind},
    object::Object,
};

const RECORD_TYPE_SUFFIX: &str = ".recordType-meta.xml";
const CUSTOM_METADATA_SUFFIX: &str = ".md-meta.xml";
const PERMISSION_SET_SUFFIX: &str = ".permissionset-meta.xml";
const MANAGED_SUBSCRIPTION_SUFFIX: &str = ".managedEventSubscription-meta.xml";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordTypeFile {
    full_name: String,
    label: String,
    active: Option<bool>,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomMetadataFile {
    label: String,
    #[serde(default)]
    values: Vec<CustomMetadataValue>,
}

#[derive(Deserialize)]
struct CustomMetadataValue {
    field: String,
    value: Option<CustomMetadataText>,
}

#[derive(Deserialize)]
struct CustomMetadataText {
    #[serde(rename = "$text")]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PermissionSetFile {
    label: String,
    description: Option<String>,
    #[serde(default)]
    object_permissions: Vec<ObjectPermission>,
    #[serde(default)]
    field_permissions: Vec<FieldPermission>,
}

#[derive(Deserialize)]
struct ObjectPermission {
    object: String,
}

#[derive(Deserialize)]
struct FieldPermission {
    field: String,
}

/// An object gets the field that tells a record's type with its first type.
pub(super) fn record_types(files: &[PathBuf], objects: &mut [Object]) -> Result<Vec<RecordType>, MetadataError> {
    let mut types = Vec::new();
    for path in files.iter().filter(|path| file_name(path).ends_with(RECORD_TYPE_SUFFIX)) {
        let owner = path.parent().and_then(Path::parent).map(file_name).unwrap_or_default();
        let Some(object) = objects.iter_mut().find(|object| object.name.eq_ignore_ascii_case(owner)) else {
            let reason = format!("there is no object {owner}");
            return Err(MetadataError::Invalid { path: path.clone(), reason });
        };
        if object.field("RecordTypeId").is_none() {
            object.add(Field::reference("RecordTypeId", "Record Type ID", "RecordType", &["RecordType"]));
        }
        let file: RecordTypeFile = parse(path)?;
        types.push(RecordType {
            object: object.name.clone(),
            developer_name: file.full_name,
            label: file.label,
            active: file.active.unwrap_or(true),
            description: file.description,
        });
    }
    Ok(types)
}

/// `customMetadata/Setting.First.md-meta.xml` is the record `First` of `Setting__mdt`.
pub(super) fn custom_metadata(files: &[PathBuf], objects: &[Object]) -> Result<Vec<CustomMetadata>, MetadataError> {
    let mut records = Vec::new();
    for path in files.iter().filter(|path| file_name(path).ends_with(CUSTOM_METADATA_SUFFIX)) {
        let invalid = |reason: String| MetadataError::Invalid { path: path.clone(), reason };
        let stem = file_name(path).trim_end_matches(CUSTOM_METADATA_SUFFIX);
        let (kind, name) = stem
            .split_once('.')
            .ok_or_else(|| invalid("the file's name must be TYPE.RECORD.md-meta.xml".to_owned()))?;
        let kind = format!("{}__mdt", kind.trim_end_matches("__mdt"));
        let object = objects.iter().find(|object| object.name.eq_ignore_ascii_case(&kind));
        let object = object.ok_or_else(|| invalid(format!("there is no custom metadata type {kind}")))?;
        let file: CustomMetadataFile = parse(path)?;
        let mut values = Vec::new();
        for CustomMetadataValue { field, value } in file.values {
            let field = object.field(&field).ok_or_else(|| invalid(format!("{kind} has no field {field}")))?;
            let Some(text) = value.and_then(|value| value.text) else { continue };
            let wrong = || invalid(format!("{text} is no value for {}", field.name));
            let value = match field.kind {
                FieldKind::Boolean => Value::Bool(text.parse().map_err(|_| wrong())?),
                kind if kind.is_number() => text.parse::<f64>().map(Value::from).map_err(|_| wrong())?,
                _ => Value::String(text),
            };
            values.push((field.name.clone(), value));
        }
        records.push(CustomMetadata {
            object: object.name.clone(),
            developer_name: name.to_owned(),
            label: file.label,
            values,
        });
    }
    Ok(records)
}

/// As a deployment does, checks that what a set permits exists.
pub(super) fn permission_sets(files: &[PathBuf], objects: &[Object]) -> Result<Vec<PermissionSet>, MetadataError> {
    let mut sets = Vec::new();
    let object = |name: &str| objects.iter().find(|object| object.name == name);
    for path in files.iter().filter(|path| file_name(path).ends_with(PERMISSION_SET_SUFFIX)) {
        let file: PermissionSetFile = parse(path)?;
        let lost_object = file.object_permissions.iter().map(|permission| &permission.object);
        let lost_object = lost_object.filter(|name| object(name).is_none());
        let lost_field = file.field_permissions.iter().map(|permission| &permission.field).filter(|name| {
            let field = name.split_once('.').and_then(|(owner, field)| object(owner)?.field(field));
            field.is_none()
        });
        if let Some(lost) = lost_object.chain(lost_field).next() {
            let reason = format!("it permits {lost}, which is not there");
            return Err(MetadataError::Invalid { path: path.clone(), reason });
        }
        sets.push(PermissionSet {
            name: file_name(path).trim_end_matches(PERMISSION_SET_SUFFIX).to_owned(),
            label: file.label,
            description: file.description,
        });
    }
    Ok(sets)
}

/// Whether their channels are there is for whoever knows channels to say.
pub(super) fn managed_subscriptions(files: &[PathBuf]) -> Result<Vec<ManagedEventSubscription>, MetadataError> {
    let mut subscriptions = Vec::new();
    for path in files.iter().filter(|path| file_name(path).ends_with(MANAGED_SUBSCRIPTION_SUFFIX)) {
        let file: ManagedEventSubscription = parse(path)?;
        let developer_name = file_name(path).trim_end_matches(MANAGED_SUBSCRIPTION_SUFFIX).to_owned();
        let subscription = ManagedEventSubscription { developer_name, ..file };
        let checked = subscription.check();
        checked.map_err(|reason| MetadataError::Invalid { path: path.clone(), reason })?;
        subscriptions.push(subscription);
    }
    Ok(subscriptions)
}
