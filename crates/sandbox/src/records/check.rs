//! What a body says, checked: names, permissions, values, what they refer to, and who has a unique value already.

use domain::Timestamp;
use serde_json::{Map, Value};

use super::{
    Authority, Record, Transaction, behaviour::MASTER_TYPE, coerce::coerce, database::folded, transaction::Purpose,
};
use crate::{
    clock::parse_datetime,
    error::ApiError,
    schema::{Field, FieldKind, Object, ObjectKind},
};

/// What "Set Audit Fields upon Record Creation" opens.
pub(crate) fn is_audit_field(object: &Object, name: &str) -> bool {
    let is_made_with = matches!(name, "CreatedDate" | "CreatedById" | "LastModifiedDate" | "LastModifiedById");
    is_made_with && (object.kind == ObjectKind::Custom || AUDITABLE.contains(&object.name.as_str()))
}

/// Standard objects whose makers and times can be set.
const AUDITABLE: [&str; 12] = [
    "Account",
    "Attachment",
    "Case",
    "CaseComment",
    "Contact",
    "ContentVersion",
    "EmailMessage",
    "Event",
    "FeedComment",
    "FeedItem",
    "Opportunity",
    "Task",
];

/// # Errors
/// The record lacks what its object can't be without.
pub(super) fn required(object: &Object, record: &Record) -> Result<(), ApiError> {
    let missing: Vec<&str> = object
        .fields()
        .filter(|field| field.required_on_create() && record.get(&field.name).is_null())
        .map(|field| field.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    let mut error = ApiError::bad("REQUIRED_FIELD_MISSING", message);
    error.fields = missing.into_iter().map(str::to_owned).collect();
    Err(error)
}

/// # Errors
/// It was changed before it was made.
pub(super) fn order_of_times(record: &Record) -> Result<(), ApiError> {
    let time = |field: &str| record.text(field).and_then(parse_datetime);
    let (Some(created), Some(modified)) = (time("CreatedDate"), time("LastModifiedDate")) else { return Ok(()) };
    if modified >= created {
        return Ok(());
    }
    let shown = |moment: Timestamp| moment.to_jiff().strftime("%a %b %d %H:%M:%S GMT %Y").to_string();
    let message = format!("Last Modified Date ({}) before Create Date ({})", shown(modified), shown(created));
    Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", message).about("LastModifiedDate"))
}

impl Transaction<'_> {
    /// Resolves the names of a body, and checks and converts each value.
    pub(super) fn assignments<'o>(
        &self,
        object: &'o Object,
        body: &Map<String, Value>,
        purpose: Purpose,
        authority: Authority,
    ) -> Result<Vec<(&'o Field, Value)>, ApiError> {
        let mut assignments = Vec::with_capacity(body.len());
        let mut forbidden = Vec::new();
        for (name, value) in body {
            if name == "attributes" {
                continue;
            }
            if let (None, Some(field)) = (object.field(name), object.relationship(name))
                && body.keys().any(|key| key.eq_ignore_ascii_case(&field.name))
            {
                let message =
                    format!("Cannot specify both an external ID reference {name} and a salesforce id, {}", field.name);
                return Err(ApiError::bad("INVALID_FIELD", message));
            }
            let (field, value) = match (object.field(name), object.relationship(name)) {
                (Some(field), _) => (field, coerce(field, value)?),
                (None, Some(field)) => (field, self.referred(field, name, value)?),
                (None, None) => return Err(ApiError::no_such_column(name, object)),
            };
            let allowed = match purpose {
                Purpose::Create => {
                    field.createable || (self.sets_audit_fields() && is_audit_field(object, &field.name))
                }
                Purpose::Update => field.updateable,
            };
            if !allowed && authority == Authority::User {
                forbidden.push(field.name.clone());
                continue;
            }
            if field.kind == FieldKind::Reference {
                self.check_reference(field, &value)?;
            }
            assignments.push((field, value));
        }
        if forbidden.is_empty() {
            return Ok(assignments);
        }
        let mut error = ApiError::bad(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            format!(
                "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
                forbidden.join(", ")
            ),
        );
        error.fields = forbidden;
        Err(error)
    }

    /// The id behind `{"Account__r": {"Portal_Key__c": "x"}}`.
    fn referred(&self, field: &Field, name: &str, value: &Value) -> Result<Value, ApiError> {
        let Value::Object(reference) = value else {
            return if value.is_null() {
                Ok(Value::Null)
            } else {
                Err(ApiError::json(format!("The value of {name} must be an object with one external id field")))
            };
        };
        let named = reference.get("attributes").and_then(|attributes| attributes.get("type")).and_then(Value::as_str);
        let mut keys = reference.iter().filter(|(key, _)| *key != "attributes");
        let (Some((key_name, key)), None) = (keys.next(), keys.next()) else {
            return Err(ApiError::bad(
                "INVALID_FIELD",
                format!("The relationship {name} must be given by exactly one external id field"),
            ));
        };
        let targets = field.reference_to.iter().map(String::as_str);
        let targets: Vec<&Object> = targets
            .filter(|target| named.is_none_or(|named| named.eq_ignore_ascii_case(target)))
            .filter_map(|target| self.schema.object(target))
            .filter(|target| target.field(key_name).is_some_and(Field::id_lookup))
            .collect();
        let Some(first) = targets.first() else {
            return Err(ApiError::bad(
                "INVALID_FIELD",
                format!("No such column '{key_name}' on sobject of type {}", field.reference_to.join(", ")),
            ));
        };
        let mut ids = Vec::new();
        for target in &targets {
            if let Some(key_field) = target.field(key_name) {
                ids.extend(self.matches(target, key_field, key)?);
            }
        }
        let shown = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        match ids.as_slice() {
            [id] => Ok(Value::String(id.clone())),
            [] => Err(ApiError::bad(
                "INVALID_FIELD",
                format!("Foreign key external ID: {shown} not found for field {key_name} in entity {}", first.name),
            )),
            _ => Err(ApiError::bad(
                "INVALID_FIELD",
                format!(
                    "More than one record found for external id field {key_name}: {shown} in entity {}",
                    first.name
                ),
            )),
        }
    }

    fn check_reference(&self, field: &Field, value: &Value) -> Result<(), ApiError> {
        let Some(id) = value.as_str() else { return Ok(()) };
        if field.name == "RecordTypeId" && id == MASTER_TYPE {
            return Ok(());
        }
        let target = self.schema.object_of_id(id);
        let fits = target.is_some_and(|target| field.reference_to.contains(&target.name));
        if !fits && !field.reference_to.is_empty() {
            return Err(ApiError::bad(
                "FIELD_INTEGRITY_EXCEPTION",
                format!("{}: id value of incorrect type: {id}", field.label),
            )
            .about(&field.name));
        }
        match self.database.get(id) {
            None => Err(ApiError::cross_reference().about(&field.name)),
            Some(record) if record.is_deleted() => Err(ApiError::bad("ENTITY_IS_DELETED", "entity is deleted")),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn check_unique(&self, object: &Object, record: &Record) -> Result<(), ApiError> {
        for field in object.fields().filter(|field| field.unique) {
            let value = record.get(&field.name);
            if folded(field, value).is_none() {
                continue;
            }
            let other = self.database.find(object, field, value).into_iter().find(|other| other.id() != record.id());
            if let Some(other) = other {
                let id = other.id().get(..15).unwrap_or_default();
                return Err(ApiError::bad(
                    "DUPLICATE_VALUE",
                    format!("duplicate value found: {} duplicates value on record with id: {id}", field.name),
                ));
            }
        }
        Ok(())
    }
}
