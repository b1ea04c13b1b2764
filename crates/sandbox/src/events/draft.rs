//! What a transaction is about to publish: its changes, its platform events, and what the project's triggers add.

use domain::Timestamp;
use serde_json::{Map, Value};

use super::{change, change_origin::ChangeOrigin, event_type::EventTypes, feed_trigger};
use crate::{
    records::{Published, Touched},
    schema::{FieldKind, Schema},
};

/// An event that has no replay id yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// The publisher's key, when it gave one.
    pub(crate) id: Option<String>,
    pub(crate) topic: String,
    pub(crate) payload: Map<String, Value>,
}

/// The transaction that publishes.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) at: Timestamp,
    pub(crate) user: String,
    pub(crate) origin: ChangeOrigin,
    /// A UUID.
    pub(crate) key: String,
    /// Grows from transaction to transaction.
    pub(crate) number: u64,
}

/// In the order subscribers see them: changes, then platform events as they were published, then the triggers', of which the last are
/// lost when there are more than may be published.
pub(crate) fn drafts(
    schema: &Schema,
    types: &EventTypes,
    touched: &[Touched<'_>],
    published: &[Published],
    commit: &Commit,
    publishable: u64,
) -> Vec<Draft> {
    let mut drafts = change::drafts(types, touched, commit);
    let mut triggered = feed_trigger::published(schema, touched);
    triggered.truncate(usize::try_from(publishable).unwrap_or(usize::MAX).saturating_sub(published.len()));
    drafts.extend(published.iter().chain(&triggered).map(|event| platform(schema, event, commit)));
    drafts
}

/// Every field of the event is there, null or not.
fn platform(schema: &Schema, event: &Published, commit: &Commit) -> Draft {
    let mut payload = Map::new();
    payload.insert("CreatedDate".to_owned(), Value::String(commit.at.to_rfc3339()));
    payload.insert("CreatedById".to_owned(), Value::String(commit.user.clone()));
    for field in schema.object(&event.object).into_iter().flat_map(|object| object.fields()) {
        if field.custom {
            payload.insert(field.name.clone(), shown(field.kind, event.fields.get(&field.name)));
        }
    }
    Draft { id: event.id.clone(), topic: format!("/event/{}", event.object), payload }
}

/// A record's value as an event shows it: times end in `Z`.
pub(super) fn shown(kind: FieldKind, value: &Value) -> Value {
    match value.as_str().and_then(|text| text.strip_suffix("+0000")) {
        Some(time) if kind == FieldKind::DateTime => Value::String(format!("{time}Z")),
        _ => value.clone(),
    }
}
