//! The Tooling API as far as clients of the Pub/Sub API use it: managed event subscriptions.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Call, Caller, Reply};
use crate::{
    coverage,
    error::ApiError,
    events::{Managed, SetupError},
    org::Org,
    schema::{ManagedEventSubscription, Schema},
    soql::{self, Rows, Scope, Settings},
};

const OBJECT: &str = "ManagedEventSubscription";

/// Rows of the one object there is.
struct Subscriptions(Vec<Map<String, Value>>);

impl Rows for Subscriptions {
    type Row = Map<String, Value>;

    fn rows<'a>(&'a self, _object: &str) -> Box<dyn Iterator<Item = &'a Self::Row> + 'a> {
        Box::new(self.0.iter())
    }

    fn get(&self, _object: &str, id: &str) -> Option<&Self::Row> {
        self.0.iter().find(|row| row.get("Id").is_some_and(|own| own == id))
    }

    fn lookup_equal(&self, _object: &str, _field: &str, _value: &Value) -> Option<Vec<&Self::Row>> {
        None
    }
}

fn row(managed: &Managed) -> Map<String, Value> {
    let settings = &managed.settings;
    let row = json!({
        "Id": managed.id,
        "DeveloperName": settings.developer_name,
        "FullName": settings.developer_name,
        "MasterLabel": settings.label,
        "Language": "en_US",
        "TopicName": settings.topic_name,
        "DefaultReplay": settings.default_replay,
        "ErrorRecoveryReplay": settings.error_recovery_replay,
        "State": settings.state,
        "Metadata": {
            "label": settings.label,
            "topicName": settings.topic_name,
            "defaultReplay": settings.default_replay,
            "errorRecoveryReplay": settings.error_recovery_replay,
            "state": settings.state,
            "urls": null,
            "version": null,
        },
    });
    row.as_object().cloned().unwrap_or_default()
}

/// GET `tooling/query`
pub(super) fn query(caller: &Caller, call: &Call) -> Result<Reply, ApiError> {
    let text =
        call.parameter("q").ok_or_else(|| ApiError::bad("MALFORMED_QUERY", "The query parameter q is missing"))?;
    let query = soql::parse(text)?;
    if !query.object_name().eq_ignore_ascii_case(OBJECT) {
        return Err(coverage::not_emulated("Tooling", &format!("tooling/query of {}", query.object_name())));
    }
    let rows = Subscriptions(caller.org.managed.all().iter().map(row).collect());
    let settings = Settings::new(caller.org.now().to_jiff(), Scope::Live, &caller.version);
    let mut result = soql::run(&query, &Schema::tooling(), &rows, &settings)?;
    for row in &mut result.rows {
        let url = row.pointer_mut("/attributes/url");
        if let Some(Value::String(url)) = url {
            *url = url.replacen("/sobjects/", "/tooling/sobjects/", 1);
        }
    }
    Ok(Reply::ok(json!({
        "size": result.rows.len(),
        "totalSize": result.total,
        "done": true,
        "queryLocator": null,
        "entityTypeName": OBJECT,
        "records": result.rows,
    })))
}

/// `tooling/sobjects/ManagedEventSubscription` and what is beneath it. What it changed is kept before it is answered.
///
/// # Errors
/// No such subscription, or settings that Salesforce wouldn't take.
pub(super) async fn managed_event_subscription(
    caller: &Caller,
    call: &Call,
    beneath: &[&str],
) -> Result<Reply, ApiError> {
    let org = &caller.org;
    let known = |key: &str| org.managed.find(key).filter(|managed| managed.id.starts_with(key));
    match (call.method.as_str(), beneath) {
        ("POST", []) => {
            let settings = settings(call.object()?, None)?;
            let id = org.add_managed(settings).map_err(refused)?;
            keep(org).await?;
            Ok(Reply::with_status(
                StatusCode::CREATED,
                json!({ "id": id, "success": true, "errors": [], "warnings": [], "infos": [] }),
            ))
        }
        ("GET", [key]) => {
            let managed = known(key).ok_or_else(ApiError::not_found)?;
            let url = format!("/services/data/v{}/tooling/sobjects/{OBJECT}/{}", caller.version, managed.id);
            let mut body = Map::from_iter([("attributes".to_owned(), json!({ "type": OBJECT, "url": url }))]);
            body.extend(row(&managed));
            Ok(Reply::ok(Value::Object(body)))
        }
        ("PATCH", [key]) => {
            let managed = known(key).ok_or_else(ApiError::not_found)?;
            org.set_up_managed(settings(call.object()?, Some(&managed.settings))?).map_err(refused)?;
            keep(org).await?;
            Ok(Reply::no_content())
        }
        ("DELETE", [key]) => {
            let managed = known(key).ok_or_else(ApiError::not_found)?;
            org.remove_managed(&managed.id);
            keep(org).await?;
            Ok(Reply::no_content())
        }
        _ => Err(ApiError::not_found()),
    }
}

async fn keep(org: &Org) -> Result<(), ApiError> {
    org.keep_managed().await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "journal.write");
        let message = "the sandbox could not write its data file";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
    })
}

fn refused(error: SetupError) -> ApiError {
    let code = match error {
        SetupError::Topic => "INVALID_INPUT",
        SetupError::Name => "DUPLICATE_DEVELOPER_NAME",
    };
    ApiError::bad(code, error.to_string())
}

/// `{FullName | DeveloperName, Metadata: {…}}`; in a change, what is left out stays.
fn settings(
    body: &Map<String, Value>,
    before: Option<&ManagedEventSubscription>,
) -> Result<ManagedEventSubscription, ApiError> {
    let unknown =
        body.keys().find(|name| !["FullName", "DeveloperName", "MasterLabel", "Metadata"].contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(ApiError::bad("INVALID_FIELD", format!("No such column '{name}' on sobject of type {OBJECT}")));
    }
    let mut metadata = match before {
        Some(before) => serde_json::to_value(before).ok().and_then(|value| value.as_object().cloned()),
        None => None,
    }
    .unwrap_or_default();
    if let Some(changed) = body.get("Metadata").and_then(Value::as_object) {
        metadata.extend(
            changed.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    if let (None, Some(name)) = (before, body.get("FullName").or_else(|| body.get("DeveloperName"))) {
        metadata.insert("developerName".to_owned(), name.clone());
    }
    let settings: ManagedEventSubscription =
        serde_json::from_value(Value::Object(metadata)).map_err(|error| ApiError::json(error.to_string()))?;
    settings.check().map_err(|reason| ApiError::bad("INVALID_INPUT", reason))?;
    Ok(settings)
}
