//! Deploys SFDX source-format metadata (`objects/X/X.object-meta.xml`, `objects/X/fields/Y__c.field-meta.xml`) into a schema.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use super::{
    ManagedEventSubscription,
    deployed::{CustomMetadata, Deployed, PermissionSet, RecordType},
    field::{Field, FieldKind, OnDelete, PicklistValue},
    object::{Object, ObjectKind, audit_fields},
};

/// Why a folder of metadata can't be deployed; each names the file to mend.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("{}: can't be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: is not valid metadata: {source}", path.display())]
    Parse { path: PathBuf, source: Box<quick_xml::DeError> },
    #[error("{}: {reason}", path.display())]
    Invalid { path: PathBuf, reason: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomObject {
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomField {
    full_name: String,
    label: Option<String>,
    r#type: Option<String>,
    length: Option<u32>,
    precision: Option<u32>,
    scale: Option<u32>,
    required: Option<bool>,
    unique: Option<bool>,
    external_id: Option<bool>,
    case_sensitive: Option<bool>,
    default_value: Option<String>,
    formula: Option<String>,
    inline_help_text: Option<String>,
    display_format: Option<String>,
    starting_number: Option<u64>,
    #[serde(default)]
    reference_to: Vec<String>,
    relationship_name: Option<String>,
    delete_constraint: Option<String>,
    reparentable_master_detail: Option<bool>,
    value_set: Option<ValueSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueSet {
    restricted: Option<bool>,
    value_set_definition: Option<ValueSetDefinition>,
    value_set_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueSetDefinition {
    #[serde(default)]
    value: Vec<CustomValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomValue {
    full_name: String,
    default: Option<bool>,
    label: Option<String>,
    is_active: Option<bool>,
}

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

const RECORD_TYPE_SUFFIX: &str = ".recordType-meta.xml";
const CUSTOM_METADATA_SUFFIX: &str = ".md-meta.xml";
const PERMISSION_SET_SUFFIX: &str = ".permissionset-meta.xml";
const MANAGED_SUBSCRIPTION_SUFFIX: &str = ".managedEventSubscription-meta.xml";
const OBJECT_SUFFIX: &str = ".object-meta.xml";
const FIELD_SUFFIX: &str = ".field-meta.xml";

/// Adds every object and then every field found beneath `folder`, in path order, so that the outcome never depends on the file system.
pub(super) fn deploy(folder: &Path, objects: &mut Vec<Object>) -> Result<Deployed, MetadataError> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();

    for path in files.iter().filter(|path| file_name(path).ends_with(OBJECT_SUFFIX)) {
        let name = file_name(path).trim_end_matches(OBJECT_SUFFIX);
        // Settings of a standard object (`Case.object-meta.xml`) change nothing that is modelled here.
        if !objects.iter().any(|object| object.name.eq_ignore_ascii_case(name)) {
            objects.push(object(path, name, &parse(path)?)?);
        }
    }

    let mut references = Vec::new();
    for path in files.iter().filter(|path| file_name(path).ends_with(FIELD_SUFFIX)) {
        let invalid = |reason: String| MetadataError::Invalid { path: path.clone(), reason };
        let owner = path.parent().and_then(Path::parent).map(file_name).unwrap_or_default();
        let Some(object) = objects.iter_mut().find(|object| object.name.eq_ignore_ascii_case(owner)) else {
            return Err(invalid(format!("there is no object {owner}; add {owner}/{owner}{OBJECT_SUFFIX}")));
        };
        let metadata: CustomField = parse(path)?;
        // A standard field's file (`Status.field-meta.xml`) carries labels and help only.
        if !metadata.full_name.ends_with("__c") {
            continue;
        }
        let field = field(&metadata).map_err(invalid)?;
        references.extend(field.reference_to.iter().map(|target| (path.clone(), target.clone())));
        if field.on_delete == OnDelete::Cascade && !field.nillable {
            object.remove("OwnerId");
        }
        object.add(field);
    }

    for (path, target) in references {
        if !objects.iter().any(|object| object.name == target) {
            return Err(MetadataError::Invalid {
                path,
                reason: format!("referenceTo names {target}, which is not an object"),
            });
        }
    }
    Ok(Deployed {
        record_types: record_types(&files, objects)?,
        custom_metadata: custom_metadata(&files, objects)?,
        permission_sets: permission_sets(&files, objects)?,
        managed_subscriptions: managed_subscriptions(&files)?,
    })
}

/// An object gets the field that tells a record's type with its first type.
fn record_types(files: &[PathBuf], objects: &mut [Object]) -> Result<Vec<RecordType>, MetadataError> {
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
fn custom_metadata(files: &[PathBuf], objects: &[Object]) -> Result<Vec<CustomMetadata>, MetadataError> {
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
fn permission_sets(files: &[PathBuf], objects: &[Object]) -> Result<Vec<PermissionSet>, MetadataError> {
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
fn managed_subscriptions(files: &[PathBuf]) -> Result<Vec<ManagedEventSubscription>, MetadataError> {
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

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), MetadataError> {
    let read = |source| MetadataError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = entry.path();
        if entry.file_type().map_err(read)?.is_dir() {
            // Installed packages of the project's own tooling.
            if file_name(&path) != "node_modules" {
                collect(&path, files)?;
            }
        } else if file_name(&path).ends_with("-meta.xml") {
            files.push(path);
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, MetadataError> {
    let text = fs::read_to_string(path).map_err(|source| MetadataError::Read { path: path.to_owned(), source })?;
    quick_xml::de::from_str(&text)
        .map_err(|source| MetadataError::Parse { path: path.to_owned(), source: Box::new(source) })
}

fn object(path: &Path, name: &str, metadata: &CustomObject) -> Result<Object, MetadataError> {
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

/// # Errors
/// In words for whoever wrote the file.
fn field(metadata: &CustomField) -> Result<Field, String> {
    let name = metadata.full_name.as_str();
    let kind_name = metadata.r#type.as_deref().ok_or("type is missing")?;
    let kind = kind(kind_name, metadata)?;
    let label = metadata.label.as_deref().ok_or("label is missing")?;
    let mut field = Field::new(name, label, kind);
    field.custom = true;
    field.inline_help.clone_from(&metadata.inline_help_text);
    field.unique = metadata.unique.unwrap_or(false);
    field.external_id = metadata.external_id.unwrap_or(false);
    field.case_sensitive = metadata.case_sensitive.unwrap_or(false);
    if metadata.required.unwrap_or(false) {
        field.nillable = false;
    }
    match kind {
        FieldKind::String | FieldKind::LongTextArea | FieldKind::RichTextArea => {
            field.length = Some(metadata.length.ok_or("length is missing")?);
        }
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent => {
            field.precision = metadata.precision.ok_or("precision is missing")?;
            field.scale = metadata.scale.ok_or("scale is missing")?;
        }
        FieldKind::AutoNumber => {
            field = Field {
                custom: true,
                unique: field.unique,
                external_id: field.external_id,
                auto_number_start: metadata.starting_number.unwrap_or(1),
                ..Field::auto_number(name, label, metadata.display_format.as_deref().unwrap_or("{0}"))
            };
        }
        FieldKind::Picklist | FieldKind::MultiPicklist => {
            let set = metadata.value_set.as_ref().ok_or("valueSet is missing")?;
            if let Some(global) = &set.value_set_name {
                return Err(format!("valueSetName {global}: the sandbox reads values from valueSetDefinition only"));
            }
            field.restricted = set.restricted.unwrap_or(false);
            field.picklist = picklist(set);
            if let Some(default) = field.picklist.iter().find(|value| value.default) {
                field.default = Some(Value::String(default.value.clone()));
                field.defaulted_on_create = true;
            }
        }
        FieldKind::Reference => reference(metadata, kind_name, &mut field)?,
        _ => {}
    }
    if metadata.formula.is_some() {
        field = Field { calculated: true, nillable: true, ..field.read_only() };
    } else if let Some(text) = &metadata.default_value {
        field.default = Some(default_value(kind, text)?);
        field.defaulted_on_create = true;
    }
    Ok(field)
}

fn kind(name: &str, metadata: &CustomField) -> Result<FieldKind, String> {
    Ok(match name {
        "Text" => FieldKind::String,
        "TextArea" => FieldKind::TextArea,
        "LongTextArea" => FieldKind::LongTextArea,
        "Html" => FieldKind::RichTextArea,
        "Lookup" | "MasterDetail" => FieldKind::Reference,
        "Picklist" => FieldKind::Picklist,
        "MultiselectPicklist" => FieldKind::MultiPicklist,
        "Checkbox" => FieldKind::Boolean,
        "Number" | "Summary" => FieldKind::Double,
        "Currency" => FieldKind::Currency,
        "Percent" => FieldKind::Percent,
        "Date" => FieldKind::Date,
        "DateTime" => FieldKind::DateTime,
        "Email" => FieldKind::Email,
        "Phone" => FieldKind::Phone,
        "Url" => FieldKind::Url,
        "AutoNumber" => FieldKind::AutoNumber,
        other => return Err(format!("{}: the sandbox has no field type {other}", metadata.full_name)),
    })
}

fn reference(metadata: &CustomField, kind_name: &str, field: &mut Field) -> Result<(), String> {
    if metadata.reference_to.is_empty() {
        return Err("referenceTo is missing".to_owned());
    }
    field.reference_to.clone_from(&metadata.reference_to);
    field.relationship_name = metadata.full_name.strip_suffix("__c").map(|stem| format!("{stem}__r"));
    field.child_relationship_name = metadata.relationship_name.as_ref().map(|name| format!("{name}__r"));
    if kind_name == "MasterDetail" {
        field.nillable = false;
        field.on_delete = OnDelete::Cascade;
        field.updateable = metadata.reparentable_master_detail.unwrap_or(false);
        return Ok(());
    }
    field.on_delete = match metadata.delete_constraint.as_deref() {
        None | Some("SetNull") => OnDelete::SetNull,
        Some("Restrict") => OnDelete::Restrict,
        Some("Cascade") => OnDelete::Cascade,
        Some(other) => return Err(format!("deleteConstraint {other} is none of SetNull, Restrict, Cascade")),
    };
    Ok(())
}

fn picklist(set: &ValueSet) -> Vec<PicklistValue> {
    set.value_set_definition
        .iter()
        .flat_map(|definition| &definition.value)
        .map(|value| PicklistValue {
            value: value.full_name.clone(),
            label: value.label.clone().unwrap_or_else(|| value.full_name.clone()),
            active: value.is_active.unwrap_or(true),
            default: value.default.unwrap_or(false),
        })
        .collect()
}

/// Literals only; a formula such as `TODAY()` would need Salesforce's formula language.
fn default_value(kind: FieldKind, text: &str) -> Result<Value, String> {
    let text = text.trim();
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let value = match kind {
        FieldKind::Boolean => text.parse().ok().map(Value::Bool),
        kind if kind.is_number() => text.parse::<f64>().ok().map(Value::from),
        kind if kind.is_text() => quoted('"').or_else(|| quoted('\'')).map(Value::from),
        _ => None,
    };
    value.ok_or_else(|| format!("defaultValue {text}: the sandbox takes a literal only"))
}
