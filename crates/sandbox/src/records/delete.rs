//! Deleting: into the bin, with what belongs to the record.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Record, Transaction, behaviour, recycle_bin::EMPTIED};
use crate::{
    error::ApiError,
    schema::{Object, OnDelete},
};

impl Transaction<'_> {
    /// Marks a record, and what belongs to it, as deleted.
    ///
    /// # Errors
    /// No such record, deleted before, or something that refers to it forbids it; nothing was changed then.
    pub(crate) fn delete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        let schema = Arc::clone(&self.schema);
        let object = schema.object(object).ok_or_else(ApiError::not_found)?;
        self.live(object, id)?;
        self.take_lock(id)?;
        if !object.deletable {
            return Err(ApiError::bad(
                "INVALID_TYPE_FOR_OPERATION",
                format!("entity type cannot be deleted: {}", object.label),
            ));
        }
        behaviour::before_delete(self.database, object, self.live(object, id)?)?;
        let savepoint = self.savepoint();
        let result = self.delete_with_children(object, id);
        match self.database.get_of(&object.name, id).cloned() {
            Some(record) if result.is_ok() => behaviour::after_change(self, object, &record),
            _ => self.roll_back_to(savepoint),
        }
        result
    }

    fn delete_with_children(&mut self, object: &Object, id: &str) -> Result<(), ApiError> {
        let schema = Arc::clone(&self.schema);
        let mut deleted = self.live(object, id)?.clone();
        deleted.set("IsDeleted", true);
        deleted.set("SystemModstamp", self.stamp.now.as_str());
        self.put(&object.name, deleted.clone());
        let mut emptied = Vec::new();
        for child in &object.children {
            let Some(child_object) = schema.object(&child.child_object) else { continue };
            let referring: Vec<Record> = self
                .database
                .referring(&child_object.name, &child.field, id)
                .into_iter()
                .filter(|record| !record.is_deleted())
                .cloned()
                .collect();
            for mut record in referring {
                match child.on_delete {
                    // Already gone when two relations lead to it.
                    OnDelete::Cascade if self.live(child_object, record.id()).is_err() => {}
                    OnDelete::Cascade => self.delete_with_children(child_object, record.id())?,
                    OnDelete::Restrict => {
                        return Err(self.held_by(object, id, child_object, &child.field));
                    }
                    OnDelete::SetNull => {
                        emptied.push(json!([child_object.name, record.id(), child.field]));
                        record.set(&child.field, Value::Null);
                        self.put(&child_object.name, record);
                    }
                }
            }
        }
        if !emptied.is_empty() {
            deleted.set(EMPTIED, emptied);
            self.put(&object.name, deleted);
        }
        Ok(())
    }

    /// Names whose reference keeps a record from being deleted.
    fn held_by(&self, object: &Object, id: &str, child: &Object, field: &str) -> ApiError {
        let named = |object: &Object, record: &Record| {
            let name = object.name_field().and_then(|field| record.text(&field.name)).unwrap_or(record.id());
            record.text("Salutation").map_or_else(|| name.to_owned(), |salutation| format!("{salutation} {name}"))
        };
        let name = self.database.get_of(&object.name, id).map(|record| named(object, record)).unwrap_or_default();
        let holders = self.database.referring(&child.name, field, id);
        let holders: Vec<String> =
            holders.into_iter().filter(|holder| !holder.is_deleted()).map(|holder| named(child, holder)).collect();
        let (kind, holders) = (child.label_plural.to_lowercase(), holders.join(", "));
        // So Salesforce ends it, to the letter.
        let message = format!(
            "Your attempt to delete {name} could not be completed because it is associated with the following {kind}.: {holders}\n"
        );
        ApiError::bad("DELETE_FAILED", message)
    }
}
