//! One field's file.

use serde::Deserialize;
use serde_json::Value;

use super::values::{self, GlobalValues, ValueSet};
use crate::schema::field::{DefaultMoment, Field, FieldKind, OnDelete};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomField {
    pub(super) full_name: String,
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

/// Of a formula's text.
const FORMULA_LENGTH: u32 = 1_300;

/// One field, or a place with the two numbers it is made of.
///
/// # Errors
/// In words for whoever wrote the file.
pub(super) fn fields(mut metadata: CustomField, values: &GlobalValues) -> Result<Vec<Field>, String> {
    let set = metadata.value_set.take();
    let field = field(&metadata, set, values)?;
    if field.kind != FieldKind::Location {
        return Ok(vec![field]);
    }
    let scale = metadata.scale.unwrap_or(0);
    let stem = field.name.trim_end_matches("__c");
    let part = |part: &str| Field {
        custom: true,
        nillable: field.nillable,
        ..Field::double(
            &format!("{stem}__{part}__s"),
            &format!("{} ({part})", field.label),
            FieldKind::Double,
            scale + 3,
            scale,
        )
        .part_of(&field.name)
    };
    let parts = ["Latitude", "Longitude"].map(part);
    Ok([field].into_iter().chain(parts).collect())
}

fn field(metadata: &CustomField, set: Option<ValueSet>, values: &GlobalValues) -> Result<Field, String> {
    let name = metadata.full_name.as_str();
    let kind_name = metadata.r#type.as_deref().ok_or("type is missing")?;
    let kind = kind(kind_name, metadata)?;
    let is_computed = metadata.formula.is_some() || kind_name == "Summary";
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
        FieldKind::String if is_computed => field.length = Some(FORMULA_LENGTH),
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent if is_computed => {
            field.precision = metadata.precision.unwrap_or(18);
            field.scale = metadata.scale.unwrap_or(2);
        }
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
            values::give(&mut field, set.ok_or("valueSet is missing")?, values)?;
        }
        FieldKind::Reference => reference(metadata, kind_name, &mut field)?,
        _ => {}
    }
    if is_computed {
        tracing::warn!(field = name, "schema.field_not_computed");
        return Ok(Field { calculated: true, nillable: true, ..field.read_only() });
    }
    if kind == FieldKind::Location {
        return Ok(field.read_only());
    }
    if let Some(text) = &metadata.default_value {
        match default_value(kind, text) {
            Some(DefaultValue::Literal(value)) => field.default = Some(value),
            Some(DefaultValue::Moment(moment)) => field.default_moment = Some(moment),
            None => tracing::warn!(field = name, formula = text, "schema.default_not_computed"),
        }
        field.defaulted_on_create = field.default.is_some() || field.default_moment.is_some();
    }
    Ok(field)
}

fn kind(name: &str, metadata: &CustomField) -> Result<FieldKind, String> {
    Ok(match name {
        "Text" | "EncryptedText" => FieldKind::String,
        "TextArea" => FieldKind::TextArea,
        "LongTextArea" => FieldKind::LongTextArea,
        "Html" => FieldKind::RichTextArea,
        "Lookup" | "MasterDetail" | "Hierarchy" => FieldKind::Reference,
        "Picklist" => FieldKind::Picklist,
        "MultiselectPicklist" => FieldKind::MultiPicklist,
        "Checkbox" => FieldKind::Boolean,
        "Number" | "Summary" => FieldKind::Double,
        "Currency" => FieldKind::Currency,
        "Percent" => FieldKind::Percent,
        "Date" => FieldKind::Date,
        "DateTime" => FieldKind::DateTime,
        "Time" => FieldKind::Time,
        "Location" => FieldKind::Location,
        "Email" => FieldKind::Email,
        "Phone" => FieldKind::Phone,
        "Url" => FieldKind::Url,
        "AutoNumber" => FieldKind::AutoNumber,
        other => return Err(format!("{}: the sandbox has no field type {other}", metadata.full_name)),
    })
}

fn reference(metadata: &CustomField, kind_name: &str, field: &mut Field) -> Result<(), String> {
    match (kind_name, metadata.reference_to.is_empty()) {
        // Users refer to users.
        ("Hierarchy", true) => field.reference_to = vec!["User".to_owned()],
        (_, true) => return Err("referenceTo is missing".to_owned()),
        (_, false) => field.reference_to.clone_from(&metadata.reference_to),
    }
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

enum DefaultValue {
    Literal(Value),
    Moment(DefaultMoment),
}

/// A literal, `TODAY()` or `NOW()`; anything else would need Salesforce's formula language.
fn default_value(kind: FieldKind, text: &str) -> Option<DefaultValue> {
    let text = text.trim();
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let bare: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let value = match kind {
        FieldKind::Boolean => Value::Bool(text.to_ascii_lowercase().parse().ok()?),
        FieldKind::Date if bare.eq_ignore_ascii_case("TODAY()") => {
            return Some(DefaultValue::Moment(DefaultMoment::Today));
        }
        FieldKind::DateTime if bare.eq_ignore_ascii_case("NOW()") => {
            return Some(DefaultValue::Moment(DefaultMoment::Now));
        }
        kind if kind.is_number() => Value::from(text.parse::<f64>().ok()?),
        kind if kind.is_text() => Value::from(quoted('"').or_else(|| quoted('\''))?),
        _ => return None,
    };
    Some(DefaultValue::Literal(value))
}
