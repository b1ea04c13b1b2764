//! Files: a document, its versions, and the records it is shared with.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::{Object, ObjectKind},
};

pub(super) fn version() -> Object {
    let mut object = Object::standard("ContentVersion", "Content Version", "Content Versions", "068")
        .with(
            Field::reference("ContentDocumentId", "ContentDocument ID", "ContentDocument", &["ContentDocument"])
                .required()
                .create_only()
                .defaulted()
                .children_as("ContentVersions")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::boolean("IsLatest", "Is Latest").read_only())
        .with(Field::text("VersionNumber", "Version Number", 20).read_only())
        .with(Field::text("Title", "Title", 255).naming())
        .with(Field { length: Some(1_000), ..Field::new("Description", "Description", FieldKind::TextArea) })
        .with(Field::text("PathOnClient", "Path On Client", 500).create_only())
        .with(Field::text("FileExtension", "File Extension", 40).read_only())
        .with(Field::text("FileType", "File Type", 20).read_only())
        .with(Field::new("ContentSize", "Size", FieldKind::Int).read_only())
        .with(Field::new("VersionData", "Version Data", FieldKind::Base64).create_only())
        .with(Field::text("Checksum", "Checksum", 50).read_only())
        .with(Field::new("ContentUrl", "Content URL", FieldKind::Url))
        .with(Field::text("ReasonForChange", "Reason For Change", 1_000))
        .with(Field::picklist("SharingOption", "Prevent others from sharing and unsharing", &["*A", "R"]).restricted())
        .with(Field::picklist("SharingPrivacy", "File Privacy on Records", &["*N", "P"]).restricted())
        .with(Field::boolean("IsMajorVersion", "Is Major Version"))
        .with(Field::text("TagCsv", "Tags", 2_000))
        .with(
            Field::reference("FirstPublishLocationId", "First Publish Location ID", "FirstPublishLocation", LINKED)
                .create_only(),
        )
        .with(Field::picklist("Origin", "Content Origin", &["*C", "H"]).restricted().create_only())
        .with(Field::picklist("ContentLocation", "Content Location", &["*S", "E", "L"]).restricted().create_only())
        .with(Field::picklist("PublishStatus", "Publish Status", &["U", "*P", "R"]).restricted().read_only())
        .with(Field::new("ContentModifiedDate", "Content Modified Date", FieldKind::DateTime).read_only())
        .with(
            Field::reference("ContentModifiedById", "Content Modified By ID", "ContentModifiedBy", &["User"])
                .read_only(),
        )
        .with(Field::boolean("IsAssetEnabled", "Asset File Enabled").create_only())
        .with(Field::new("RatingCount", "Rating Count", FieldKind::Int).read_only())
        .with(Field::new("PositiveRatingCount", "Positive Rating Count", FieldKind::Int).read_only())
        .with(Field::new("NegativeRatingCount", "Negative Rating Count", FieldKind::Int).read_only())
        .owned_by_user();
    // It goes with its document.
    object.deletable = false;
    object
}

pub(super) fn document() -> Object {
    let mut object = Object::standard("ContentDocument", "Content Document", "Content Documents", "069")
        .with(Field::text("Title", "Title", 255).required().naming())
        .with(
            Field::reference(
                "LatestPublishedVersionId",
                "Latest Published Version ID",
                "LatestPublishedVersion",
                &["ContentVersion"],
            )
            .read_only(),
        )
        .with(Field::new("Description", "Description", FieldKind::TextArea))
        .with(Field::boolean("IsArchived", "Is Archived").read_only())
        .with(Field::new("ContentModifiedDate", "Content Modified Date", FieldKind::DateTime).read_only())
        .with(Field::text("FileExtension", "File Extension", 40).read_only())
        .with(Field::text("FileType", "File Type", 20).read_only())
        .with(Field::new("ContentSize", "Size", FieldKind::Int).read_only())
        .with(Field::picklist("PublishStatus", "Publish Status", &["U", "*P", "R"]).restricted().read_only())
        .with(Field::picklist("SharingOption", "Prevent others from sharing and unsharing", &["*A", "R"]).restricted())
        .with(Field::picklist("SharingPrivacy", "File Privacy on Records", &["*N", "P"]).restricted())
        .with(Field::new("LastViewedDate", "Last Viewed Date", FieldKind::DateTime).read_only())
        .with(Field::new("LastReferencedDate", "Last Referenced Date", FieldKind::DateTime).read_only())
        .owned_by_user();
    // A document comes of its first version.
    object.createable = false;
    object
}

/// Its own targets; every object with feeds and every custom one comes to them.
pub(super) const LINKED: &[&str] =
    &["Account", "Case", "Contact", "Event", "FeedItem", "Opportunity", "Organization", "Product2", "Task", "User"];

pub(super) fn document_link() -> Object {
    let name = ("Content Document Link", "Content Document Links");
    Object::bare("ContentDocumentLink", name.0, name.1, "06A", ObjectKind::Standard)
        .with(
            Field::reference("LinkedEntityId", "Linked Entity ID", "LinkedEntity", LINKED)
                .required()
                .create_only()
                .children_as("ContentDocumentLinks")
                .on_delete(OnDelete::Cascade),
        )
        .with(
            Field::reference("ContentDocumentId", "ContentDocument ID", "ContentDocument", &["ContentDocument"])
                .required()
                .create_only()
                .children_as("ContentDocumentLinks")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::boolean("IsDeleted", "Is Deleted").read_only())
        .with(Field::new("SystemModstamp", "System Modstamp", FieldKind::DateTime).required().read_only().defaulted())
        .with(
            Field::picklist("ShareType", "Share Type", &["*V", "C", "I"])
                .labelled(&["Viewer", "Collaborator", "Inferred"])
                .restricted(),
        )
        .with(Field::picklist("Visibility", "Visibility", &["*AllUsers", "InternalUsers", "SharedUsers"]).restricted())
}

/// The files of before Files: bytes on the record itself.
pub(super) fn attachment() -> Object {
    Object::standard("Attachment", "Attachment", "Attachments", "00P")
        .with(
            Field::reference(
                "ParentId",
                "Parent ID",
                "Parent",
                &["Account", "Case", "Contact", "EmailMessage", "Event", "Opportunity", "Product2", "Task"],
            )
            .required()
            .create_only()
            .children_as("Attachments")
            .on_delete(OnDelete::Cascade),
        )
        .with(Field::text("Name", "File Name", 255).required().naming())
        .with(Field::boolean("IsPrivate", "Private"))
        .with(Field::text("ContentType", "Content Type", 120))
        .with(Field::new("BodyLength", "Body Length", FieldKind::Int).read_only())
        .with(Field::new("Body", "Body", FieldKind::Base64).required())
        .owned_by_user()
        .with(Field::text("Description", "Description", 500))
}
