//! A field of an object, and the short constructors the standard objects are written with.

use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    Id,
    /// Lookup or master-detail: an id of one of `reference_to`.
    Reference,
    String,
    /// At most 255 characters, lines allowed.
    TextArea,
    /// Can't be filtered, sorted or grouped.
    LongTextArea,
    /// Long text with markup.
    RichTextArea,
    Picklist,
    /// Values joined by `;`.
    MultiPicklist,
    /// Suggests values and takes any.
    Combobox,
    Boolean,
    Int,
    Double,
    Currency,
    Percent,
    /// Held as `2026-11-20`.
    Date,
    /// Held as `2026-11-20T12:00:00.000+0000`, always UTC, so that text order is time order.
    DateTime,
    /// Held as `12:00:00.000Z`.
    Time,
    /// Made of its parts and never written itself.
    Address,
    /// Made of its latitude and longitude and never written itself.
    Location,
    Email,
    Phone,
    Url,
    /// Text the org hands out, by `auto_number_format`.
    AutoNumber,
    /// Bytes; a query answers the address they are fetched from.
    Base64,
}

impl FieldKind {
    /// Held as a JSON string and compared as text (ids and times are not).
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::String
                | Self::TextArea
                | Self::LongTextArea
                | Self::RichTextArea
                | Self::Picklist
                | Self::MultiPicklist
                | Self::Combobox
                | Self::Email
                | Self::Phone
                | Self::Url
                | Self::AutoNumber
        )
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double | Self::Currency | Self::Percent)
    }

    /// Answered as an object of the values of other fields.
    pub fn is_compound(self) -> bool {
        matches!(self, Self::Address | Self::Location)
    }

    pub fn is_id(self) -> bool {
        matches!(self, Self::Id | Self::Reference)
    }

    fn is_long_text(self) -> bool {
        matches!(self, Self::LongTextArea | Self::RichTextArea)
    }
}

/// What happens to a record when the record it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    SetNull,
    Restrict,
    Cascade,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PicklistValue {
    pub value: String,
    pub label: String,
    pub active: bool,
    pub default: bool,
    /// A case or task with it is done.
    pub closed: bool,
}

/// A default that depends on when a record is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultMoment {
    Today,
    Now,
}

#[derive(Clone, Debug)]
pub struct Field {
    /// Canonical API name.
    pub name: String,
    pub label: String,
    pub kind: FieldKind,
    /// Characters; bytes for `CaseComment.CommentBody` (see `length_in_bytes`).
    pub length: Option<u32>,
    pub length_in_bytes: bool,
    /// Digits in all, of a number.
    pub precision: u32,
    /// Digits after the point, of a number.
    pub scale: u32,
    pub custom: bool,
    pub nillable: bool,
    pub createable: bool,
    pub updateable: bool,
    pub unique: bool,
    pub external_id: bool,
    /// Standard, and yet a record can be found by it: a case by its number, a contact by e-mail.
    pub finds: bool,
    /// Uniqueness and comparison mind case.
    pub case_sensitive: bool,
    pub filterable: bool,
    pub sortable: bool,
    pub groupable: bool,
    /// The one field that names a record; its length rules apply to `Name` of a relationship.
    pub name_field: bool,
    /// A formula or roll-up: never written, and not computed by the sandbox.
    pub calculated: bool,
    /// The org fills it in when a create leaves it out.
    pub defaulted_on_create: bool,
    pub default: Option<Value>,
    pub default_moment: Option<DefaultMoment>,
    /// The field it is a part of: `BillingAddress` of `BillingCity`, `Name` of `LastName`.
    pub compound: Option<String>,
    /// `Account` for `AccountId`, `Course__r` for `Course__c`.
    pub relationship_name: Option<String>,
    /// More than one for a polymorphic reference (`OwnerId`, `FeedItem.ParentId`).
    pub reference_to: Vec<String>,
    /// What the referred-to objects call their list of these records: `Cases`, `Runs__r`.
    pub child_relationship_name: Option<String>,
    pub on_delete: OnDelete,
    pub picklist: Vec<PicklistValue>,
    /// Values outside `picklist` are refused.
    pub restricted: bool,
    /// `CASE-{00000}`: the digits within braces are the counter's width.
    pub auto_number_format: Option<String>,
    pub auto_number_start: u64,
    pub inline_help: Option<String>,
}

impl Field {
    /// Nillable, writable, and filterable as far as the kind allows.
    pub fn new(name: &str, label: &str, kind: FieldKind) -> Self {
        let long = kind.is_long_text() || kind.is_compound() || kind == FieldKind::Base64;
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            length: match kind {
                FieldKind::Id | FieldKind::Reference => Some(18),
                FieldKind::TextArea | FieldKind::Picklist | FieldKind::Url | FieldKind::Combobox => Some(255),
                FieldKind::Email => Some(80),
                FieldKind::Phone => Some(40),
                FieldKind::AutoNumber => Some(30),
                FieldKind::MultiPicklist => Some(4099),
                _ => None,
            },
            length_in_bytes: false,
            precision: if kind.is_number() { 18 } else { 0 },
            scale: 0,
            custom: false,
            nillable: kind != FieldKind::Boolean,
            createable: true,
            updateable: true,
            unique: false,
            external_id: false,
            finds: false,
            case_sensitive: false,
            filterable: !long,
            sortable: !long && kind != FieldKind::MultiPicklist,
            groupable: !long
                && !matches!(
                    kind,
                    FieldKind::DateTime
                        | FieldKind::Double
                        | FieldKind::Currency
                        | FieldKind::Percent
                        | FieldKind::MultiPicklist
                        | FieldKind::AutoNumber
                ),
            name_field: false,
            calculated: false,
            defaulted_on_create: kind == FieldKind::Boolean,
            default: (kind == FieldKind::Boolean).then_some(Value::Bool(false)),
            default_moment: None,
            compound: None,
            relationship_name: None,
            reference_to: Vec::new(),
            child_relationship_name: None,
            on_delete: OnDelete::SetNull,
            picklist: Vec::new(),
            restricted: false,
            auto_number_format: None,
            auto_number_start: 1,
            inline_help: None,
        }
    }

    /// A create without it is refused with REQUIRED_FIELD_MISSING.
    pub fn required_on_create(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create && self.default.is_none()
    }

    /// A record can be found by it in an upsert or by an index.
    pub fn id_lookup(&self) -> bool {
        self.kind == FieldKind::Id || self.external_id || self.unique || self.finds
    }

    pub fn is_polymorphic(&self) -> bool {
        self.reference_to.len() > 1
    }
}

