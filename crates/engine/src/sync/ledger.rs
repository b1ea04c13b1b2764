//! The ledger in the org: one `Portal_Post__c` per delivered post, with its key and its true author.

use std::collections::HashMap;

use domain::{PostKey, SalesforceId, Visibility};
use salesforce::{Field, Soql};
use serde::Deserialize;

use super::session::OrgSession;
use crate::{Engine, Error, feed_text};

/// One row of the ledger.
#[derive(Clone, Debug)]
pub(super) struct LedgerEntry {
    pub(super) id: SalesforceId,
    pub(super) key: Option<PostKey>,
    pub(super) feed_item: SalesforceId,
    pub(super) author_name: String,
    pub(super) author_is_staff: bool,
    pub(super) visibility: Visibility,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "Id")]
    id: SalesforceId,
    #[serde(rename = "Key__c")]
    key: Option<String>,
    #[serde(rename = "Feed_Item__c")]
    feed_item: Option<String>,
    #[serde(rename = "Author_Name__c")]
    author_name: Option<String>,
    #[serde(rename = "Author_Username__c")]
    author_username: Option<String>,
    #[serde(rename = "Author_Role__c")]
    author_role: Option<String>,
    #[serde(rename = "Visibility__c")]
    visibility: Option<String>,
}

pub(super) const OBJECT: &str = "Portal_Post__c";

pub(super) const COLUMNS: [&str; 7] =
    ["Id", "Key__c", "Feed_Item__c", "Author_Name__c", "Author_Username__c", "Author_Role__c", "Visibility__c"];

/// Ids in one query; far below what a query's text may hold.
const IDS_AT_ONCE: usize = 200;

impl Row {
    fn entry(self) -> Option<LedgerEntry> {
        let author = self.author_name.or(self.author_username).unwrap_or_default();
        Some(LedgerEntry {
            id: self.id,
            key: self.key.and_then(|key| key.parse().ok()),
            feed_item: SalesforceId::new(&self.feed_item?).ok()?,
            author_name: feed_text::unshield(&author),
            author_is_staff: self
                .author_role
                .as_deref()
                .and_then(domain::Role::from_name)
                .is_some_and(domain::Role::is_internal),
            visibility: Visibility::from_name(self.visibility.as_deref().unwrap_or_default()),
        })
    }
}

impl Engine {
    /// The entry that carries a key.
    pub(super) async fn ledger_entry_of(
        &self,
        session: &OrgSession,
        key: PostKey,
    ) -> Result<Option<LedgerEntry>, Error> {
        let soql = Soql::select(COLUMNS).from(OBJECT).filter(Field("Key__c").eq(key.to_string())).limit(1);
        let rows: Vec<Row> = session.client.query_all(&soql).await?;
        Ok(rows.into_iter().next().and_then(Row::entry))
    }

    /// The entries that carry these keys.
    pub(super) async fn ledger_entries_of(
        &self,
        session: &OrgSession,
        keys: &[PostKey],
    ) -> Result<HashMap<PostKey, LedgerEntry>, Error> {
        let mut entries = HashMap::new();
        for some in keys.chunks(IDS_AT_ONCE) {
            let soql = Soql::select(COLUMNS)
                .from("Portal_Post__c")
                .filter(Field("Key__c").is_in(some.iter().map(PostKey::to_string)));
            let rows: Vec<Row> = session.client.query_all(&soql).await?;
            entries.extend(rows.into_iter().filter_map(Row::entry).filter_map(|entry| Some((entry.key?, entry))));
        }
        Ok(entries)
    }

    /// The org has ledger rows that this database knows nothing of: another portal's, or this one's from before its database was lost.
    pub(super) async fn org_knows_more(&self, session: &OrgSession) -> Result<bool, Error> {
        let in_org = session.client.query_total(&Soql::count().from("Portal_Post__c")).await?;
        Ok(in_org > self.store.read().posts().count_in_ledger().await?)
    }

    /// The entries of these feed items. An item and its entry are made in one transaction, so whoever sees the one sees the
    /// other; an item without an entry was written by somebody in the org.
    pub(super) async fn ledger_entries(
        &self,
        session: &OrgSession,
        feed_items: &[SalesforceId],
    ) -> Result<HashMap<SalesforceId, LedgerEntry>, Error> {
        let mut entries = HashMap::new();
        for some in feed_items.chunks(IDS_AT_ONCE) {
            let soql = Soql::select(COLUMNS)
                .from(OBJECT)
                .filter(Field("Feed_Item__c").is_in(some.iter().map(SalesforceId::as_str)));
            let rows: Vec<Row> = session.client.query_all(&soql).await?;
            entries.extend(rows.into_iter().filter_map(Row::entry).map(|entry| (entry.feed_item.clone(), entry)));
        }
        Ok(entries)
    }
}
