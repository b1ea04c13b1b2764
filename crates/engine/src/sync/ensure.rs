//! Making sure that the org has records as they should be. Each is an upsert on its external id, left alone when this org was already
//! given the same content; one that was there before the portal came is taken over instead of made a second time.

use std::collections::{HashMap, HashSet};

use domain::SalesforceId;
use salesforce::{Field, Keyed, MAX_RECORDS, Repeat, Soql, Upserted, asc};
use serde_json::{Map, Value, json};
use store::OrgRecord;

use super::{
    records::{PORTAL_KEY, Wanted},
    session::OrgSession,
};
use crate::{DeletedRecords, Engine, Error};

/// One of several records, each of which may be refused for itself.
pub(super) type Ensured = Result<SalesforceId, salesforce::Error>;

/// How much of a query's text keys may take; the address of a request is limited.
const KEYS_MAX_BYTES: usize = 4_000;

/// A record that differs from what the org was last given.
struct Change {
    /// Among those asked for.
    place: usize,
    wanted: Wanted,
    content_hash: String,
    standing: Standing,
}

enum Standing {
    /// The org was given it before.
    Known(SalesforceId),
    /// Not by this portal.
    New,
    /// The org has it, from somebody else.
    Unclaimed(SalesforceId),
}

impl Engine {
    pub(super) async fn ensure(&self, session: &OrgSession, wanted: Wanted) -> Result<SalesforceId, Error> {
        let ensured = self.ensure_all(session, vec![wanted]).await?.pop();
        Ok(ensured.ok_or_else(unanswered)??)
    }

    /// All of one object, up to 200 in a call. Answers in the order asked.
    ///
    /// # Errors
    /// The org or the database is away; then nothing is known of any record.
    pub(super) async fn ensure_all(&self, session: &OrgSession, wanted: Vec<Wanted>) -> Result<Vec<Ensured>, Error> {
        let mut ensured: Vec<Option<Ensured>> = Vec::with_capacity(wanted.len());
        let mut changes = Vec::new();
        for (place, wanted) in wanted.into_iter().enumerate() {
            let content_hash = wanted.content_hash();
            let known = match session.given(wanted.kind, wanted.portal_id) {
                Some(known) if known.content_hash == content_hash => Some(known),
                _ => self.store.read().org_records().get(&session.org_id, wanted.kind, wanted.portal_id).await?,
            };
            let standing = match known {
                Some(known) if known.content_hash == content_hash => {
                    session.remember(wanted.kind, wanted.portal_id, known.clone());
                    ensured.push(Some(Ok(known.salesforce_id)));
                    continue;
                }
                Some(known) => Standing::Known(known.salesforce_id),
                None => Standing::New,
            };
            ensured.push(None);
            changes.push(Change { place, wanted, content_hash, standing });
        }
        find_unclaimed(session, &mut changes).await?;
        // An upsert by the key makes a record again that was deleted in the org; an update by the id finds out that it is gone.
        let flags = changes.iter().any(|change| matches!(change.standing, Standing::Known(_)))
            && self.deleted_records().await? == DeletedRecords::Flag;
        let (by_id, others): (Vec<Change>, Vec<Change>) =
            changes.into_iter().partition(|change| match change.standing {
                Standing::Unclaimed(_) => true,
                Standing::Known(_) => flags,
                Standing::New => false,
            });
        for some in by_id.chunks(MAX_RECORDS) {
            let saved = update(session, some).await?;
            self.keep(session, some, saved, &mut ensured).await?;
        }
        for some in others.chunks(MAX_RECORDS) {
            let saved = upsert(session, some).await?;
            self.keep(session, some, saved, &mut ensured).await?;
        }
        ensured.into_iter().map(|ensured| ensured.ok_or_else(unanswered)).collect()
    }

    /// Remembers what the org has now.
    async fn keep(
        &self,
        session: &OrgSession,
        changes: &[Change],
        saved: Vec<Result<Upserted, salesforce::Error>>,
        ensured: &mut [Option<Ensured>],
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let mut records = Vec::new();
        for (change, saved) in changes.iter().zip(saved) {
            let outcome = saved.map(|saved| saved.id);
            if let Ok(id) = &outcome {
                let content_hash = change.content_hash.clone();
                records.push((change, OrgRecord { salesforce_id: id.clone(), content_hash, updated_at: now }));
            }
            if let Some(ensured) = ensured.get_mut(change.place) {
                *ensured = Some(outcome);
            }
        }
        // In one order whoever writes: PostgreSQL would have two that hold each other's rows wait for ever.
        records.sort_by_key(|(change, _)| (change.wanted.kind.name(), change.wanted.portal_id));
        let tx = self.store.begin_repeatable().await?;
        for (Change { wanted, .. }, record) in &records {
            tx.org_records().put(&session.org_id, wanted.kind, wanted.portal_id, record).await?;
        }
        tx.commit().await?;
        for (Change { wanted, .. }, record) in records {
            session.remember(wanted.kind, wanted.portal_id, record);
        }
        Ok(())
    }
}

