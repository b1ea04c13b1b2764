//! Values of picklists: a field's own, those several fields share, and those of standard fields.

use std::{collections::HashMap, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{MetadataError, file_name, parse};
use crate::schema::{
    field::{Field, PicklistValue},
    object::Object,
};

const GLOBAL_SUFFIX: &str = ".globalValueSet-meta.xml";
const STANDARD_SUFFIX: &str = ".standardValueSet-meta.xml";

/// Standard sets by name, with the fields that take their values from them.
const STANDARD: &[(&str, &[(&str, &str)])] = &[
    ("AccountOwnership", &[("Account", "Ownership")]),
    ("AccountRating", &[("Account", "Rating")]),
    ("AccountType", &[("Account", "Type")]),
    ("CaseOrigin", &[("Case", "Origin")]),
    ("CasePriority", &[("Case", "Priority")]),
    ("CaseReason", &[("Case", "Reason")]),
    ("CaseStatus", &[("Case", "Status")]),
    ("CaseType", &[("Case", "Type")]),
    ("EventSubject", &[("Event", "Subject")]),
    ("Industry", &[("Account", "Industry")]),
    ("LeadSource", &[("Account", "AccountSource"), ("Contact", "LeadSource"), ("Opportunity", "LeadSource")]),
    ("OpportunityStage", &[("Opportunity", "StageName")]),
    ("OpportunityType", &[("Opportunity", "Type")]),
    ("Product2Family", &[("Product2", "Family")]),
    ("Salutation", &[("Contact", "Salutation")]),
    ("TaskPriority", &[("Task", "Priority")]),
    ("TaskStatus", &[("Task", "Status")]),
    ("TaskSubject", &[("Task", "Subject")]),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValueSet {
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
    closed: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GlobalValueSet {
    #[serde(default)]
    custom_value: Vec<CustomValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StandardValueSet {
    #[serde(default)]
    standard_value: Vec<CustomValue>,
}

/// Values that several fields share, by the name of their set.
pub(super) type GlobalValues = HashMap<String, Vec<PicklistValue>>;

pub(super) fn global(files: &[PathBuf]) -> Result<GlobalValues, MetadataError> {
    let mut sets = GlobalValues::new();
    for path in files.iter().filter(|path| file_name(path).ends_with(GLOBAL_SUFFIX)) {
        let set: GlobalValueSet = parse(path)?;
        let name = file_name(path).trim_end_matches(GLOBAL_SUFFIX);
        sets.insert(name.to_owned(), set.custom_value.into_iter().map(value).collect());
    }
    Ok(sets)
}

/// A set of a field that isn't here changes nothing, and a line of the log says so.
pub(super) fn standard(files: &[PathBuf], objects: &mut [Object]) -> Result<(), MetadataError> {
    for path in files.iter().filter(|path| file_name(path).ends_with(STANDARD_SUFFIX)) {
        let set: StandardValueSet = parse(path)?;
        let name = file_name(path).trim_end_matches(STANDARD_SUFFIX);
        let Some((_, fields)) = STANDARD.iter().find(|(known, _)| *known == name) else {
            tracing::warn!(file = %path.display(), "schema.standard_value_set_unused");
            continue;
        };
        let values: Vec<PicklistValue> = set.standard_value.into_iter().map(value).collect();
        for (object, field) in *fields {
            let object = objects.iter_mut().find(|candidate| candidate.name == *object);
            if let Some(field) = object.and_then(|object| object.field_mut(field)) {
                take(field, values.clone());
            }
        }
    }
    Ok(())
}

/// # Errors
/// There is no such set.
pub(super) fn give(field: &mut Field, set: ValueSet, global: &GlobalValues) -> Result<(), String> {
    let values = match &set.value_set_name {
        Some(name) => global.get(name).cloned().ok_or_else(|| {
            format!("valueSetName names {name}, and there is no globalValueSets/{name}{GLOBAL_SUFFIX}")
        })?,
        None => set.value_set_definition.into_iter().flat_map(|definition| definition.value).map(value).collect(),
    };
    // What several fields share can't be added to by a record.
    field.restricted = set.restricted.unwrap_or(set.value_set_name.is_some());
    take(field, values);
    Ok(())
}

fn take(field: &mut Field, values: Vec<PicklistValue>) {
    field.picklist = values;
    field.default = field.picklist.iter().find(|value| value.default).map(|value| Value::String(value.value.clone()));
    field.defaulted_on_create = field.default.is_some();
}

fn value(value: CustomValue) -> PicklistValue {
    PicklistValue {
        label: value.label.unwrap_or_else(|| value.full_name.clone()),
        value: value.full_name,
        active: value.is_active.unwrap_or(true),
        default: value.default.unwrap_or(false),
        closed: value.closed.unwrap_or(false),
    }
}
