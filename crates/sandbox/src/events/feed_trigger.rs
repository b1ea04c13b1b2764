//! What the project's Apex triggers publish, emulated: `Portal_Feed_Event__e` for whatever is said on a case.
//!
//! The rules are those of `PortalFeedEvents` and its three triggers in the SFDX project; they run when the org's schema has the event.

use std::collections::HashSet;

use crate::{
    records::{Published, Record, Touched},
    schema::{ObjectKind, Schema},
};

const EVENT: &str = "Portal_Feed_Event__e";
const OBJECTS: &[&str] = &["FeedItem", "FeedComment", "CaseComment"];
/// Posts the org makes by itself run no insert trigger.
const SYSTEM_POSTS: &[&str] =
    &["CreateRecordEvent", "TrackedChange", "ChangeStatusPost", "CallLogPost", "EmailMessageEvent", "CaseCommentPost"];
/// Counters on a feed item move without a trigger.
const COUNTERS: &[&str] = &["CommentCount", "LikeCount", "BestCommentId"];

pub(super) fn published(schema: &Schema, touched: &[Touched<'_>]) -> Vec<Published> {
    let Some(event) = schema.object(EVENT).filter(|object| object.kind == ObjectKind::PlatformEvent) else {
        return Vec::new();
    };
    // Salesforce runs no triggers on what goes because something above it goes.
    let deleted: HashSet<&str> = touched
        .iter()
        .filter(|touched| touched.after.is_some_and(Record::is_deleted))
        .map(|touched| touched.id)
        .collect();
    let said = touched.iter().filter(|touched| OBJECTS.contains(&touched.object));
    said.filter_map(|touched| {
        let record = touched.after?;
        let operation = operation(touched.before, record)?;
        let parent = record.text("ParentId")?;
        let of_case = schema.object_of_id(parent).is_some_and(|object| object.name == "Case");
        let goes_along = operation == "delete"
            && (deleted.contains(parent) || record.text("FeedItemId").is_some_and(|item| deleted.contains(item)));
        if !of_case || goes_along {
            return None;
        }
        let values = [
            ("Record_Id__c", record.id()),
            ("Case_Id__c", parent),
            ("Operation__c", operation),
            ("Object__c", touched.object),
        ];
        let mut fields = Record::default();
        for (name, value) in values.into_iter().filter(|(name, _)| event.field(name).is_some()) {
            fields.set(name, value);
        }
        Some(Published { object: event.name.clone(), id: None, fields })
    })
    .collect()
}

/// The word of the trigger that runs, if any does.
fn operation(before: Option<&Record>, after: &Record) -> Option<&'static str> {
    match before {
        None if after.is_deleted() => None,
        None => {
            let by_system = after.text("Type").is_some_and(|kind| SYSTEM_POSTS.contains(&kind));
            (!by_system).then_some("insert")
        }
        Some(before) => match (before.is_deleted(), after.is_deleted()) {
            (false, true) => Some("delete"),
            (true, false) => Some("undelete"),
            (true, true) => None,
            (false, false) => (!same_but_counters(before, after)).then_some("update"),
        },
    }
}

fn same_but_counters(before: &Record, after: &Record) -> bool {
    let fields = before.fields().chain(after.fields()).map(|(name, _)| name);
    fields.filter(|name| !COUNTERS.contains(name)).all(|name| before.get(name) == after.get(name))
}
