//! A case's feed, and forms to answer in it as Riley Reviewer, who works in the org.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{missing, page, shown};
use crate::{
    org::{Org, Writer},
    records::{Authority, Database, Record},
    seed,
};

/// Objects whose records make up what is said on a case.
pub(super) const SAID: [&str; 3] = ["FeedItem", "CaseComment", "EmailMessage"];

/// Oldest first, with the form for a new post at the end.
pub(super) fn feed(database: &Database, case: &Record) -> Markup {
    let mut said: Vec<&Record> = SAID
        .iter()
        .flat_map(|object| database.referring(object, "ParentId", case.id()))
        .filter(|record| !record.is_deleted())
        .collect();
    said.sort_by_key(|record| (record.text("CreatedDate").unwrap_or_default(), record.id()));
    let ledger = database.referring("Portal_Post__c", "Case__c", case.id());
    let author = |item: &Record| {
        let row = ledger.iter().find(|row| row.text("Feed_Item__c") == Some(item.id()));
        row.and_then(|row| row.text("Author_Name__c"))
    };
    html! {
        section.feed aria-labelledby="feed" {
            h2 #feed { "Feed" }
            @if said.is_empty() { p.empty { "Nothing was said here yet." } }
            @for item in said {
                (entry(database, item, author(item)))
            }
            form.composer method="post" action={ "/console/records/" (case.id()) "/posts" } {
                label for="body" { "Post as Riley Reviewer" }
                textarea #body name="body" rows="3" maxlength="10000" required {}
                div.actions {
                    label for="visibility" { "Who can see it" }
                    select #visibility name="visibility" {
                        option value="AllUsers" { "Everybody on the case" }
                        option value="InternalUsers" { "Internal users only" }
                    }
                    button.primary type="submit" { "Post" }
                }
            }
        }
    }
}

fn by(database: &Database, record: &Record) -> Markup {
    html! {
        strong { (record.text("CreatedById").map(|id| shown::link(database, id)).unwrap_or_default()) }
        " " span.quiet { (shown::moment(record.text("CreatedDate").unwrap_or_default())) }
    }
}

fn entry(database: &Database, item: &Record, author: Option<&str>) -> Markup {
    let object = database.schema().object_of_id(item.id());
    let kind = object.map_or("", |object| object.label.as_str());
    let is_item = kind == "Feed Item";
    let internal = if is_item {
        item.text("Visibility") == Some("InternalUsers")
    } else {
        kind == "Case Comment" && item.get("IsPublished") != &Value::Bool(true)
    };
    let body = ["Body", "CommentBody", "TextBody", "Subject"].into_iter().find_map(|field| item.text(field));
    let replies = database.referring("FeedComment", "FeedItemId", item.id());
    html! {
        article.post.internal[internal] id=(item.id()) {
            header {
                (by(database, item))
                @if let Some(author) = author { " " span.tag { "for " (author) } }
                @if internal { " " span.tag.internal { "internal" } }
                @if !is_item { " " span.tag { (kind) } }
            }
            @match body {
                Some(body) => p.text { (body) },
                None => p.quiet { (item.text("Type").unwrap_or("No text")) },
            }
            p.quiet { a href={ "/console/records/" (item.id()) } { "Record" } }
            @for reply in replies.into_iter().filter(|reply| !reply.is_deleted()) {
                div.reply id=(reply.id()) {
                    (by(database, reply))
                    p.text { (reply.text("CommentBody").unwrap_or_default()) }
                }
            }
            @if is_item {
                details {
                    summary { "Reply" }
                    form.composer method="post" action={ "/console/records/" (item.id()) "/replies" } {
                        label for={ "reply-" (item.id()) } { "Reply as Riley Reviewer" }
                        textarea id={ "reply-" (item.id()) } name="body" rows="2" maxlength="10000" required {}
                        div.actions { button.primary type="submit" { "Reply" } }
                    }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Post {
    body: String,
    visibility: Option<String>,
}

/// POST `/console/records/{case}/posts`
pub(super) async fn post(State(org): State<Arc<Org>>, Path(case): Path<String>, Form(form): Form<Post>) -> Response {
    let visibility = form.visibility.unwrap_or_else(|| "AllUsers".to_owned());
    let fields = json!({ "ParentId": case, "Body": form.body, "Visibility": visibility });
    write(&org, "FeedItem", fields, &case).await
}

/// POST `/console/records/{feed item}/replies`
pub(super) async fn reply(State(org): State<Arc<Org>>, Path(item): Path<String>, Form(form): Form<Post>) -> Response {
    let parent = org.read(|database| {
        let item = database.get_of("FeedItem", &item)?;
        item.text("ParentId").map(str::to_owned)
    });
    let Some(parent) = parent else { return missing() };
    let fields = json!({ "FeedItemId": item, "CommentBody": form.body });
    write(&org, "FeedComment", fields, &parent).await
}

/// Makes the record as Riley and goes back to the page of `parent`.
async fn write(org: &Arc<Org>, object: &'static str, fields: Value, parent: &str) -> Response {
    let writer = Writer::within(seed::RILEY_ID);
    let made = org
        .transact(writer, move |transaction| {
            let empty = Map::new();
            transaction.insert(object, fields.as_object().unwrap_or(&empty), Authority::User)
        })
        .await;
    match made {
        Ok(id) => Redirect::to(&format!("/console/records/{parent}#{id}")).into_response(),
        Err(error) => {
            let content = html! {
                h1 { "The org refused it" }
                p { code { (error.code) } " " (error.message) }
                p { a href={ "/console/records/" (parent) } { "Back to the case" } }
            };
            (error.status, page("Refused", content)).into_response()
        }
    }
}
