//! The recycle bin: deleted records come back from it with what was deleted along with them, or go for good.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::Timestamp;
use serde_json::Value;

use super::{Record, Transaction, behaviour};
use crate::{
    clock::parse_datetime,
    error::ApiError,
    schema::{Object, OnDelete, Schema},
};

/// What is deleted can be had back for so long.
const KEPT: Duration = Duration::from_hours(15 * 24);

/// A deleted record keeps, where no field of an object is, whose lookups to it the deletion emptied: object, id and field of each.
pub(super) const EMPTIED: &str = "$emptied";

/// What is in the bin, by when it was deleted.
#[derive(Default)]
pub(super) struct Bin {
    deleted: BTreeSet<(Timestamp, String)>,
}

impl Bin {
    /// A record is about to be replaced.
    pub(super) fn note(&mut self, id: &str, before: Option<&Record>, after: Option<&Record>) {
        if let Some(at) = before.and_then(deleted_at) {
            self.deleted.remove(&(at, id.to_owned()));
        }
        if let Some(at) = after.and_then(deleted_at) {
            self.deleted.insert((at, id.to_owned()));
        }
    }

    /// Ids of what has been there for longer than it may be.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let until = now.saturating_sub(KEPT);
        self.deleted.iter().take_while(move |(at, _)| *at < until).map(|(_, id)| id.as_str())
    }
}

fn deleted_at(record: &Record) -> Option<Timestamp> {
    if record.is_deleted() { record.text("SystemModstamp").and_then(parse_datetime) } else { None }
}

/// What is gone for good and not yet from the data file.
#[derive(Debug, Default)]
pub(crate) struct Emptied {
    pub(crate) ids: Vec<String>,
    /// Of bytes that no record has any more.
    pub(crate) keys: Vec<String>,
}

impl Emptied {
    pub(crate) fn extend(&mut self, more: Self) {
        self.ids.extend(more.ids);
        self.keys.extend(more.keys);
    }
}

fn not_in_bin() -> ApiError {
    ApiError::bad("UNDELETE_FAILED", "entity is not in the recycle bin")
}

impl Transaction<'_> {
    /// Takes a record out of the bin, and what went into it by the same deletion. Lookups that the deletion emptied refer to it again.
    ///
    /// # Errors
    /// The record isn't in the bin, or the one it belongs to still is; nothing was changed then.
    pub(crate) fn undelete(&mut self, id: &str) -> Result<(), ApiError> {
        let schema = Arc::clone(&self.schema);
        let (object, record) = self.binned(id)?;
        let object = schema.object(&object).ok_or_else(ApiError::not_found)?;
        let parents = object.fields().filter(|field| field.on_delete == OnDelete::Cascade);
        let orphaned = parents
            .filter_map(|field| record.text(&field.name))
            .any(|parent| self.database.get(parent).is_none_or(Record::is_deleted));
        if orphaned {
            return Err(not_in_bin());
        }
        self.check_unique(object, &record)?;
        let deleted_at = record.get("SystemModstamp").clone();
        self.bring_back(object, record.clone(), &deleted_at);
        behaviour::after_change(self, object, &record);
        Ok(())
    }

    fn bring_back(&mut self, object: &Object, mut record: Record, deleted_at: &Value) {
        let now = self.now().to_owned();
        record.set("IsDeleted", false);
        record.set("SystemModstamp", now);
        let id = record.id().to_owned();
        let emptied = record.get(EMPTIED).clone();
        record.set(EMPTIED, Value::Null);
        self.put(&object.name, record);
        for lookup in emptied.as_array().into_iter().flatten() {
            self.refill(lookup, &id);
        }
        let schema = Arc::clone(&self.schema);
        for (child, record) in self.binned_children(&schema, object, &id) {
            if record.get("SystemModstamp") == deleted_at {
                self.bring_back(child, record, deleted_at);
            }
        }
    }

    /// Lets a lookup refer to the record again, unless it has got another value since.
    fn refill(&mut self, lookup: &Value, id: &str) {
        let name = |index: usize| lookup.get(index).and_then(Value::as_str);
        let (Some(object), Some(referring), Some(field)) = (name(0), name(1), name(2)) else { return };
        let empty = |record: &&Record| !record.is_deleted() && record.get(field).is_null();
        if let Some(mut record) = self.database.get_of(object, referring).filter(empty).cloned() {
            record.set(field, id);
            self.put(object, record);
        }
    }

    /// Removes a record from the bin, and what belongs to it, for good.
    ///
    /// # Errors
    /// The record isn't in the bin.
    pub(crate) fn empty_from_bin(&mut self, id: &str) -> Result<(), ApiError> {
        let schema = Arc::clone(&self.schema);
        let (object, record) = self.binned(id)?;
        let object = schema.object(&object).ok_or_else(ApiError::not_found)?;
        self.purge(object, record.id());
        Ok(())
    }

    /// Takes a deleted record away for good, with what hangs on it.
    pub(crate) fn purge(&mut self, object: &Object, id: &str) {
        self.remove(&object.name, id);
        let schema = Arc::clone(&self.schema);
        for (child, record) in self.binned_children(&schema, object, id) {
            self.purge(child, record.id());
        }
    }

    /// Deleted records whose life hangs on this one.
    fn binned_children<'s>(&self, schema: &'s Schema, object: &Object, id: &str) -> Vec<(&'s Object, Record)> {
        let cascading = object.children.iter().filter(|child| child.on_delete == OnDelete::Cascade);
        cascading
            .filter_map(|child| Some((schema.object(&child.child_object)?, &child.field)))
            .flat_map(|(child, field)| {
                let referring = self.database.referring(&child.name, field, id);
                referring.into_iter().filter(|record| record.is_deleted()).map(move |record| (child, record.clone()))
            })
            .collect()
    }

    fn binned(&self, id: &str) -> Result<(String, Record), ApiError> {
        let id = domain::SalesforceId::new(id).map_err(|_| ApiError::malformed_id(id))?;
        let object = self.schema.object_of_id(id.as_str()).ok_or_else(ApiError::cross_reference)?;
        let Some(record) = self.database.get_of(&object.name, id.as_str()) else {
            let was_there = self.database.has_handed_out(&object.name, id.as_str());
            return Err(if was_there { not_in_bin() } else { ApiError::cross_reference() });
        };
        if !record.is_deleted() {
            return Err(not_in_bin());
        }
        Ok((object.name.clone(), record.clone()))
    }
}
