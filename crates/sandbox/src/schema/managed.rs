//! `managedEventSubscriptions/X.managedEventSubscription-meta.xml`: how clients of the Pub/Sub API may subscribe by a name.

use serde::{Deserialize, Serialize};

use super::{
    field::{Field, FieldKind},
    object::{Object, ObjectKind},
};

/// Settings of one, as the Metadata and Tooling APIs word them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedEventSubscription {
    /// The file's name; not within the settings.
    #[serde(default)]
    pub developer_name: String,
    pub label: String,
    pub topic_name: String,
    /// `LATEST` or `EARLIEST`: where it begins when nothing was committed.
    #[serde(default = "latest")]
    pub default_replay: String,
    /// The same, when what was committed can't be replayed from.
    #[serde(default = "latest")]
    pub error_recovery_replay: String,
    /// `RUN` or `STOP`
    #[serde(default = "run")]
    pub state: String,
}

fn latest() -> String {
    "LATEST".to_owned()
}

fn run() -> String {
    "RUN".to_owned()
}

impl ManagedEventSubscription {
    /// # Errors
    /// In words for whoever wrote it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = &self.developer_name;
        let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
        if !name.starts_with(|first: char| first.is_ascii_alphabetic())
            || !name.chars().all(is_word)
            || name.ends_with('_')
            || name.contains("__")
        {
            return Err(format!("{name} is no developer name"));
        }
        for (what, value, allowed) in [
            ("defaultReplay", &self.default_replay, ["LATEST", "EARLIEST"]),
            ("errorRecoveryReplay", &self.error_recovery_replay, ["LATEST", "EARLIEST"]),
            ("state", &self.state, ["RUN", "STOP"]),
        ] {
            if !allowed.contains(&value.as_str()) {
                return Err(format!("{what} {value} is none of {}", allowed.join(", ")));
            }
        }
        Ok(())
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state == "RUN"
    }

    pub(crate) fn begins_with_earliest(&self) -> bool {
        self.default_replay == "EARLIEST"
    }

    pub(crate) fn recovers_from_earliest(&self) -> bool {
        self.error_recovery_replay == "EARLIEST"
    }
}

/// As the Tooling API describes it.
pub(super) fn object() -> Object {
    let object = "ManagedEventSubscription";
    Object::bare(object, "Managed Event Subscription", "Managed Event Subscriptions", "18x", ObjectKind::Standard)
        .with(Field::text("DeveloperName", "Developer Name", 80).naming())
        .with(Field::text("FullName", "Full Name", 255).not_filterable())
        .with(Field::text("MasterLabel", "Label", 80))
        .with(Field::picklist("Language", "Language", &["*en_US"]))
        .with(Field::text("NamespacePrefix", "Namespace Prefix", 15))
        .with(Field::text("TopicName", "Topic Name", 255))
        .with(Field::picklist("DefaultReplay", "Default Replay", &["*LATEST", "EARLIEST"]))
        .with(Field::picklist("ErrorRecoveryReplay", "Error Recovery Replay", &["*LATEST", "EARLIEST"]))
        .with(Field::picklist("State", "State", &["*RUN", "STOP"]))
        .with(Field::new("Metadata", "Metadata", FieldKind::LongTextArea).not_filterable())
}
