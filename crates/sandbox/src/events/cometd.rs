//! The Streaming API: Bayeux over long polling at `/cometd/NN.0`, reading the same log as the Pub/Sub API.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::Timestamp;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    event_type::HEADER,
    log::{Event, Start},
    topic::Topic,
};
use crate::{
    error::ApiError,
    lock::locked,
    oauth::{TokenDigest, bearer},
    org::Org,
    rest::split_path,
};

/// How long a connect waits for an event.
const POLL: Duration = Duration::from_secs(110);
/// A client that was away this long has to shake hands again.
const AWAY: Duration = Duration::from_hours(1);
/// Events of one channel in one answer.
const AT_ONCE: usize = 100;

pub(super) fn routes() -> Router<Arc<Org>> {
    Router::new()
        .route("/cometd/{version}", post(enter))
        .route("/cometd/{version}/", post(enter))
        // Some clients add the name of the meta channel.
        .route("/cometd/{version}/{channel}", post(enter_channel))
}

/// Who has shaken hands, by client id.
#[derive(Default)]
pub(crate) struct Clients {
    clients: Mutex<HashMap<String, Client>>,
}

struct Client {
    session: TokenDigest,
    /// Channel as the client names it, to what it carries and the replay id it has got to.
    subscriptions: BTreeMap<String, (Topic, u64)>,
    seen: Timestamp,
    /// Counts connects: an older one ends when a newer one comes.
    connects: u64,
}

impl Clients {
    /// Everybody has to shake hands again.
    pub(crate) fn clear(&self) {
        locked(&self.clients).clear();
    }
}

async fn enter_channel(
    state: State<Arc<Org>>,
    Path((version, _)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    enter(state, Path(version), headers, body).await
}

async fn enter(State(org): State<Arc<Org>>, Path(version): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(error) = split_path(&format!("v{version}")) {
        return error.into_response();
    }
    let messages = match serde_json::from_slice(&body) {
        Ok(Value::Array(messages)) => messages,
        Ok(message @ Value::Object(_)) => vec![message],
        Ok(_) | Err(_) => {
            let error = ApiError::new(StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR", "The body is no Bayeux message");
            return error.into_response();
        }
    };
    let session = bearer(&headers).filter(|token| org.auth().session(token, org.now()).is_some()).map(TokenDigest::of);
    let mut replies = Vec::new();
    for message in &messages {
        match session.as_ref() {
            Some(session) => answer(&org, session, message, &mut replies).await,
            None => replies.push(unauthenticated(message)),
        }
    }
    Json(Value::Array(replies)).into_response()
}

fn text<'a>(message: &'a Value, name: &str) -> &'a str {
    message.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A reply to a message, with its channel and id.
fn reply(message: &Value, rest: Value) -> Value {
    let mut reply = Map::new();
    reply.insert("channel".to_owned(), text(message, "channel").into());
    for name in ["id", "clientId", "subscription"] {
        if let Some(value) = message.get(name) {
            reply.insert(name.to_owned(), value.clone());
        }
    }
    if let Value::Object(rest) = rest {
        reply.extend(rest);
    }
    Value::Object(reply)
}

fn unauthenticated(message: &Value) -> Value {
    let advice = json!({ "reconnect": "none", "interval": 0 });
    if text(message, "channel") == "/meta/handshake" {
        let ext = json!({ "sfdc": { "failureReason": "401::Authentication invalid" }, "replay": true });
        return reply(
            message,
            json!({ "successful": false, "error": "403::Handshake denied", "ext": ext, "advice": advice }),
        );
    }
    reply(message, json!({ "successful": false, "error": "401::Authentication invalid", "advice": advice }))
}

fn unknown_client(message: &Value) -> Value {
    let advice = json!({ "reconnect": "handshake", "interval": 0 });
    reply(message, json!({ "successful": false, "error": "403::Unknown client", "advice": advice }))
}

async fn answer(org: &Org, session: &TokenDigest, message: &Value, replies: &mut Vec<Value>) {
    match text(message, "channel") {
        "/meta/handshake" => replies.push(handshake(org, session, message)),
        "/meta/connect" => connect(org, session, message, replies).await,
        "/meta/subscribe" => {
            replies.push(org.cometd.with(org, session, message, |client| subscribe(org, client, message)))
        }
        "/meta/unsubscribe" => replies.push(org.cometd.with(org, session, message, |client| {
            for channel in channels(message) {
                client.subscriptions.remove(channel);
            }
            json!({ "successful": true })
        })),
        "/meta/disconnect" => {
            replies.push(org.cometd.with(org, session, message, |_| json!({ "successful": true })));
            locked(&org.cometd.clients).remove(text(message, "clientId"));
            org.events.wake();
        }
        _ => replies.push(reply(
            message,
            json!({ "successful": false, "error": "403:denied_by_security_policy:publish_denied" }),
        )),
    }
}

impl Clients {
    /// The reply that `work` makes for the client of a message.
    fn with(
        &self,
        org: &Org,
        session: &TokenDigest,
        message: &Value,
        work: impl FnOnce(&mut Client) -> Value,
    ) -> Value {
        let mut clients = locked(&self.clients);
        match clients.get_mut(text(message, "clientId")) {
            // A refreshed token goes on with the client of the old one.
            Some(client) => {
                client.session = session.clone();
                client.seen = org.now();
                reply(message, work(client))
            }
            None => unknown_client(message),
        }
    }
}

fn handshake(org: &Org, session: &TokenDigest, message: &Value) -> Value {
    let polls = message
        .get("supportedConnectionTypes")
        .and_then(Value::as_array)
        .is_none_or(|types| types.iter().any(|kind| kind == "long-polling"));
    if !polls {
        let advice = json!({ "reconnect": "none", "interval": 0 });
        return reply(
            message,
            json!({ "successful": false, "error": "406::Unsupported connection types", "advice": advice }),
        );
    }
    let now = org.now();
    let id = org.secret().replace(['-', '_'], "0");
    let client = Client { session: session.clone(), subscriptions: BTreeMap::new(), seen: now, connects: 0 };
    let mut clients = locked(&org.cometd.clients);
    clients.retain(|_, client| client.seen.saturating_add(AWAY) > now);
    clients.insert(id.clone(), client);
    reply(
        message,
        json!({
            "successful": true,
            "clientId": id,
            "version": "1.0",
            "minimumVersion": "1.0",
            "supportedConnectionTypes": ["long-polling"],
            "ext": { "replay": true, "payload.format": true },
        }),
    )
}

fn channels(message: &Value) -> Vec<&str> {
    match message.get("subscription") {
        Some(Value::Array(channels)) => channels.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(channel)) => vec![channel],
        _ => Vec::new(),
    }
}

