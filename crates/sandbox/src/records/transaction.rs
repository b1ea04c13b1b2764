//! One transaction: checks each change as Salesforce does, applies it, and can take any part of it back.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value};

use super::{
    Database, Record, behaviour,
    coerce::coerce,
    files::{self, Blob},
};
use crate::{
    error::ApiError,
    schema::{DefaultMoment, Field, FieldKind, Object, ObjectKind, OnDelete, Schema},
};

/// Whose rules a write obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Field permissions apply.
    User,
    /// The org itself, which may set read-only fields (dates and makers of seeded records).
    System,
}

/// A record as a committed transaction left it; absent when the transaction's rollback removed it.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) record: Option<Record>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upserted {
    pub(crate) id: String,
    pub(crate) created: bool,
}

/// A record a transaction has touched, before its first change and after its last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched<'a> {
    pub(crate) object: &'a str,
    pub(crate) id: &'a str,
    pub(crate) before: Option<&'a Record>,
    pub(crate) after: Option<&'a Record>,
}

/// A platform event a transaction publishes when it commits.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// Canonical name of the event.
    pub(crate) object: String,
    /// The publisher's own key for it.
    pub(crate) id: Option<String>,
    pub(crate) fields: Record,
}

/// What a change replaced.
pub(crate) struct Undo {
    object: String,
    id: String,
    before: Option<Record>,
}

/// What every record of a transaction is stamped with, and how the transaction behaves.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// In Salesforce's form.
    pub(crate) now: String,
    pub(crate) user: String,
    /// New cases get a system feed item without a body.
    pub(crate) feed_tracking: bool,
    /// Creates may say who made a record and when.
    pub(crate) audit_fields: bool,
    /// The first write finds its row locked.
    pub(crate) lock_row: bool,
    /// Platform events that may still be published this hour.
    pub(crate) publishable: u64,
}

