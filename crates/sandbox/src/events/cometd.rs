//! The Streaming API: Bayeux over long polling at `/cometd/NN.0`, reading the same log as the Pub/Sub API.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{OriginalUri, Path, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::Timestamp;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    event_type::HEADER,
    log::{Event, Start},
    streams::{Listener, Place},
    topic::Topic,
};
use crate::{
    bulk::too_large,
    clock::datetime,
    error::ApiError,
    lock::locked,
    oauth::{TokenDigest, bearer},
    org::Org,
    rest::split_path,
    server::HangUp,
};

/// How long a connect waits for an event, unless the client asks for less.
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
    user: String,
    /// Channel as the client names it, to what it carries and the replay id it has got to.
    subscriptions: BTreeMap<String, (Topic, u64)>,
    seen: Timestamp,
    since: Timestamp,
    delivered: u64,
    /// Counts connects: an older one ends when a newer one comes.
    connects: u64,
}

impl Clients {
    /// Everybody has to shake hands again.
    pub(crate) fn clear(&self) {
        locked(&self.clients).clear();
    }

    /// One has to; false when there is none of that id.
    pub(super) fn forget(&self, id: &str) -> bool {
        locked(&self.clients).remove(id).is_some()
    }

    /// In the order they came.
    pub(super) fn listeners(&self) -> Vec<Listener> {
        let clients = locked(&self.clients);
        let mut clients: Vec<(&String, &Client)> = clients.iter().collect();
        clients.sort_by_key(|(id, client)| (client.since, *id));
        let listener = |(id, client): (&String, &Client)| Listener {
            stream: id.clone(),
            wire: "CometD",
            user: client.user.clone(),
            channels: client
                .subscriptions
                .iter()
                .map(|(channel, (_, replay_id))| Place { channel: channel.clone(), replay_id: *replay_id })
                .collect(),
            outstanding: None,
            events: client.delivered,
            since: datetime(client.since),
        };
        clients.into_iter().map(listener).collect()
    }
}

async fn enter_channel(
    state: State<Arc<Org>>,
    Path((version, _)): Path<(String, String)>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    enter(state, Path(version), uri, headers, body).await
}

async fn enter(
    State(org): State<Arc<Org>>,
    Path(version): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Err(error) = split_path(&format!("v{version}")) {
        return error.into_response();
    }
    let messages = match body.map_err(|_| too_large()).and_then(|body| read(&body)) {
        Ok(messages) => messages,
        Err(error) => return error.into_response(),
    };
    for message in &messages {
        let call = text(message, "channel").trim_start_matches("/meta/");
        if org.faults.strike_stream(call, uri.path()).is_some() {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            response.extensions_mut().insert(HangUp);
            return response;
        }
    }
    let caller = bearer(&headers).and_then(|token| {
        let session = org.auth().session(token, org.now())?;
        Some(Caller { session: TokenDigest::of(token), user: session.user })
    });
    let mut replies = Vec::new();
    for message in &messages {
        match &caller {
            // As CometD's own server does: a connect that came with other messages would keep their answers back.
            Some(caller) => {
                let patience = if messages.len() == 1 { patience(message) } else { Duration::ZERO };
                answer(&org, caller, message, patience, &mut replies).await;
            }
            None => replies.push(unauthenticated(message)),
        }
    }
    Json(Value::Array(replies)).into_response()
}

/// Who sends messages.
struct Caller {
    session: TokenDigest,
    user: String,
}

/// Messages in one body.
const MOST_MESSAGES: usize = 1_000;

fn read(body: &Bytes) -> Result<Vec<Value>, ApiError> {
    let messages = match serde_json::from_slice(body) {
        Ok(Value::Array(messages)) => messages,
        Ok(message @ Value::Object(_)) => vec![message],
        Ok(_) | Err(_) => {
            return Err(ApiError::bad("JSON_PARSER_ERROR", "The body is no Bayeux message"));
        }
    };
    if messages.len() > MOST_MESSAGES {
        return Err(too_large());
    }
    Ok(messages)
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
    if text(message, "channel") == "/meta/handshake" {
        return denied(message, "401::Authentication invalid");
    }
    ended(message, "401::Authentication invalid")
}

/// A handshake that is refused, and why.
fn denied(message: &Value, reason: &str) -> Value {
    let ext = json!({ "sfdc": { "failureReason": reason }, "replay": true, "payload.format": true });
    let advice = json!({ "reconnect": "none", "interval": 0 });
    reply(message, json!({ "successful": false, "error": "403::Handshake denied", "ext": ext, "advice": advice }))
}

