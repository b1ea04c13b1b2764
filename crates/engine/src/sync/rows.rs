//! The org's records as a poll reads them.

use domain::SalesforceId;
use salesforce::DateTime;
use serde::Deserialize;
use store::CaseOwner;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CaseInOrg {
    pub(super) id: SalesforceId,
    #[serde(rename = "Portal_Key__c")]
    pub(super) portal_key: Option<String>,
    pub(super) case_number: Option<String>,
    pub(super) status: Option<String>,
    pub(super) priority: Option<String>,
    owner_id: Option<SalesforceId>,
    owner: Option<Person>,
    pub(super) is_deleted: bool,
    pub(super) system_modstamp: DateTime,
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
    pub(super) system_modstamp: DateTime,
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
    pub(super) system_modstamp: DateTime,
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
    pub(super) system_modstamp: DateTime,
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
    pub(super) system_modstamp: DateTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Person {
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

/// A user, or a queue, as the owner of a record.
pub(super) fn owner(id: Option<SalesforceId>, owner: Option<&Person>) -> Option<CaseOwner> {
    id.map(|id| CaseOwner { id, name: name(owner) })
}

impl CaseInOrg {
    pub(super) fn owner(&self) -> Option<CaseOwner> {
        owner(self.owner_id.clone(), self.owner.as_ref())
    }
}

/// Status and owner of one case, read for themselves.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HandledRow {
    pub(super) status: Option<String>,
    owner_id: Option<SalesforceId>,
    owner: Option<Person>,
}

impl HandledRow {
    pub(super) fn owner(&self) -> Option<CaseOwner> {
        owner(self.owner_id.clone(), self.owner.as_ref())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CaseStatusInOrg {
    pub(super) master_label: String,
    pub(super) api_name: Option<String>,
    pub(super) is_closed: bool,
    pub(super) is_default: bool,
}

/// A user or a queue that may own cases.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OwnerInOrg {
    pub(super) id: SalesforceId,
    pub(super) name: String,
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
