//! Creating and changing records, each checked as Salesforce does before anything is stored.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Authority, Record, Transaction, Upserted, behaviour, check, coerce::coerce, transaction::Purpose};
use crate::{
    error::ApiError,
    schema::{Field, FieldKind, Object, ObjectKind},
};

impl Transaction<'_> {
    /// Creates a record and answers its id.
    ///
    /// # Errors
    /// Whatever Salesforce would refuse the record for; nothing was changed then.
    pub(crate) fn insert(
        &mut self,
        object: &str,
        body: &Map<String, Value>,
        authority: Authority,
    ) -> Result<String, ApiError> {
        let schema = Arc::clone(&self.schema);
        let object = schema.object(object).ok_or_else(ApiError::not_found)?;
        if !object.createable && authority == Authority::User {
            let message = format!("entity type cannot be inserted: {}", object.label);
            return Err(ApiError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
        }
        if authority == Authority::User && body.keys().any(|key| key.eq_ignore_ascii_case("Id")) {
            return Err(
                ApiError::bad("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call").about("Id")
            );
        }
        let mut record = Record::default();
        let given = self.assignments(object, body, Purpose::Create, authority)?;
        let id = match given.iter().find(|(field, _)| field.kind == FieldKind::Id) {
            Some((_, Value::String(id))) => id.clone(),
            _ => self.database.next_id(object).ok_or_else(ApiError::not_found)?,
        };
        record.set("Id", id.as_str());
        self.take_lock(&id)?;
        for (field, value) in given {
            record.set(&field.name, value);
        }
        self.fill_defaults(object, &mut record);
        self.stamp_record(object, &mut record, Purpose::Create);
        if authority == Authority::User {
            check::required(object, &record)?;
            check::order_of_times(&record)?;
        }
        self.take_in_bytes(object, &mut record, None)?;
        behaviour::before_save(self.database, object, &mut record, None, &self.stamp.now)?;
        self.check_unique(object, &record)?;
        if object.kind == ObjectKind::PlatformEvent {
            self.publish(&object.name, &id, record)?;
            return Ok(id);
        }
        let savepoint = self.savepoint();
        let said = behaviour::take_comment(object, &mut record);
        self.put(&object.name, record.clone());
        let result = behaviour::say(self, &id, said).and_then(|()| behaviour::after_insert(self, object, &record));
        if let Err(error) = result {
            self.roll_back_to(savepoint);
            return Err(error);
        }
        Ok(id)
    }

    /// Changes the fields given.
    ///
    /// # Errors
    /// Whatever Salesforce would refuse the change for; nothing was changed then.
    pub(crate) fn update(
        &mut self,
        object: &str,
        id: &str,
        body: &Map<String, Value>,
        authority: Authority,
    ) -> Result<(), ApiError> {
        let schema = Arc::clone(&self.schema);
        let object = schema.object(object).ok_or_else(ApiError::not_found)?;
        let before = self.live(object, id)?.clone();
        self.take_lock(id)?;
        if !object.updateable && authority == Authority::User {
            let message = format!("entity type cannot be updated: {}", object.label);
            return Err(ApiError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
        }
        let mut record = before.clone();
        for (field, value) in self.assignments(object, body, Purpose::Update, authority)? {
            if value.is_null() && field.kind == FieldKind::Boolean {
                record.set(&field.name, false);
            } else if value.is_null() && !field.nillable {
                return Err(ApiError::bad(
                    "REQUIRED_FIELD_MISSING",
                    format!("Required fields are missing: [{}]", field.name),
                )
                .about(&field.name));
            } else {
                record.set(&field.name, value);
            }
        }
        self.stamp_record(object, &mut record, Purpose::Update);
        self.take_in_bytes(object, &mut record, Some(&before))?;
        behaviour::before_save(self.database, object, &mut record, Some(&before), &self.stamp.now)?;
        self.check_unique(object, &record)?;
        let savepoint = self.savepoint();
        let said = behaviour::take_comment(object, &mut record);
        self.put(&object.name, record.clone());
        let result =
            behaviour::say(self, id, said).and_then(|()| behaviour::after_update(self, object, &record, &before));
        if let Err(error) = result {
            self.roll_back_to(savepoint);
            return Err(error);
        }
        behaviour::after_change(self, object, &record);
        Ok(())
    }

    /// Creates the record whose external id has this value, or changes the one that has.
    ///
    /// # Errors
    /// More than one record has it (`DUPLICATE_EXTERNAL_ID`), or whatever the create or update is refused for.
    pub(crate) fn upsert(
        &mut self,
        object: &Object,
        field: &Field,
        key: &Value,
        body: &Map<String, Value>,
        update_only: bool,
    ) -> Result<Upserted, ApiError> {
        let matches = self.matches(object, field, key)?;
        match matches.as_slice() {
            [] if update_only => Err(ApiError::not_found()),
            [] => {
                let mut body = body.clone();
                body.insert(field.name.clone(), key.clone());
                self.insert(&object.name, &body, Authority::User).map(|id| Upserted { id, created: true })
            }
            [id] => {
                self.update(&object.name, id, body, Authority::User)?;
                Ok(Upserted { id: id.clone(), created: false })
            }
            several => Err(ApiError::bad(
                "DUPLICATE_EXTERNAL_ID",
                format!("{}: more than one record found for external id field: {several:?}", field.name),
            )),
        }
    }

    /// Ids of live records whose field has the value.
    pub(crate) fn matches(&self, object: &Object, field: &Field, key: &Value) -> Result<Vec<String>, ApiError> {
        let key = coerce(field, key)?;
        if key.is_null() {
            return Err(ApiError::bad("MISSING_ARGUMENT", format!("{} not specified", field.name)));
        }
        Ok(self.database.find(object, field, &key).into_iter().map(|record| record.id().to_owned()).collect())
    }
}
