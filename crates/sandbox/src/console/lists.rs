//! All objects, and the records of one, newest first.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{missing, page, shown};
use crate::{
    org::Org,
    records::{Database, Record},
    schema::{Field, FieldKind, Object, ObjectKind},
};

const PER_PAGE: usize = 50;
const NEWEST_CASES: usize = 8;
/// The org's own furniture, listed last.
const FURNITURE: [&str; 9] = [
    "CaseStatus",
    "EntityDefinition",
    "Group",
    "Organization",
    "PermissionSet",
    "Pricebook2",
    "Profile",
    "RecordType",
    "User",
];

/// GET `/`
pub(super) async fn home(State(org): State<Arc<Org>>) -> Markup {
    org.read(|database| {
        let (furniture, objects): (Vec<_>, Vec<_>) = org
            .schema
            .objects()
            .filter(|object| object.kind != ObjectKind::PlatformEvent)
            .map(|object| (object, database.count(&object.name)))
            .filter(|(_, count)| *count > 0)
            .partition(|(object, _)| FURNITURE.contains(&object.name.as_str()));
        let cases: Vec<&Record> =
            database.records("Case").rev().filter(|case| !case.is_deleted()).take(NEWEST_CASES).collect();
        page(
            "Records",
            html! {
                h1 { "What is in the org" }
                section aria-labelledby="cases" {
                    h2 #cases { "Newest cases" }
                    @if cases.is_empty() {
                        p.empty { "No case yet. Post a comment on a course in the portal, and its case appears here." }
                    } @else if let Some(object) = org.schema.object("Case") {
                        (table(database, object, &cases))
                    }
                }
                section aria-labelledby="objects" {
                    h2 #objects { "Objects with records" }
                    ul.cards {
                        @for (object, count) in objects.into_iter().chain(furniture) {
                            li {
                                a href={ "/console/objects/" (object.name) } {
                                    strong { (object.label_plural) }
                                    span.count { (count) }
                                    code { (object.name) }
                                }
                            }
                        }
                    }
                }
            },
        )
    })
}

#[derive(Deserialize)]
pub(super) struct Place {
    /// From one.
    page: Option<usize>,
}

/// GET `/console/objects/{object}`
pub(super) async fn object(
    State(org): State<Arc<Org>>,
    Path(name): Path<String>,
    Query(place): Query<Place>,
) -> Response {
    let Some(object) = org.schema.object(&name) else { return missing() };
    let number = place.page.unwrap_or(1).max(1);
    org.read(|database| {
        let total = database.count(&object.name);
        let live = database.records(&object.name).rev().filter(|record| !record.is_deleted());
        let records: Vec<&Record> = live.skip((number - 1).saturating_mul(PER_PAGE)).take(PER_PAGE).collect();
        page(
            &object.label_plural,
            html! {
                nav.crumbs aria-label="Breadcrumb" { a href="/" { "All objects" } }
                h1 { (object.label_plural) " " span.quiet { (total) } }
                @if records.is_empty() {
                    p.empty { "No records here." }
                } @else {
                    (table(database, object, &records))
                }
                @if total > PER_PAGE {
                    nav.pages aria-label="Pages" {
                        @if number > 1 { a href={ "?page=" (number - 1) } rel="prev" { "Newer" } }
                        span { "Page " (number) " of " (total.div_ceil(PER_PAGE)) }
                        @if number * PER_PAGE < total { a href={ "?page=" (number + 1) } rel="next" { "Older" } }
                    }
                }
            },
        )
    })
    .into_response()
}

/// A name with a link, a few telling fields, who and when.
pub(super) fn table(database: &Database, object: &Object, records: &[&Record]) -> Markup {
    let columns = columns(object);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(object.label_plural) {
            table {
                thead {
                    tr {
                        th scope="col" { (object.label) }
                        @for field in &columns { th scope="col" { (field.label) } }
                    }
                }
                tbody {
                    @for record in records {
                        tr {
                            th scope="row" {
                                a href={ "/console/records/" (record.id()) } { (shown::title(object, record)) }
                            }
                            @for field in &columns {
                                td { (shown::value(database, field, record.get(&field.name))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn columns(object: &Object) -> Vec<&Field> {
    let chosen: &[&str] = match object.name.as_str() {
        "Case" => &["Status", "Course__c", "ContactId", "CreatedDate"],
        "FeedItem" => &["ParentId", "Visibility", "CreatedById", "CreatedDate"],
        "FeedComment" => &["FeedItemId", "CreatedById", "CreatedDate"],
        "CaseComment" => &["ParentId", "IsPublished", "CreatedById", "CreatedDate"],
        "Contact" => &["AccountId", "Email", "CreatedDate"],
        "User" => &["Username", "IsActive"],
        "Portal_Post__c" => &["Author_Name__c", "Case__c", "Visibility__c", "CreatedDate"],
        _ => &[],
    };
    if !chosen.is_empty() {
        return chosen.iter().filter_map(|name| object.field(name)).collect();
    }
    let custom = object
        .fields()
        .filter(|field| {
            field.custom && !matches!(field.kind, FieldKind::LongTextArea | FieldKind::RichTextArea | FieldKind::Url)
        })
        .take(3);
    custom.chain(object.field("CreatedDate")).collect()
}
