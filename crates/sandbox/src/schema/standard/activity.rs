//! Calendar events.

use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::Object,
};

pub(super) fn event() -> Object {
    let mut subject = Field::new("Subject", "Subject", FieldKind::Combobox).naming();
    subject.picklist = Field::picklist("", "", &["Call", "Email", "Meeting", "Other"]).picklist;
    Object::standard("Event", "Event", "Events", "00U")
        .with(
            Field::reference("WhoId", "Name ID", "Who", &["Contact"])
                .children_as("Events")
                .on_delete(OnDelete::Cascade),
        )
        .with(
            Field::reference("WhatId", "Related To ID", "What", &["Account", "Case", "Opportunity", "Product2"])
                .children_as("Events")
                .on_delete(OnDelete::Cascade),
        )
        .with(subject)
        .with(Field::text("Location", "Location", 255))
        .with(Field::boolean("IsAllDayEvent", "All-Day Event"))
        .with(Field::new("ActivityDateTime", "Due Date Time", FieldKind::DateTime))
        .with(Field::new("ActivityDate", "Due Date Only", FieldKind::Date))
        .with(Field::new("DurationInMinutes", "Duration", FieldKind::Int))
        .with(Field::new("StartDateTime", "Start Date Time", FieldKind::DateTime))
        .with(Field::new("EndDateTime", "End Date Time", FieldKind::DateTime))
        .with(Field::long_text("Description", "Description", 32_000))
        .with(Field::reference("AccountId", "Account ID", "Account", &["Account"]).read_only())
        .owned_by_user()
        .with(Field::boolean("IsPrivate", "Private"))
        .with(Field::picklist("ShowAs", "Show Time As", &["*Busy", "OutOfOffice", "Free"]).restricted())
        .with(Field::boolean("IsArchived", "Archived").read_only())
}
