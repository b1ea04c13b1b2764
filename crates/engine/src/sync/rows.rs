//! The org's records as a poll reads them: what is asked for of each, and where its rows go.

use domain::{SalesforceId, Timestamp};
use salesforce::{DateTime, Field, Filter};
use serde::Deserialize;

use super::{
    merge::Merged,
    poll::{FEED_COMMENT_COLUMNS, Source},
    session::{FeedItemFields, Has, OrgSession},
};
use crate::{Engine, Error};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CaseInOrg {
    pub(super) id: SalesforceId,
    #[serde(rename = "Portal_Key__c")]
    pub(super) portal_key: Option<String>,
    pub(super) case_number: Option<String>,
    pub(super) status: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) is_deleted: bool,
    system_modstamp: DateTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FeedItemRow {
    pub(super) id: SalesforceId,
    pub(super) parent_id: SalesforceId,
    #[serde(rename = "Type")]
    pub(super) kind: Option<String>,
    /// None of the items that the org makes by itself.
    pub(super) body: Option<String>,
    pub(super) created_by_id: SalesforceId,
    created_by: Option<Person>,
    pub(super) created_date: DateTime,
    pub(super) is_deleted: bool,
    system_modstamp: DateTime,
    /// Asked for only where the org has it.
    pub(super) visibility: Option<String>,
    #[serde(default)]
    pub(super) is_rich_text: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FeedCommentRow {
    pub(super) id: SalesforceId,
    pub(super) feed_item_id: SalesforceId,
    pub(super) parent_id: SalesforceId,
    pub(super) comment_body: Option<String>,
    created_by: Option<Person>,
    pub(super) created_date: DateTime,
    pub(super) is_deleted: bool,
    system_modstamp: DateTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CaseCommentRow {
    pub(super) id: SalesforceId,
    pub(super) parent_id: SalesforceId,
    pub(super) comment_body: Option<String>,
    pub(super) is_published: Option<bool>,
    created_by: Option<Person>,
    pub(super) created_date: DateTime,
    pub(super) is_deleted: bool,
    system_modstamp: DateTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EmailRow {
    pub(super) id: SalesforceId,
    pub(super) parent_id: Option<SalesforceId>,
    pub(super) subject: Option<String>,
    pub(super) text_body: Option<String>,
    pub(super) from_name: Option<String>,
    pub(super) from_address: Option<String>,
    pub(super) incoming: Option<bool>,
    pub(super) created_date: DateTime,
    pub(super) is_deleted: bool,
    system_modstamp: DateTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Person {
    name: Option<String>,
}

/// Shown for somebody whose name the org doesn't give away.
const SOMEBODY: &str = "Salesforce user";

fn name(person: Option<&Person>) -> String {
    person
        .and_then(|person| person.name.as_deref())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .unwrap_or(SOMEBODY)
        .to_owned()
}

impl EmailRow {
    pub(super) fn author(&self) -> String {
        [&self.from_name, &self.from_address]
            .into_iter()
            .flatten()
            .map(|name| name.trim())
            .find(|name| !name.is_empty())
            .unwrap_or(SOMEBODY)
            .to_owned()
    }
}

impl Source for CaseInOrg {
    const NAME: &str = "case";
    const OBJECT: &str = "Case";

    fn columns(_: FeedItemFields) -> Vec<&'static str> {
        vec!["Id", "Portal_Key__c", "CaseNumber", "Status", "Priority", "IsDeleted", "SystemModstamp"]
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

macro_rules! authored {
    ($($row:ty),*) => {$(
        impl $row {
            pub(super) fn author(&self) -> String {
                name(self.created_by.as_ref())
            }
        }
    )*};
}
authored!(FeedItemRow, FeedCommentRow, CaseCommentRow);
