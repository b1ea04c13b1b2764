//! Feeds: what is posted on a record, the replies beneath, and groups.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::{Object, ObjectKind, audit_fields},
};

pub(super) fn feed_item() -> Object {
    Object::standard("FeedItem", "Feed Item", "Feed Items", "0D5")
        // Its targets are filled in once every object with feeds is known.
        .with(
            Field::reference("ParentId", "Parent ID", "Parent", &[])
                .required()
                .create_only()
                .children_as("Feeds")
                .on_delete(OnDelete::Cascade),
        )
        .with(
            Field::picklist(
                "Type",
                "Feed Item Type",
                &[
                    "*TextPost",
                    "LinkPost",
                    "ContentPost",
                    "PollPost",
                    "QuestionPost",
                    "RichTextPost",
                    "CallLogPost",
                    "EmailMessageEvent",
                    "ChangeStatusPost",
                    "CaseCommentPost",
                    "CreateRecordEvent",
                    "TrackedChange",
                ],
            )
            .create_only()
            .restricted(),
        )
        .with(Field::text("Title", "Title", 255))
        .with(Field { sortable: true, ..Field::long_text("Body", "Body", 10_000) })
        .with(Field { length: Some(1_000), ..Field::new("LinkUrl", "Link Url", FieldKind::Url) })
        .with(Field::boolean("IsRichText", "Is Rich Text"))
        .with(
            Field::reference(
                "RelatedRecordId",
                "Related Record ID",
                "RelatedRecord",
                &["ContentVersion", "CaseComment", "EmailMessage"],
            )
            .create_only(),
        )
        .with(Field::reference("InsertedById", "InsertedBy ID", "InsertedBy", &["User"]).read_only())
        .with(Field::new("CommentCount", "Comment Count", FieldKind::Int).read_only().default_value(0))
        .with(Field::new("LikeCount", "Like Count", FieldKind::Int).read_only().default_value(0))
        .with(Field::reference("BestCommentId", "Best Comment ID", "BestComment", &["FeedComment"]).read_only())
        .with(Field::boolean("HasContent", "Has Content").read_only())
        .with(Field::boolean("HasFeedEntity", "Has Feed Entity Attachment").read_only())
        .with(Field::boolean("HasVerifiedComment", "Has Verified Comment").read_only())
        .with(Field::boolean("HasLink", "Has Link").read_only())
        .with_all(edits())
        .with(Field::picklist("Visibility", "Visibility", &["*AllUsers", "InternalUsers"]).restricted())
        .with(Field::picklist("Status", "Status", &["*Published", "PendingReview"]).restricted())
        .with(Field::boolean("IsClosed", "Is Closed").read_only())
}

/// How often, by whom and when the words of a post were changed.
fn edits() -> [Field; 3] {
    [
        Field::new("Revision", "Revision", FieldKind::Int).default_value(1),
        Field::reference("LastEditById", "Last Edit By ID", "LastEditBy", &["User"]).read_only(),
        Field::new("LastEditDate", "Last Edit Date", FieldKind::DateTime).read_only(),
    ]
}

pub(super) fn feed_comment() -> Object {
    Object::standard("FeedComment", "Feed Comment", "Feed Comments", "0D7")
        .with(
            Field::reference("FeedItemId", "Feed Item ID", "FeedItem", &["FeedItem"])
                .required()
                .create_only()
                .children_as("FeedComments")
                .on_delete(OnDelete::Cascade),
        )
        // The record the feed item is on; the org copies it from there.
        .with(Field::reference("ParentId", "Parent ID", "Parent", &[]).read_only())
        .with(Field::reference("InsertedById", "InsertedBy ID", "InsertedBy", &["User"]).read_only())
        .with(
            Field { filterable: true, sortable: true, ..Field::long_text("CommentBody", "Comment Body", 10_000) }
                .required(),
        )
        .with(
            Field::picklist("CommentType", "Comment Type", &["*TextComment", "ContentComment"])
                .create_only()
                .restricted(),
        )
        .with(
            Field::reference("RelatedRecordId", "Related Record ID", "RelatedRecord", &["ContentVersion"])
                .create_only(),
        )
        .with(Field::boolean("IsRichText", "Is Rich Text"))
        .with(Field::boolean("IsVerified", "Is Verified").read_only())
        .with(Field::new("LikeCount", "Like Count", FieldKind::Int).read_only().default_value(0))
        .with_all(edits())
        .with(Field::boolean("HasEntityLinks", "Has Entity Links").read_only())
        .with(Field::picklist("Status", "Status", &["*Published", "PendingReview"]).restricted())
        .with(
            Field::reference("ThreadParentId", "Thread Parent ID", "ThreadParent", &["FeedComment"])
                .create_only()
                .children_as("ThreadChildrenComments"),
        )
}

pub(super) fn group() -> Object {
    Object::standard("Group", "Group", "Groups", "00G")
        .with(Field::text("Name", "Name", 40).required().naming())
        .with(Field::text("DeveloperName", "Developer Name", 80))
        .with(Field::picklist("Type", "Type", &["*Regular", "Queue", "Organization"]).restricted())
        .with(Field::new("Email", "Email", FieldKind::Email))
        .with(Field::reference("RelatedId", "Related ID", "Related", &["User"]).read_only())
        .with(Field::reference("OwnerId", "Owner ID", "Owner", &["Organization", "User"]).read_only())
        .with(Field::boolean("DoesSendEmailToMembers", "Send Email to Members"))
        .with(Field::boolean("DoesIncludeBosses", "Include Bosses"))
        .with(Field::new("Description", "Description", FieldKind::TextArea))
}

/// Who is in a group or gets a queue's records.
pub(super) fn group_member() -> Object {
    let to = |name: &str, label: &str, relationship: &str, targets: &[&str]| {
        Field::reference(name, label, relationship, targets).required().create_only()
    };
    let mut object = Object::bare("GroupMember", "Group Member", "Group Members", "011", ObjectKind::Standard)
        .with(to("GroupId", "Group ID", "Group", &["Group"]).children_as("GroupMembers").on_delete(OnDelete::Cascade))
        .with(to("UserOrGroupId", "User/Group ID", "UserOrGroup", &["Group", "User"]))
        .with(Field::new("SystemModstamp", "System Modstamp", FieldKind::DateTime).required().read_only().defaulted());
    object.updateable = false;
    object
}

/// What a queue's records can be.
pub(super) fn queue_object() -> Object {
    let [_, made_by, ..] = audit_fields();
    let mut object = Object::bare("QueueSobject", "Queue Sobject", "Queue Sobjects", "03g", ObjectKind::Standard)
        .with(
            Field::reference("QueueId", "Group ID", "Queue", &["Group"])
                .required()
                .create_only()
                .children_as("QueueSobjects")
                .on_delete(OnDelete::Cascade),
        )
        .with(Field::text("SobjectType", "SObject Type", 40).required().create_only())
        .with(made_by)
        .with(Field::new("SystemModstamp", "System Modstamp", FieldKind::DateTime).required().read_only().defaulted());
    object.updateable = false;
    object
}
