//! XML and JSON: one answer is written as the caller speaks, and what is said of a job is read from either.

use std::fmt::Write as _;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::refused::{Refused, refused};
use crate::{
    bulk::{task::Format, xml::NAMESPACE},
    xml::{Element, escape},
};

/// An answer that isn't tied to one notation yet.
pub(super) enum Told {
    /// The element's name and its children in order.
    Element(&'static str, Vec<(&'static str, Value)>),
    Batches(Vec<Vec<(&'static str, Value)>>),
    Results(Vec<String>),
    Raw(&'static str, Body),
}

pub(super) fn raw_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv;charset=UTF-8",
        Format::Json => "application/json;charset=UTF-8",
        Format::Xml => "application/xml",
    }
}

/// The fields of a `jobInfo`, from JSON or XML.
pub(super) fn read_info(body: &[u8], content_type: &str) -> Result<Map<String, Value>, Refused> {
    if content_type.starts_with("application/json") {
        return match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(refused("InvalidJob", "The job must be a JSON object")),
            Err(error) => Err(refused(
                "InvalidJob",
                format!("Unable to parse Job: line {}, column {}", error.line(), error.column()),
            )),
        };
    }
    if !content_type.contains("xml") {
        return Err(refused("InvalidJob", format!("Unsupported content type {content_type}: use XML or JSON")));
    }
    read_xml(body).ok_or_else(|| refused("InvalidJob", "Unable to parse Job"))
}

/// The children of a `jobInfo` by name; `None` when it isn't XML or is another document.
fn read_xml(body: &[u8]) -> Option<Map<String, Value>> {
    let info = Element::read(std::str::from_utf8(body).ok()?).filter(|document| document.name == "jobInfo")?;
    Some(info.children.into_iter().map(|field| (field.name, field.text.trim().into())).collect())
}

pub(super) fn respond(status: StatusCode, told: Told, json: bool) -> Response {
    let map = |fields: Vec<(&'static str, Value)>| {
        Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let (content_type, text) = match (told, json) {
        (Told::Raw(content_type, bytes), _) => {
            return (status, [(header::CONTENT_TYPE, content_type)], bytes).into_response();
        }
        (Told::Element(_, fields), true) => ("application/json;charset=UTF-8", map(fields).to_string()),
        (Told::Batches(batches), true) => {
            let batches: Vec<Value> = batches.into_iter().map(map).collect();
            ("application/json;charset=UTF-8", json!({ "batchInfo": batches }).to_string())
        }
        (Told::Results(ids), true) => ("application/json;charset=UTF-8", json!(ids).to_string()),
        (Told::Element(name, fields), false) => ("application/xml", document(name, &elements(&fields))),
        (Told::Batches(batches), false) => {
            let mut inner = String::new();
            for batch in batches {
                let _ = write!(inner, "<batchInfo>{}</batchInfo>", elements(&batch));
            }
            ("application/xml", document("batchInfoList", &inner))
        }
        (Told::Results(ids), false) => {
            let inner: String = ids.iter().map(|id| format!("<result>{id}</result>")).collect();
            ("application/xml", document("result-list", &inner))
        }
    };
    (status, [(header::CONTENT_TYPE, content_type)], text).into_response()
}

fn elements(fields: &[(&'static str, Value)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), escape);
        let _ = write!(text, "<{name}>{value}</{name}>");
    }
    text
}

fn document(name: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name} xmlns=\"{NAMESPACE}\">{inner}</{name}>")
}
