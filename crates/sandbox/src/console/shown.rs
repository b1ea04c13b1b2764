//! How a record and its values read to a person.

use maud::{Markup, html};
use serde_json::Value;

use crate::{
    clock::parse_datetime,
    records::{Database, Record},
    schema::{Field, FieldKind, Object},
};

const TITLE_CHARS: usize = 70;

/// The first line, not too long.
pub(super) fn shortened(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let mut shortened: String = line.chars().take(TITLE_CHARS).collect();
    if shortened.len() < text.trim().len() {
        shortened.push('…');
    }
    shortened
}

/// What a person would call the record.
pub(super) fn title(object: &Object, record: &Record) -> String {
    let text = |field: &str| record.text(field).filter(|text| !text.is_empty());
    if object.name == "Case" {
        return [text("CaseNumber"), text("Subject")].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    }
    if let Some(body) = text("Body").or_else(|| text("CommentBody")).or_else(|| text("Subject")) {
        return shortened(body);
    }
    let own_name = object.fields().find(|field| is_own_name(object, field)).and_then(|field| text(&field.name));
    let name = object.name_field().and_then(|field| text(&field.name));
    own_name.or(name).map_or_else(|| record.id().to_owned(), shortened)
}

/// `Course_Name__c` of `Course__c`, `Organization_Name__c` of `Publisher_Organization__c`.
fn is_own_name(object: &Object, field: &Field) -> bool {
    let stem = object.name.strip_suffix("__c");
    let named = field.name.strip_suffix("_Name__c").filter(|_| field.kind == FieldKind::String);
    matches!((stem, named), (Some(stem), Some(named)) if stem.ends_with(named))
}

/// A link to the record with an id, or the id alone where it leads nowhere.
pub(super) fn link(database: &Database, id: &str) -> Markup {
    match (database.schema().object_of_id(id), database.get(id)) {
        (Some(object), Some(record)) => html! {
            a href={ "/console/records/" (id) } { (title(object, record)) }
            @if record.is_deleted() { " " span.tag.gone { "deleted" } }
        },
        _ => html! { code { (id) } },
    }
}

pub(super) fn moment(text: &str) -> Markup {
    match parse_datetime(text) {
        Some(moment) => html! {
            time datetime=(moment.to_rfc3339()) { (moment.to_jiff().strftime("%-d %b %Y, %H:%M:%S UTC")) }
        },
        None => html! { (text) },
    }
}

/// One value as its field's kind reads best.
pub(super) fn value(database: &Database, field: &Field, value: &Value) -> Markup {
    match (field.kind, value) {
        (_, Value::Null) => html! { span.quiet { "–" } },
        (FieldKind::Reference, Value::String(id)) => link(database, id),
        (FieldKind::Id, Value::String(id)) => html! { code { (id) } },
        (FieldKind::DateTime, Value::String(text)) => moment(text),
        (_, Value::Bool(yes)) => html! { @if *yes { "Yes" } @else { "No" } },
        (FieldKind::Url, Value::String(url)) if url.starts_with("http://") || url.starts_with("https://") => {
            html! { a href=(url) rel="noreferrer" { (url) } }
        }
        (_, Value::String(text)) => html! { span.text { (text) } },
        (_, other) => html! { (other.to_string()) },
    }
}
