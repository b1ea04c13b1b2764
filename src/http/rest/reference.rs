//! The page on which to read and try the API. What it lists is the OpenAPI document itself; it needs no script.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{document::openapi, parameters::Query};
use crate::{
    app::{
        pages::{self, Operation, Parameter, ParameterPlace},
        routes,
    },
    http::{AppState, view::View},
};

/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) async fn show(State(state): State<AppState>, view: View) -> Response {
    view.page(StatusCode::OK, pages::api_reference(&view.frame, &operations(), &state.web().origin()))
}

/// From a form's fields to the address they make: a browser can't fill in a path by itself. Only reads are tried this way.
pub(crate) async fn go(query: Query) -> Response {
    let all = operations();
    let wanted = query.iter().find(|(name, _)| *name == "operation").map_or("", |(_, value)| value);
    let Some(operation) = all.iter().find(|operation| operation.method == "GET" && operation.id == wanted) else {
        return Redirect::to(routes::API).into_response();
    };
    let mut path = operation.path.clone();
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    let mut asked = false;
    for parameter in &operation.parameters {
        let value = query.iter().find(|(name, _)| *name == parameter.name).map_or("", |(_, value)| value.trim());
        match parameter.place {
            ParameterPlace::Path => {
                let encoded = utf8_percent_encode(value, RESERVED).to_string();
                path = path.replace(&format!("{{{}}}", parameter.name), &encoded);
            }
            ParameterPlace::Query if !value.is_empty() => {
                rest.append_pair(&parameter.name, value);
                asked = true;
            }
            ParameterPlace::Query | ParameterPlace::Header => {}
        }
    }
    let rest = if asked { format!("?{}", rest.finish()) } else { String::new() };
    Redirect::to(&format!("{path}{rest}")).into_response()
}

/// In the document's order.
fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(openapi()).unwrap_or_default();
    let mut found = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            found.push(read(&document, path, method, operation));
        }
    }
    found
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    Operation {
        id: text(operation, "/operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        group: text(operation, "/tags/0"),
        summary: text(operation, "/summary"),
        description: text(operation, "/description"),
        parameters: operation
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|parameter| {
                let place = match parameter.get("in")?.as_str()? {
                    "path" => ParameterPlace::Path,
                    "query" => ParameterPlace::Query,
                    _ => ParameterPlace::Header,
                };
                Some(Parameter {
                    name: text(parameter, "/name"),
                    place,
                    required: parameter.get("required").and_then(Value::as_bool).unwrap_or_default(),
                    says: text(parameter, "/description"),
                    example: text(parameter, "/example"),
                })
            })
            .collect(),
        body: body.map(|schema| serde_json::to_string_pretty(&example(document, schema)).unwrap_or_default()),
        answers: operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(status, response)| (status.clone(), text(response, "/description")))
            .collect(),
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A body that a schema allows, from its examples.
fn example(document: &Value, schema: &Value) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return document.pointer(name.trim_start_matches('#')).map_or(Value::Null, |schema| example(document, schema));
    }
    if let Some(options) = schema.get("oneOf").and_then(Value::as_array) {
        return options.last().map_or(Value::Null, |schema| example(document, schema));
    }
    if let Some(first) = schema.pointer("/enum/0") {
        return first.clone();
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        return properties.iter().map(|(name, schema)| (name.clone(), example(document, schema))).collect();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") if schema.get("format").and_then(Value::as_str) == Some("uuid") => {
            "00000000-0000-4000-8000-000000000000".into()
        }
        Some("string") => "…".into(),
        Some("boolean") => false.into(),
        Some("array") => Value::Array(Vec::new()),
        _ => Value::Null,
    }
}
