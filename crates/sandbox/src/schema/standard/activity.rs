//! Calendar events and tasks.

use super::locale::TIME_ZONES;
use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::Object,
};

/// How an activity comes again. It is kept; no further activities are made of it.
fn recurrence(object: &str) -> [Field; 10] {
    let choice = |name: &str, label: &str, values: &[&str]| Field::picklist(name, label, values).restricted();
    let number = |name: &str, label: &str| Field::new(name, label, FieldKind::Int);
    [
        Field::boolean("IsRecurrence", "Create Recurring Series of Activities").create_only(),
        Field::reference("RecurrenceActivityId", "Recurrence Activity ID", "RecurrenceActivity", &[object])
            .read_only()
            .children_as(&format!("Recurring{object}s")),
        Field::new("RecurrenceEndDateOnly", "Recurrence End", FieldKind::Date),
        choice("RecurrenceTimeZoneSidKey", "Recurrence Time Zone", TIME_ZONES),
        choice(
            "RecurrenceType",
            "Recurrence Type",
            &[
                "RecursDaily",
                "RecursEveryWeekday",
                "RecursMonthly",
                "RecursMonthlyNth",
                "RecursWeekly",
                "RecursYearly",
                "RecursYearlyNth",
            ],
        ),
        number("RecurrenceInterval", "Recurrence Interval"),
        number("RecurrenceDayOfWeekMask", "Recurrence Day of Week Mask"),
        number("RecurrenceDayOfMonth", "Recurrence Day of Month"),
        choice("RecurrenceInstance", "Recurrence Instance", &["First", "Second", "Third", "Fourth", "Last"]),
        choice(
            "RecurrenceMonthOfYear",
            "Recurrence Month of Year",
            &[
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        ),
    ]
}

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
        .with(Field::boolean("IsChild", "Is Child").read_only())
        .with(Field::boolean("IsGroupEvent", "Is Group Event").read_only())
        .with(Field::boolean("IsArchived", "Archived").read_only())
        .with(Field::new("ReminderDateTime", "Reminder Date/Time", FieldKind::DateTime))
        .with(Field::boolean("IsReminderSet", "Reminder Set"))
        .with_all(recurrence("Event"))
        .with(Field::new("RecurrenceStartDateTime", "Recurrence Start", FieldKind::DateTime).create_only())
        .with(Field::picklist("EventSubtype", "Event Subtype", &["*Event"]).restricted().create_only())
}

pub(super) fn task() -> Object {
    let mut subject = Field::new("Subject", "Subject", FieldKind::Combobox).naming();
    subject.picklist = Field::picklist("", "", &["Call", "Email", "Send Letter", "Send Quote", "Other"]).picklist;
    Object::standard("Task", "Task", "Tasks", "00T")
        .with(
            Field::reference("WhoId", "Name ID", "Who", &["Contact"]).children_as("Tasks").on_delete(OnDelete::Cascade),
        )
        .with(
            Field::reference("WhatId", "Related To ID", "What", &["Account", "Case", "Opportunity", "Product2"])
                .children_as("Tasks")
                .on_delete(OnDelete::Cascade),
        )
        .with(subject)
        .with(Field::new("ActivityDate", "Due Date Only", FieldKind::Date))
        .with(
            Field::picklist(
                "Status",
                "Status",
                &["*Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"],
            )
            .closing(&["Completed"])
            .required(),
        )
        .with(Field::picklist("Priority", "Priority", &["High", "*Normal", "Low"]).required())
        .with(Field::boolean("IsHighPriority", "High Priority").read_only())
        .owned()
        .with(Field::long_text("Description", "Description", 32_000))
        .with(Field::reference("AccountId", "Account ID", "Account", &["Account"]).read_only())
        .with(Field::boolean("IsClosed", "Closed").read_only())
        .with(Field::boolean("IsArchived", "Archived").read_only())
        .with(Field::new("CallDurationInSeconds", "Call Duration", FieldKind::Int))
        .with(Field::picklist("CallType", "Call Type", &["Internal", "Inbound", "Outbound"]).restricted())
        .with(Field::text("CallDisposition", "Call Result", 255))
        .with(Field::text("CallObject", "Call Object Identifier", 255))
        .with(Field::new("ReminderDateTime", "Reminder Date/Time", FieldKind::DateTime))
        .with(Field::boolean("IsReminderSet", "Reminder Set"))
        .with_all(recurrence("Task"))
        .with(Field::new("RecurrenceStartDateOnly", "Recurrence Start", FieldKind::Date).create_only())
        .with(
            Field::picklist(
                "RecurrenceRegeneratedType",
                "Repeat This Task",
                &["RecurrenceRegenerateAfterDueDate", "RecurrenceRegenerateAfterToday", "RecurrenceRegenerated"],
            )
            .restricted(),
        )
        .with(
            Field::picklist("TaskSubtype", "Task Subtype", &["*Task", "Email", "Call", "ListEmail"])
                .restricted()
                .create_only(),
        )
        .with(Field::new("CompletedDateTime", "Completed Date", FieldKind::DateTime).read_only())
}
