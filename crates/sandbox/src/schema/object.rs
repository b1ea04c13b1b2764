//! An object of the org, and what is derived from all of them together: key prefixes, feeds, child relationships.

use indexmap::IndexMap;

use super::field::{Field, FieldKind, OnDelete};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Standard,
    /// `__c`
    Custom,
    /// `__e`: published, never stored.
    PlatformEvent,
    /// `__mdt`: read only.
    CustomMetadata,
}

/// A list a parent record can be asked for: `Case.CaseComments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildRelationship {
    pub child_object: String,
    /// The child's reference field.
    pub field: String,
    /// Absent where Salesforce gives the relation no name; it can't be queried then.
    pub relationship_name: Option<String>,
    pub on_delete: OnDelete,
}

#[derive(Clone, Debug)]
pub struct Object {
    /// Canonical API name.
    pub name: String,
    pub label: String,
    pub label_plural: String,
    /// Three characters; the first of every id of this object.
    pub key_prefix: String,
    pub kind: ObjectKind,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub queryable: bool,
    /// Feed items can be posted on its records.
    pub feed_enabled: bool,
    pub children: Vec<ChildRelationship>,
    /// Keyed by lower-case API name.
    fields: IndexMap<String, Field>,
}

impl Object {
    /// By API name, in any case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(&name.to_ascii_lowercase())
    }

    /// In describe order: the system's first, then the object's own, then what was deployed.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    /// The reference field behind a relationship name such as `Account` or `Course__r`, in any case.
    pub fn relationship(&self, name: &str) -> Option<&Field> {
        self.fields().find(|field| {
            field.relationship_name.as_deref().is_some_and(|relationship| relationship.eq_ignore_ascii_case(name))
        })
    }

    /// By child relationship name, in any case.
    pub fn child(&self, name: &str) -> Option<&ChildRelationship> {
        self.children.iter().find(|child| {
            child.relationship_name.as_deref().is_some_and(|relationship| relationship.eq_ignore_ascii_case(name))
        })
    }

    pub fn name_field(&self) -> Option<&Field> {
        self.fields().find(|field| field.name_field)
    }

    pub fn is_custom(&self) -> bool {
        self.kind != ObjectKind::Standard
    }

    /// With the fields every record has.
    pub(super) fn standard(name: &str, label: &str, label_plural: &str, key_prefix: &str) -> Self {
        let object = Self::bare(name, label, label_plural, key_prefix, ObjectKind::Standard);
        object.with_all([Field::boolean("IsDeleted", "Deleted").read_only()]).with_all(audit_fields())
    }

    /// With nothing but `Id`; for objects that lack the audit fields.
    pub(super) fn bare(name: &str, label: &str, label_plural: &str, key_prefix: &str, kind: ObjectKind) -> Self {
        let id = Field::new("Id", "Record ID", FieldKind::Id).required().read_only().defaulted();
        let object = Self {
            name: name.to_owned(),
            label: label.to_owned(),
            label_plural: label_plural.to_owned(),
            key_prefix: key_prefix.to_owned(),
            kind,
            createable: true,
            updateable: true,
            deletable: true,
            queryable: true,
            feed_enabled: false,
            children: Vec::new(),
            fields: IndexMap::new(),
        };
        object.with(id)
    }

    pub(super) fn with(mut self, field: Field) -> Self {
        self.add(field);
        self
    }

    pub(super) fn with_all(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        fields.into_iter().for_each(|field| self.add(field));
        self
    }

    /// Replaces a field of the same name in its place.
    pub(super) fn add(&mut self, field: Field) {
        self.fields.insert(field.name.to_ascii_lowercase(), field);
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.fields.shift_remove(&name.to_ascii_lowercase());
    }

    pub(super) fn field_mut(&mut self, name: &str) -> Option<&mut Field> {
        self.fields.get_mut(&name.to_ascii_lowercase())
    }

    pub(super) fn owned(self) -> Self {
        self.with(Field::reference("OwnerId", "Owner ID", "Owner", &["Group", "User"]).required().defaulted())
    }

    /// For objects only users can own.
    pub(super) fn owned_by_user(self) -> Self {
        self.with(Field::reference("OwnerId", "Owner ID", "Owner", &["User"]).required().defaulted())
    }

    pub(super) fn with_feed(mut self) -> Self {
        self.feed_enabled = true;
        self
    }

    pub(super) fn read_only(mut self) -> Self {
        self.createable = false;
        self.updateable = false;
        self.deletable = false;
        self
    }
}

