//! What a poll asks the org for, of each object that threads are made of, and where its rows go.

use domain::{SalesforceId, Timestamp};
use salesforce::{Field, Filter, Soql};
use serde::de::DeserializeOwned;

use super::{
    merge::Merged,
    rows::{CaseCommentRow, CaseInOrg, EmailRow, FeedCommentRow, FeedItemRow},
    session::{FeedItemFields, Has, OrgSession},
};
use crate::{Engine, Error};

/// One of the org's objects that threads are made of: how to read on in it, and what becomes of its rows here.
pub(super) trait Source: DeserializeOwned + Send + 'static {
    /// The cursor's name.
    const NAME: &str;
    const OBJECT: &str;

    fn columns(fields: FeedItemFields) -> Vec<&'static str>;

    fn filter() -> Filter {
        on_portal_cases()
    }

    fn position(&self) -> (Timestamp, &SalesforceId);

    fn merge(
        engine: &Engine,
        session: &OrgSession,
        fields: FeedItemFields,
        rows: Vec<Self>,
    ) -> impl Future<Output = Result<Merged, Error>> + Send;
}

/// Whose rows depend on the visibility of feed items.
pub(crate) const FEED_SOURCES: [&str; 2] = [FeedItemRow::NAME, FeedCommentRow::NAME];

/// What hangs on the cases the portal made.
fn on_portal_cases() -> Filter {
    let cases = Soql::select(["Id"]).from("Case").filter(Field("Portal_Key__c").is_not_null());
    Field("ParentId").is_in_rows(cases)
}

impl Source for CaseInOrg {
    const NAME: &str = "case";
    const OBJECT: &str = "Case";

    fn columns(_: FeedItemFields) -> Vec<&'static str> {
        vec![
            "Id",
            "Portal_Key__c",
            "CaseNumber",
            "Status",
            "Priority",
            "OwnerId",
            "Owner.Name",
            "IsDeleted",
            "SystemModstamp",
        ]
    }

    fn filter() -> Filter {
        Field("Portal_Key__c").is_not_null()
    }

    fn position(&self) -> (Timestamp, &SalesforceId) {
        (self.system_modstamp.into(), &self.id)
    }

    async fn merge(engine: &Engine, session: &OrgSession, _: FeedItemFields, rows: Vec<Self>) -> Result<Merged, Error> {
        engine.merge_cases(session, rows).await
    }
}

impl Source for FeedItemRow {
    const NAME: &str = "feed_item";
    const OBJECT: &str = "FeedItem";

    fn columns(fields: FeedItemFields) -> Vec<&'static str> {
        let mut columns = vec![
            "Id",
            "ParentId",
            "Type",
            "Body",
            "CreatedById",
            "CreatedBy.Name",
            "CreatedDate",
            "IsDeleted",
            "SystemModstamp",
        ];
        columns.extend((fields.visibility == Has::Yes).then_some("Visibility"));
        columns.extend((fields.is_rich_text == Has::Yes).then_some("IsRichText"));
        columns
    }

    fn position(&self) -> (Timestamp, &SalesforceId) {
        (self.system_modstamp.into(), &self.id)
    }

    async fn merge(
        engine: &Engine,
        session: &OrgSession,
        fields: FeedItemFields,
        rows: Vec<Self>,
    ) -> Result<Merged, Error> {
        engine.merge_feed_items(session, fields, rows).await
    }
}

pub(super) const FEED_COMMENT_COLUMNS: [&str; 8] =
    ["Id", "FeedItemId", "ParentId", "CommentBody", "CreatedBy.Name", "CreatedDate", "IsDeleted", "SystemModstamp"];

impl Source for FeedCommentRow {
    const NAME: &str = "feed_comment";
    const OBJECT: &str = "FeedComment";

    fn columns(_: FeedItemFields) -> Vec<&'static str> {
        FEED_COMMENT_COLUMNS.to_vec()
    }

    fn position(&self) -> (Timestamp, &SalesforceId) {
        (self.system_modstamp.into(), &self.id)
    }

    async fn merge(engine: &Engine, _: &OrgSession, _: FeedItemFields, rows: Vec<Self>) -> Result<Merged, Error> {
        engine.merge_feed_comments(rows).await
    }
}

impl Source for CaseCommentRow {
    const NAME: &str = "case_comment";
    const OBJECT: &str = "CaseComment";

    fn columns(_: FeedItemFields) -> Vec<&'static str> {
        vec![
            "Id",
            "ParentId",
            "CommentBody",
            "IsPublished",
            "CreatedBy.Name",
            "CreatedDate",
            "IsDeleted",
            "SystemModstamp",
        ]
    }

    fn position(&self) -> (Timestamp, &SalesforceId) {
        (self.system_modstamp.into(), &self.id)
    }

    async fn merge(engine: &Engine, _: &OrgSession, _: FeedItemFields, rows: Vec<Self>) -> Result<Merged, Error> {
        engine.merge_case_comments(rows).await
    }
}

impl Source for EmailRow {
    const NAME: &str = "email";
    const OBJECT: &str = "EmailMessage";

    fn columns(_: FeedItemFields) -> Vec<&'static str> {
        vec![
            "Id",
            "ParentId",
            "Subject",
            "TextBody",
            "FromName",
            "FromAddress",
            "Incoming",
            "CreatedDate",
            "IsDeleted",
            "SystemModstamp",
        ]
    }

    fn position(&self) -> (Timestamp, &SalesforceId) {
        (self.system_modstamp.into(), &self.id)
    }

    async fn merge(engine: &Engine, _: &OrgSession, _: FeedItemFields, rows: Vec<Self>) -> Result<Merged, Error> {
        engine.merge_emails(rows).await
    }
}