/// A refusal after which the client is to stay away.
fn ended(message: &Value, error: &str) -> Value {
    let advice = json!({ "reconnect": "none", "interval": 0 });
    reply(message, json!({ "successful": false, "error": error, "advice": advice }))
}

fn unknown_client(message: &Value) -> Value {
    let advice = json!({ "reconnect": "handshake", "interval": 0 });
    reply(message, json!({ "successful": false, "error": "403::Unknown client", "advice": advice }))
}

/// How long a connect may be kept waiting: what its own advice says, at most [`POLL`].
fn patience(message: &Value) -> Duration {
    let asked = message.get("advice").and_then(|advice| advice.get("timeout")).and_then(Value::as_u64);
    asked.map_or(POLL, |milliseconds| Duration::from_millis(milliseconds).min(POLL))
}

async fn answer(org: &Org, caller: &Caller, message: &Value, patience: Duration, replies: &mut Vec<Value>) {
    match text(message, "channel") {
        "/meta/handshake" => replies.push(handshake(org, caller, message)),
        "/meta/connect" => connect(org, caller, message, patience, replies).await,
        "/meta/subscribe" => {
            replies.push(org.cometd.with(org, caller, message, |client| subscribe(org, client, message)))
        }
        "/meta/unsubscribe" => replies.push(org.cometd.with(org, caller, message, |client| {
            for channel in channels(message) {
                client.subscriptions.remove(channel);
            }
            json!({ "successful": true })
        })),
        "/meta/disconnect" => {
            let left = org.cometd.with(org, caller, message, |_| json!({ "successful": true }));
            if left.get("successful") == Some(&Value::Bool(true)) {
                org.cometd.forget(text(message, "clientId"));
                org.events.wake();
            }
            replies.push(left);
        }
        _ => replies.push(reply(
            message,
            json!({ "successful": false, "error": "403:denied_by_security_policy:publish_denied" }),
        )),
    }
}

impl Clients {
    /// The reply that `work` makes for the client of a message.
    fn with(&self, org: &Org, caller: &Caller, message: &Value, work: impl FnOnce(&mut Client) -> Value) -> Value {
        let mut clients = locked(&self.clients);
        match clients.get_mut(text(message, "clientId")) {
            // A refreshed token goes on with the client of the old one, and nobody with another's.
            Some(client) if client.user == caller.user => {
                client.session = caller.session.clone();
                client.seen = org.now();
                reply(message, work(client))
            }
            Some(_) | None => unknown_client(message),
        }
    }
}

fn handshake(org: &Org, caller: &Caller, message: &Value) -> Value {
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
    let client = Client {
        session: caller.session.clone(),
        user: caller.user.clone(),
        subscriptions: BTreeMap::new(),
        seen: now,
        since: now,
        delivered: 0,
        connects: 0,
    };
    let mut clients = locked(&org.cometd.clients);
    clients.retain(|_, client| client.seen.saturating_add(AWAY) > now);
    if clients.len() >= org.budget.limits().cometd_clients {
        return denied(message, "403::Organization concurrent user limit exceeded");
    }
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
async fn connect(org: &Org, caller: &Caller, message: &Value, patience: Duration, replies: &mut Vec<Value>) {
    let id = text(message, "clientId");
    let mut changes = org.events.changes();
    let mut connects = 0;
    let advice = json!({ "reconnect": "retry", "interval": 0, "timeout": POLL.as_millis() });
    let begun = org.cometd.with(org, caller, message, |client| {
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
    let end = tokio::time::sleep(patience);
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
            Err(Gone::SpentDeliveries) => {
                replies.push(ended(message, "403::Organization total events daily limit exceeded"));
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
    /// What is there is more than the org may deliver today.
    SpentDeliveries,
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
        let now = org.now();
        let mut messages = Vec::new();
        for (channel, (topic, position)) in &mut client.subscriptions {
            let (mut events, mut reached) = org.events.after(*position, topic, AT_ONCE, now);
            let granted = org.budget.deliver(events.len(), now);
            if granted < events.len() {
                if granted == 0 && messages.is_empty() {
                    return Err(Gone::SpentDeliveries);
                }
                events.truncate(granted);
                reached = events.last().map_or(*position, |event| event.replay_id);
            }
            *position = reached;
            client.delivered += u64::try_from(granted).unwrap_or(0);
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
