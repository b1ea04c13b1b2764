//! Feeds: what is posted on a record, the replies beneath, and groups.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::Object,
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
        .with(Field::long_text("Body", "Body", 10_000).not_filterable())
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
        .with(Field::boolean("HasLink", "Has Link").read_only())
        .with(Field::new("Revision", "Revision", FieldKind::Int).default_value(1))
        .with(Field::picklist("Visibility", "Visibility", &["*AllUsers", "InternalUsers"]).restricted())
        .with(Field::picklist("Status", "Status", &["*Published", "PendingReview"]).restricted())
        .with(Field::boolean("IsClosed", "Is Closed").read_only())
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
        .with(Field::long_text("CommentBody", "Comment Body", 10_000).required().not_filterable())
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
        .with(Field::new("Revision", "Revision", FieldKind::Int).default_value(1))
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
