//! What is searched.

use std::str::FromStr;

use crate::schema::{Field, FieldKind, Object, ObjectKind};

/// `IN … FIELDS`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldGroup {
    #[default]
    All,
    Name,
    Email,
    Phone,
    /// Names, addresses and numbers.
    Sidebar,
}

impl FromStr for FieldGroup {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_uppercase().as_str() {
            "ALL" => Self::All,
            "NAME" => Self::Name,
            "EMAIL" => Self::Email,
            "PHONE" => Self::Phone,
            "SIDEBAR" => Self::Sidebar,
            _ => return Err(()),
        })
    }
}

/// Standard objects that hold what people wrote; the org's set-up can't be searched.
const STANDARD: &[&str] = &[
    "Account",
    "Attachment",
    "Case",
    "CaseComment",
    "Contact",
    "ContentDocument",
    "ContentVersion",
    "EmailMessage",
    "Event",
    "FeedComment",
    "FeedItem",
    "Opportunity",
    "Product2",
    "Task",
    "User",
];

pub(super) fn is_searchable(object: &Object) -> bool {
    match object.kind {
        ObjectKind::Standard => STANDARD.contains(&object.name.as_str()),
        ObjectKind::Custom => object.queryable,
        ObjectKind::PlatformEvent | ObjectKind::CustomMetadata => false,
    }
}

/// Names of all fields in which anything can be found; none where the object can't be searched.
pub(crate) fn searched_fields(object: &Object) -> Vec<&str> {
    let is_any = |field: &Field| belongs(field, FieldGroup::All) || belongs(field, FieldGroup::Sidebar);
    let fields = object.fields().filter(|field| is_searchable(object) && is_any(field));
    fields.map(|field| field.name.as_str()).collect()
}

/// What people post, files and products are searched in all their fields, whichever are asked for.
const ALWAYS_ALL: [&str; 5] = ["ContentDocument", "ContentVersion", "FeedComment", "FeedItem", "Product2"];

/// Names of the object's fields that belong to the group.
pub(super) fn searched(object: &Object, group: FieldGroup) -> Vec<&str> {
    let group = if ALWAYS_ALL.contains(&object.name.as_str()) { FieldGroup::All } else { group };
    object.fields().filter(|field| belongs(field, group)).map(|field| field.name.as_str()).collect()
}

fn belongs(field: &Field, group: FieldGroup) -> bool {
    match group {
        FieldGroup::All => {
            field.kind.is_text()
                && !matches!(field.kind, FieldKind::Picklist | FieldKind::MultiPicklist | FieldKind::Combobox)
        }
        FieldGroup::Name => is_name(field),
        FieldGroup::Email => field.kind == FieldKind::Email,
        FieldGroup::Phone => field.kind == FieldKind::Phone,
        FieldGroup::Sidebar => is_name(field) || matches!(field.kind, FieldKind::Email | FieldKind::Phone),
    }
}

/// A case is named by its subject as well as by its number.
fn is_name(field: &Field) -> bool {
    field.name_field || matches!(field.name.as_str(), "Name" | "FirstName" | "LastName" | "Subject" | "Title")
}