async fn upsert(
    session: &OrgSession,
    changes: &[Change],
) -> Result<Vec<Result<Upserted, salesforce::Error>>, salesforce::Error> {
    let mut records: Vec<Keyed> = changes
        .iter()
        .map(|change| {
            let mut fields = change.wanted.fields.clone();
            if matches!(change.standing, Standing::New) {
                fields.extend(change.wanted.at_first.clone());
            }
            Keyed { key: change.wanted.key.clone(), fields }
        })
        .collect();
    let [Change { wanted: Wanted { object, .. }, .. }, ..] = changes else { return Ok(Vec::new()) };
    match (records.len(), records.pop()) {
        (1, Some(only)) => {
            Ok(vec![session.client.upsert(object, PORTAL_KEY, &only.key, &Value::Object(only.fields)).await])
        }
        (_, last) => {
            records.extend(last);
            session.client.upsert_all(object, PORTAL_KEY, &records).await
        }
    }
}

/// Writes the portal's key, and what else should be there, into records that the org has.
async fn update(
    session: &OrgSession,
    changes: &[Change],
) -> Result<Vec<Result<Upserted, salesforce::Error>>, salesforce::Error> {
    let records: Vec<(SalesforceId, Map<String, Value>)> = changes
        .iter()
        .filter_map(|change| {
            let id = match &change.standing {
                Standing::Unclaimed(id) => {
                    tracing::info!(org.record = %id, org.object = change.wanted.object, "a record that was in the org is taken over");
                    id
                }
                Standing::Known(id) => id,
                Standing::New => return None,
            };
            let mut fields = change.wanted.fields.clone();
            fields.insert(PORTAL_KEY.to_owned(), json!(change.wanted.key));
            Some((id.clone(), fields))
        })
        .collect();
    let [Change { wanted: Wanted { object, .. }, .. }, ..] = changes else { return Ok(Vec::new()) };
    match records.as_slice() {
        [(id, fields)] => {
            let updated = session.client.update(object, id, fields, Repeat::Safe).await;
            Ok(vec![updated.map(|()| Upserted { id: id.clone(), created: false })])
        }
        _ => session.client.update_all(object, &records).await,
    }
}

/// Looks for records that this portal didn't make, by what they are known by. A record with the portal's key comes before one without.
async fn find_unclaimed(session: &OrgSession, changes: &mut [Change]) -> Result<(), salesforce::Error> {
    let mut asked: Vec<&mut Change> = changes
        .iter_mut()
        .filter(|change| matches!(change.standing, Standing::New) && change.wanted.natural_key().is_some())
        .collect();
    while !asked.is_empty() {
        let mut bytes = 0;
        let fitting = asked.iter().take_while(|change| {
            bytes += change.wanted.key.len() + change.wanted.natural_key().map_or(0, |(_, value)| value.len());
            bytes <= KEYS_MAX_BYTES
        });
        let rest = asked.split_off(fitting.count().max(1));
        let Some((object, field)) =
            asked.first().and_then(|change| Some((change.wanted.object, change.wanted.known_by?)))
        else {
            break;
        };
        let keys = asked.iter().map(|change| change.wanted.key.as_str());
        let values = asked.iter().filter_map(|change| change.wanted.natural_key()).map(|(_, value)| value);
        let rows: Vec<Map<String, Value>> =
            session.client.query_all(&claimed_or_free(object, field, keys, values)).await?;
        let text = |row: &Map<String, Value>, field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
        let mut claimed = HashSet::new();
        let mut free: HashMap<String, SalesforceId> = HashMap::new();
        for row in &rows {
            match (text(row, PORTAL_KEY), text(row, field), text(row, "Id").and_then(|id| SalesforceId::new(&id).ok()))
            {
                (Some(key), _, _) => drop(claimed.insert(key)),
                // Of several the oldest.
                (None, Some(value), Some(id)) => drop(free.entry(value).or_insert(id)),
                _ => {}
            }
        }
        for change in asked {
            let found = change.wanted.natural_key().and_then(|(_, value)| free.get(value));
            if let Some(id) = found.filter(|_| !claimed.contains(&change.wanted.key)) {
                change.standing = Standing::Unclaimed(id.clone());
            }
        }
        asked = rest;
    }
    Ok(())
}

/// Records with these keys, and records without a key that are known by these values of a field.
pub(super) fn claimed_or_free<'a>(
    object: &str,
    field: &str,
    keys: impl Iterator<Item = &'a str>,
    values: impl Iterator<Item = &'a str>,
) -> Soql {
    let free = Field(PORTAL_KEY).is_null().and(Field(field).is_in(values));
    Soql::select(["Id", PORTAL_KEY, field])
        .from(object)
        .filter(Field(PORTAL_KEY).is_in(keys).or(free))
        .order_by(asc("CreatedDate"))
        .order_by(asc("Id"))
}

fn unanswered() -> Error {
    Error::internal("the org answered for fewer records than it was given")
}