fn subscribe(org: &Org, client: &mut Client, message: &Value) -> Value {
    let channels = channels(message);
    if channels.is_empty() {
        return json!({ "successful": false, "error": "403::Subscription channel missing" });
    }
    let mut added = Vec::new();
    for channel in channels {
        let Some(topic) = Topic::named(&org.schema, channel) else {
            let ext = json!({ "sfdc": { "failureReason": format!("403::There is no channel {channel}") } });
            return json!({
                "successful": false, "error": "403:denied_by_security_policy:subscribe_denied", "ext": ext
            });
        };
        let asked = message.get("ext").and_then(|ext| ext.get("replay")).and_then(|replay| replay.get(channel));
        let asked = asked.unwrap_or(&Value::Null);
        let start = match asked.as_i64() {
            None if asked.is_null() => Some(Start::Latest),
            Some(-1) => Some(Start::Latest),
            Some(-2) => Some(Start::Earliest),
            number => number.and_then(|number| u64::try_from(number).ok()).map(Start::After),
        };
        let position = start.and_then(|start| org.events.start(start, org.now()).ok());
        let Some(position) = position else {
            let error = format!(
                "400::The replayId {{{asked}}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events."
            );
            return json!({ "successful": false, "error": error });
        };
        added.push((channel.to_owned(), (topic, position)));
    }
    client.subscriptions.extend(added);
    // A connect under way looks at the new subscription too.
    org.events.wake();
    json!({ "successful": true })
}

/// Answers with the events there are; when there are none, waits for some. The first connect is answered at once.
async fn connect(org: &Org, session: &TokenDigest, message: &Value, replies: &mut Vec<Value>) {
    let id = text(message, "clientId");
    let mut changes = org.events.changes();
    let mut connects = 0;
    let advice = json!({ "reconnect": "retry", "interval": 0, "timeout": POLL.as_millis() });
    let begun = org.cometd.with(org, session, message, |client| {
        client.connects += 1;
        connects = client.connects;
        json!({ "successful": true, "advice": advice })
    });
    if connects == 0 {
        replies.push(begun);
        return;
    }
    // An older connect of this client ends here.
    org.events.wake();
    let end = tokio::time::sleep(POLL);
    let mut end = std::pin::pin!(end);
    loop {
        changes.mark_unchanged();
        let events = match org.cometd.take(org, id, connects) {
            Ok(events) => events,
            Err(Gone::Superseded) => {
                replies.push(begun);
                return;
            }
            Err(Gone::Unknown) => {
                replies.push(unknown_client(message));
                return;
            }
            Err(Gone::LoggedOut) => {
                replies.push(unauthenticated(message));
                return;
            }
        };
        let waits = events.is_empty() && connects > 1;
        replies.extend(events);
        if !waits {
            replies.push(begun);
            return;
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = &mut end => {
                replies.push(begun);
                return;
            }
        }
    }
}

/// Why a connect ends without events.
enum Gone {
    Superseded,
    Unknown,
    LoggedOut,
}

impl Clients {
    /// The events that are there for a client, channel by channel.
    fn take(&self, org: &Org, id: &str, connects: u64) -> Result<Vec<Value>, Gone> {
        let mut clients = locked(&self.clients);
        let client = clients.get_mut(id).ok_or(Gone::Unknown)?;
        if client.connects != connects {
            return Err(Gone::Superseded);
        }
        if !org.auth().has_session(&client.session) {
            return Err(Gone::LoggedOut);
        }
        let mut messages = Vec::new();
        for (channel, (topic, position)) in &mut client.subscriptions {
            let (events, reached) = org.events.after(*position, topic, AT_ONCE, org.now());
            *position = reached;
            messages.extend(events.iter().map(|event| delivery(org, channel, event)));
        }
        Ok(messages)
    }
}

fn delivery(org: &Org, channel: &str, event: &Event) -> Value {
    let mut payload = event.payload();
    if let Some(header) = payload.get_mut(HEADER).and_then(Value::as_object_mut) {
        // The bitmaps' companions are the Pub/Sub API's alone; here a null is seen as a null.
        header.shift_remove("nulledFields");
        header.shift_remove("diffFields");
    }
    let schema = org.event_types.of_topic(&event.topic).map(|described| described.schema_id.as_str());
    let mut about = json!({ "replayId": event.replay_id });
    if let Some(about) = about.as_object_mut().filter(|_| event.topic.starts_with("/event/")) {
        about.insert("EventUuid".to_owned(), Value::String(event.id.clone()));
    }
    json!({ "channel": channel, "data": { "schema": schema, "payload": payload, "event": about } })
}
