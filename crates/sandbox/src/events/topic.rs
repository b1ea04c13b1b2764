//! Channels by name: which there are, and which events each carries.

use crate::schema::{Object, ObjectKind, Schema};

/// The standard objects Change Data Capture covers here. Feed items, feed comments and case comments are not among Salesforce's either.
const COVERED: &[&str] =
    &["Account", "Case", "Contact", "EmailMessage", "Event", "Opportunity", "Order", "Pricebook2", "Product2", "User"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// `/data/ChangeEvents`
    AllChanges,
    /// `/data/CaseChangeEvent`, by the name of the change event.
    Changes(String),
    /// `/event/X__e`, by the name of the platform event.
    Platform(String),
}

impl Topic {
    /// A channel of this org.
    pub(crate) fn named(schema: &Schema, name: &str) -> Option<Self> {
        let name = name.strip_suffix('/').unwrap_or(name);
        if let Some(event) = name.strip_prefix("/event/") {
            let object = schema.object(event)?;
            return (object.kind == ObjectKind::PlatformEvent).then(|| Self::Platform(object.name.clone()));
        }
        match name.strip_prefix("/data/")? {
            "ChangeEvents" => Some(Self::AllChanges),
            change => schema
                .objects()
                .filter(|object| is_covered(object))
                .map(change_event_name)
                .find(|name| name.eq_ignore_ascii_case(change))
                .map(Self::Changes),
        }
    }

    /// Whether events of a topic come in on this channel.
    pub(crate) fn carries(&self, topic: &str) -> bool {
        match self {
            Self::AllChanges => topic.starts_with("/data/"),
            Self::Changes(name) => topic.strip_prefix("/data/") == Some(name),
            Self::Platform(name) => topic.strip_prefix("/event/") == Some(name),
        }
    }
}

/// Whether the changes of an object are published.
pub(crate) fn is_covered(object: &Object) -> bool {
    object.kind == ObjectKind::Custom || COVERED.contains(&object.name.as_str())
}

/// `CaseChangeEvent`, `Course__ChangeEvent`
pub(crate) fn change_event_name(object: &Object) -> String {
    match object.name.strip_suffix("__c") {
        Some(custom) => format!("{custom}__ChangeEvent"),
        None => format!("{}ChangeEvent", object.name),
    }
}