/// Builders; each says what is unusual about a field.
impl Field {
    pub(super) fn text(name: &str, label: &str, length: u32) -> Self {
        Self { length: Some(length), ..Self::new(name, label, FieldKind::String) }
    }

    pub(super) fn long_text(name: &str, label: &str, length: u32) -> Self {
        Self { length: Some(length), ..Self::new(name, label, FieldKind::LongTextArea) }
    }

    pub(super) fn boolean(name: &str, label: &str) -> Self {
        Self::new(name, label, FieldKind::Boolean)
    }

    pub(super) fn double(name: &str, label: &str, kind: FieldKind, precision: u32, scale: u32) -> Self {
        Self { precision, scale, ..Self::new(name, label, kind) }
    }

    /// The first value marked with `*` is the default.
    pub(super) fn picklist(name: &str, label: &str, values: &[&str]) -> Self {
        let mut field = Self::new(name, label, FieldKind::Picklist);
        field.picklist = values
            .iter()
            .map(|value| {
                let (text, default) = value.strip_prefix('*').map_or((*value, false), |text| (text, true));
                PicklistValue { value: text.to_owned(), label: text.to_owned(), active: true, default, closed: false }
            })
            .collect();
        if let Some(default) = field.picklist.iter().find(|value| value.default) {
            field.default = Some(Value::String(default.value.clone()));
            field.defaulted_on_create = true;
        }
        field
    }

    /// A record with one of these values is done.
    pub(super) fn closing(mut self, values: &[&str]) -> Self {
        for value in &mut self.picklist {
            value.closed = values.contains(&value.value.as_str());
        }
        self
    }

    pub(super) fn part_of(mut self, compound: &str) -> Self {
        self.compound = Some(compound.to_owned());
        self
    }

    /// Whether the value is one that ends a case or task.
    pub(crate) fn closes(&self, value: &Value) -> bool {
        self.picklist.iter().any(|known| known.closed && value.as_str() == Some(known.value.as_str()))
    }

    /// Labels for the values, in their order, where they aren't the values themselves.
    pub(super) fn labelled(mut self, labels: &[&str]) -> Self {
        for (value, label) in self.picklist.iter_mut().zip(labels) {
            (*label).clone_into(&mut value.label);
        }
        self
    }

    pub(super) fn reference(name: &str, label: &str, relationship: &str, targets: &[&str]) -> Self {
        Self {
            relationship_name: Some(relationship.to_owned()),
            reference_to: targets.iter().map(|target| (*target).to_owned()).collect(),
            ..Self::new(name, label, FieldKind::Reference)
        }
    }

    /// A reference to an object that isn't emulated, and so to no record; nor is the object named, which nobody could describe.
    pub(super) fn elsewhere(name: &str, label: &str) -> Self {
        Self::new(name, label, FieldKind::Reference).read_only()
    }

    pub(super) fn auto_number(name: &str, label: &str, format: &str) -> Self {
        Self {
            auto_number_format: Some(format.to_owned()),
            nillable: false,
            defaulted_on_create: true,
            ..Self::new(name, label, FieldKind::AutoNumber).read_only()
        }
    }

    pub(super) fn required(mut self) -> Self {
        self.nillable = false;
        self
    }

    pub(super) fn read_only(mut self) -> Self {
        self.createable = false;
        self.updateable = false;
        self
    }

    /// Set when the record is made and never after.
    pub(super) fn create_only(mut self) -> Self {
        self.updateable = false;
        self
    }

    pub(super) fn defaulted(mut self) -> Self {
        self.defaulted_on_create = true;
        self
    }

    pub(super) fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self.defaulted_on_create = true;
        self
    }

    pub(super) fn finding(mut self) -> Self {
        self.finds = true;
        self
    }

    pub(super) fn naming(mut self) -> Self {
        self.name_field = true;
        self
    }

    pub(super) fn in_bytes(mut self) -> Self {
        self.length_in_bytes = true;
        self
    }

    pub(super) fn restricted(mut self) -> Self {
        self.restricted = true;
        self
    }

    pub(super) fn not_filterable(mut self) -> Self {
        self.filterable = false;
        self.sortable = false;
        self.groupable = false;
        self
    }

    pub(super) fn children_as(mut self, name: &str) -> Self {
        self.child_relationship_name = Some(name.to_owned());
        self
    }

    pub(super) fn on_delete(mut self, on_delete: OnDelete) -> Self {
        self.on_delete = on_delete;
        self
    }
}
