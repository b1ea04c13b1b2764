//! One record: its fields, with links to what it refers to, and lists of what refers to it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use domain::SalesforceId;
use maud::{Markup, html};

use super::{feed, lists, missing, page, shown};
use crate::{
    org::Org,
    records::{Database, Record},
    schema::Object,
};

const RELATED: usize = 10;

/// GET `/console/records/{id}`
pub(super) async fn record(State(org): State<Arc<Org>>, Path(id): Path<String>) -> Response {
    let Ok(id) = SalesforceId::new(&id) else { return missing() };
    org.read(|database| {
        let object = org.schema.object_of_id(id.as_str())?;
        let record = database.get(id.as_str())?;
        let title = shown::title(object, record);
        let content = html! {
            nav.crumbs aria-label="Breadcrumb" {
                a href="/" { "All objects" }
                a href={ "/console/objects/" (object.name) } { (object.label_plural) }
            }
            h1 { (title) @if record.is_deleted() { " " span.tag.gone { "deleted" } } }
            @if object.name == "Case" {
                div.columns {
                    (feed::feed(database, record))
                    div { (fields(database, object, record)) }
                }
            } @else {
                (fields(database, object, record))
            }
            (related(database, object, record))
        };
        Some(page(&title, content))
    })
    .map_or_else(missing, IntoResponse::into_response)
}

fn fields(database: &Database, object: &Object, record: &Record) -> Markup {
    html! {
        section.panel aria-labelledby="fields" {
            h2 #fields { "Fields" }
            dl {
                @for field in object.fields().filter(|field| !record.get(&field.name).is_null()) {
                    div {
                        dt { (field.label) br; code { (field.name) } }
                        dd { (shown::value(database, field, record.get(&field.name))) }
                    }
                }
            }
        }
    }
}

/// Newest first; a case's feed is on the page already.
fn related(database: &Database, object: &Object, record: &Record) -> Markup {
    let schema = database.schema();
    html! {
        @for child in &object.children {
            @if let (Some(child_object), Some(_)) = (schema.object(&child.child_object), &child.relationship_name) {
                @let referring = database.referring(&child_object.name, &child.field, record.id());
                @let records = referring.into_iter().rev().filter(|record| !record.is_deleted()).collect::<Vec<_>>();
                @let in_feed = object.name == "Case" && feed::SAID.contains(&child_object.name.as_str());
                @if !records.is_empty() && !in_feed {
                    section {
                        h2 { (child_object.label_plural) " " span.quiet { (records.len()) } }
                        (lists::table(database, child_object, records.get(..RELATED).unwrap_or(&records)))
                        @if records.len() > RELATED {
                            p { a href={ "/console/objects/" (child_object.name) } { "All " (child_object.label_plural) } }
                        }
                    }
                }
            }
        }
    }
}