/// Who made and last changed a record, and when.
pub(super) fn audit_fields() -> [Field; 5] {
    let time =
        |name: &str, label: &str| Field::new(name, label, FieldKind::DateTime).required().read_only().defaulted();
    let by = |name: &str, label: &str, relationship: &str| {
        Field::reference(name, label, relationship, &["User"]).required().read_only().defaulted()
    };
    [
        time("CreatedDate", "Created Date"),
        by("CreatedById", "Created By ID", "CreatedBy"),
        time("LastModifiedDate", "Last Modified Date"),
        by("LastModifiedById", "Last Modified By ID", "LastModifiedBy"),
        time("SystemModstamp", "System Modstamp"),
    ]
}

const BASE_36: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// `a00`, `a01`, … in the order given (by name), so that a schema always gets the same ones. Events count from `e00`, metadata from `m00`.
pub(super) fn assign_key_prefixes(objects: &mut [Object]) {
    let mut counters = [0_usize; 3];
    for object in objects.iter_mut().filter(|object| object.key_prefix.is_empty()) {
        let (series, letter) = match object.kind {
            ObjectKind::Standard | ObjectKind::Custom => (0, 'a'),
            ObjectKind::PlatformEvent => (1, 'e'),
            ObjectKind::CustomMetadata => (2, 'm'),
        };
        let Some(counter) = counters.get_mut(series) else { continue };
        let digit = |index: usize| BASE_36.get(index % 36).map_or('0', |byte| char::from(*byte));
        object.key_prefix = [letter, digit(*counter / 36), digit(*counter)].iter().collect();
        *counter += 1;
    }
}

/// A feed item's parent can be any object with feeds. A file is shared with those and with all that could have them.
pub(super) fn open_feeds(objects: &mut [Object]) {
    let names = |wanted: fn(&&Object) -> bool| -> Vec<String> {
        objects.iter().filter(wanted).map(|object| object.name.clone()).collect()
    };
    let with_feeds = names(|object| object.feed_enabled);
    let shareable = names(|object| object.feed_enabled || object.kind == ObjectKind::Custom);
    for (object, field, more) in [
        ("FeedItem", "ParentId", &with_feeds),
        ("FeedComment", "ParentId", &with_feeds),
        ("ContentDocumentLink", "LinkedEntityId", &shareable),
        ("ContentVersion", "FirstPublishLocationId", &shareable),
    ] {
        let object = objects.iter_mut().find(|candidate| candidate.name == object);
        if let Some(field) = object.and_then(|object| object.field_mut(field)) {
            field.reference_to.extend(more.iter().cloned());
            field.reference_to.sort();
            field.reference_to.dedup();
        }
    }
}

/// Turns every reference round, except those to the makers of records, which would list every object under User.
pub(super) fn derive_children(objects: &mut [Object]) {
    let mut children: Vec<(String, ChildRelationship)> = Vec::new();
    for object in objects.iter() {
        let references = object.fields().filter(|field| {
            !field.reference_to.is_empty() && field.name != "CreatedById" && field.name != "LastModifiedById"
        });
        for field in references {
            for target in &field.reference_to {
                let child = ChildRelationship {
                    child_object: object.name.clone(),
                    field: field.name.clone(),
                    relationship_name: field.child_relationship_name.clone(),
                    on_delete: field.on_delete,
                };
                children.push((target.clone(), child));
            }
        }
    }
    for object in objects {
        object.children =
            children.iter().filter(|(target, _)| *target == object.name).map(|(_, child)| child.clone()).collect();
    }
}