pub(crate) struct Transaction<'a> {
    pub(super) database: &'a mut Database,
    pub(super) schema: Arc<Schema>,
    stamp: Stamp,
    undo: Vec<Undo>,
    /// Each with the length of `undo` it came at, so that a rollback takes it back too.
    published: Vec<(usize, Published)>,
    /// See [`Self::settle_bytes`].
    pub(super) blobs: Vec<Blob>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Create,
    Update,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(database: &'a mut Database, stamp: Stamp) -> Self {
        let schema = Arc::clone(database.schema());
        Self { database, schema, stamp, undo: Vec::new(), published: Vec::new(), blobs: Vec::new() }
    }

    pub(crate) fn database(&self) -> &Database {
        self.database
    }

    pub(super) fn sets_audit_fields(&self) -> bool {
        self.stamp.audit_fields
    }

    pub(super) fn tracks_feeds(&self) -> bool {
        self.stamp.feed_tracking
    }

    /// A point to roll back to.
    pub(crate) fn savepoint(&self) -> usize {
        self.undo.len()
    }

    pub(crate) fn roll_back_to(&mut self, savepoint: usize) {
        self.published.retain(|(at, _)| *at <= savepoint);
        for undo in self.undo.split_off(savepoint.min(self.undo.len())).into_iter().rev() {
            self.database.replace(&undo.object, &undo.id, undo.before);
        }
    }

    /// Takes up a transaction again that ended, to roll it back.
    pub(crate) fn resume(database: &'a mut Database, stamp: Stamp, undo: Vec<Undo>) -> Self {
        Self { undo, ..Self::begin(database, stamp) }
    }

    pub(crate) fn into_undo(self) -> Vec<Undo> {
        self.undo
    }

    /// What a commit has to write down.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let ids: BTreeSet<&str> = self.undo.iter().map(|undo| undo.id.as_str()).collect();
        ids.into_iter().map(|id| Change { id: id.to_owned(), record: self.database.get(id).cloned() }).collect()
    }

    /// Records in the order they were first touched.
    pub(crate) fn touched(&self) -> Vec<Touched<'_>> {
        let mut seen = HashSet::new();
        let first = self.undo.iter().filter(|undo| seen.insert(undo.id.as_str()));
        first
            .map(|undo| Touched {
                object: &undo.object,
                id: &undo.id,
                before: undo.before.as_ref(),
                after: self.database.get_of(&undo.object, &undo.id),
            })
            .collect()
    }

    /// Platform events in the order they were published.
    pub(crate) fn published(&self) -> Vec<Published> {
        self.published.iter().map(|(_, event)| event.clone()).collect()
    }

    /// The newest platform event goes by its publisher's own key.
    pub(crate) fn name_published(&mut self, id: String) {
        if let Some((_, event)) = self.published.last_mut() {
            event.id = Some(id);
        }
    }

    /// Stores a record as it is, without any check.
    pub(super) fn put(&mut self, object: &str, record: Record) {
        let id = record.id().to_owned();
        let before = self.database.replace(object, &id, Some(record));
        self.undo.push(Undo { object: object.to_owned(), id, before });
    }

    /// Takes a record away for good, past the recycle bin, without a trace but in the journal.
    pub(super) fn remove(&mut self, object: &str, id: &str) {
        let before = self.database.replace(object, id, None);
        self.undo.push(Undo { object: object.to_owned(), id: id.to_owned(), before });
    }

    pub(super) fn now(&self) -> &str {
        &self.stamp.now
    }

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
            return Err(ApiError::bad(
                "INVALID_TYPE_FOR_OPERATION",
                format!("entity type cannot be inserted: {}", object.label),
            ));
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
        let missing: Vec<&str> = object
            .fields()
            .filter(|field| field.required_on_create() && record.get(&field.name).is_null())
            .map(|field| field.name.as_str())
            .collect();
        if !missing.is_empty() && authority == Authority::User {
            let mut error = ApiError::bad(
                "REQUIRED_FIELD_MISSING",
                format!("Required fields are missing: [{}]", missing.join(", ")),
            );
            error.fields = missing.into_iter().map(str::to_owned).collect();
            return Err(error);
        }
        self.take_in_bytes(object, &mut record, None)?;
        behaviour::before_save(self.database, object, &mut record, None, &self.stamp.now)?;
        self.check_unique(object, &record)?;
        if object.kind == ObjectKind::PlatformEvent {
            if u64::try_from(self.published.len()).unwrap_or(u64::MAX) >= self.stamp.publishable {
                let message = "The hourly limit of published platform events is exceeded; none was published";
                return Err(ApiError::bad("LIMIT_EXCEEDED", message));
            }
            // An entry that undoes nothing, for a rollback to pass.
            self.undo.push(Undo { object: object.name.clone(), id: id.clone(), before: None });
            self.published.push((self.undo.len(), Published { object: object.name.clone(), id: None, fields: record }));
            return Ok(id);
        }
        let savepoint = self.savepoint();
        self.put(&object.name, record.clone());
        if let Err(error) = behaviour::after_insert(self, object, &record) {
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
            return Err(ApiError::bad(
                "INVALID_TYPE_FOR_OPERATION",
                format!("entity type cannot be updated: {}", object.label),
            ));
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
        self.put(&object.name, record.clone());
        if object.name == "ContentDocument"
            && before.get("OwnerId") != record.get("OwnerId")
            && let Err(error) = files::link_owner(self, &record)
        {
            self.roll_back_to(savepoint);
            return Err(error);
        }
        behaviour::after_change(self, object, &record);
        Ok(())
    }

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
        let mut record = self.live(object, id)?.clone();
        record.set("IsDeleted", true);
        record.set("SystemModstamp", self.stamp.now.as_str());
        self.put(&object.name, record);
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
                        return Err(ApiError::bad(
                            "DELETE_FAILED",
                            format!(
                                "Your attempt to delete this record could not be completed because it is associated with the following {}: {}",
                                child_object.label_plural,
                                record.id()
                            ),
                        ));
                    }
                    OnDelete::SetNull => {
                        record.set(&child.field, Value::Null);
                        self.put(&child_object.name, record);
                    }
                }
            }
        }
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

    fn live(&self, object: &Object, id: &str) -> Result<&Record, ApiError> {
        let record = self.database.get_of(&object.name, id).ok_or_else(ApiError::not_found)?;
        if record.is_deleted() { Err(ApiError::deleted()) } else { Ok(record) }
    }

    fn take_lock(&mut self, id: &str) -> Result<(), ApiError> {
        if std::mem::take(&mut self.stamp.lock_row) { Err(ApiError::locked(id)) } else { Ok(()) }
    }

    fn fill_defaults(&mut self, object: &Object, record: &mut Record) {
        for field in object.fields() {
            if !record.get(&field.name).is_null() {
                continue;
            }
            if let Some(default) = &field.default {
                record.set(&field.name, default.clone());
            } else if let Some(moment) = field.default_moment {
                let now = self.stamp.now.as_str();
                let value = if moment == DefaultMoment::Today { now.get(..10).unwrap_or(now) } else { now };
                record.set(&field.name, value);
            } else if let (FieldKind::AutoNumber, Some(format)) = (field.kind, &field.auto_number_format) {
                let number = self.database.next_auto_number(object, field);
                record.set(&field.name, auto_number(format, number));
            }
        }
        // A custom object's record without a name is named by its id.
        if object.kind == ObjectKind::Custom && object.field("Name").is_some() && record.get("Name").is_null() {
            let id = record.id().to_owned();
            record.set("Name", id);
        }
    }

    fn stamp_record(&self, object: &Object, record: &mut Record, purpose: Purpose) {
        let mut fill = |field: &str, value: &str, keep: bool| {
            if object.field(field).is_some() && (!keep || record.get(field).is_null()) {
                record.set(field, value);
            }
        };
        let (now, user) = (self.stamp.now.as_str(), self.stamp.user.as_str());
        // On create, what the system authority has set stays.
        let keep = purpose == Purpose::Create;
        if keep {
            fill("CreatedDate", now, true);
            for field in ["CreatedById", "OwnerId", "InsertedById"] {
                fill(field, user, true);
            }
        }
        fill("LastModifiedDate", now, keep);
        fill("SystemModstamp", now, keep);
        fill("LastModifiedById", user, keep);
    }
}

/// `CASE-{00000}` and 12 give `CASE-00012`.
fn auto_number(format: &str, number: u64) -> String {
    let Some((before, rest)) = format.split_once('{') else { return format!("{format}{number}") };
    let (digits, after) = rest.split_once('}').unwrap_or((rest, ""));
    format!("{before}{number:0width$}{after}", width = digits.len())
}
