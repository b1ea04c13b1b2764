//! What a body says, checked: names, permissions, values, what they refer to, and who has a unique value already.

use serde_json::{Map, Value};

use super::{Authority, Record, Transaction, coerce::coerce, database::folded, transaction::Purpose};
use crate::{
    error::ApiError,
    schema::{Field, FieldKind, Object},
};

/// What "Set Audit Fields upon Record Creation" opens.
pub(crate) fn is_audit_field(name: &str) -> bool {
    matches!(name, "CreatedDate" | "CreatedById" | "LastModifiedDate" | "LastModifiedById")
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
            let (field, value) = match (object.field(name), object.relationship(name)) {
                (Some(field), _) => (field, coerce(field, value)?),
                (None, Some(field)) => (field, self.referred(field, name, value)?),
                (None, None) => return Err(ApiError::no_such_column(name, object)),
            };
            let allowed = match purpose {
                Purpose::Create => field.createable || (self.sets_audit_fields() && is_audit_field(&field.name)),
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
