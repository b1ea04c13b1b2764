//! What a project deploys besides objects and fields, and the records by which an org tells of its own metadata.

use serde_json::{Map, Value, json};

use super::{ManagedEventSubscription, Schema, object::ObjectKind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordType {
    /// Canonical API name of the object.
    pub object: String,
    pub developer_name: String,
    pub label: String,
    pub active: bool,
    pub description: Option<String>,
}

/// One record of a custom metadata type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CustomMetadata {
    pub(super) object: String,
    pub(super) developer_name: String,
    pub(super) label: String,
    pub(super) values: Vec<(String, Value)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PermissionSet {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) description: Option<String>,
}

/// In path order.
#[derive(Clone, Debug, Default)]
pub(super) struct Deployed {
    pub(super) record_types: Vec<RecordType>,
    pub(super) custom_metadata: Vec<CustomMetadata>,
    pub(super) permission_sets: Vec<PermissionSet>,
    pub(super) managed_subscriptions: Vec<ManagedEventSubscription>,
}

impl Schema {
    /// Record types of an object with their ids.
    pub fn record_types(&self, object: &str) -> impl Iterator<Item = (String, &RecordType)> {
        let numbered = self.deployed.record_types.iter().zip(1..);
        numbered
            .filter(move |(record_type, _)| record_type.object == object)
            .filter_map(|(record_type, number)| Some((crate::records::make_id("012", number)?, record_type)))
    }

    /// In path order.
    pub(crate) fn managed_subscriptions(&self) -> &[ManagedEventSubscription] {
        &self.deployed.managed_subscriptions
    }

    /// Objects and the records an org has by its metadata alone, each without an id.
    pub(crate) fn metadata_records(&self) -> Vec<(String, Map<String, Value>)> {
        let record_types = self.deployed.record_types.iter().map(|record_type| {
            let fields = json!({
                "Name": record_type.label, "DeveloperName": record_type.developer_name,
                "Description": record_type.description, "SobjectType": record_type.object,
                "IsActive": record_type.active,
            });
            ("RecordType".to_owned(), fields)
        });
        let custom_metadata = self.deployed.custom_metadata.iter().map(|record| {
            let mut fields = json!({
                "DeveloperName": record.developer_name, "MasterLabel": record.label, "Label": record.label,
                "Language": "en_US", "QualifiedApiName": record.developer_name,
            });
            if let Some(fields) = fields.as_object_mut() {
                fields.extend(record.values.iter().cloned());
            }
            (record.object.clone(), fields)
        });
        let permission_sets = self.deployed.permission_sets.iter().map(|set| {
            let fields = json!({
                "Name": set.name, "Label": set.label, "Description": set.description, "IsCustom": true,
                "IsOwnedByProfile": false, "HasActivationRequired": false,
            });
            ("PermissionSet".to_owned(), fields)
        });
        let entities = self.objects().map(|object| {
            let developer_name = object.name.rsplit_once("__").map_or(object.name.as_str(), |(stem, _)| stem);
            let fields = json!({
                "DurableId": object.name, "QualifiedApiName": object.name, "DeveloperName": developer_name,
                "MasterLabel": object.label, "Label": object.label, "PluralLabel": object.label_plural,
                "KeyPrefix": object.key_prefix, "IsCustomizable": object.deletable, "IsCustomSetting": false,
                "IsFeedEnabled": object.feed_enabled, "IsQueryable": object.queryable,
                "IsSearchable": object.queryable && object.name_field().is_some(),
                "IsTriggerable": object.createable && object.kind != ObjectKind::CustomMetadata,
                "IsDeprecatedAndHidden": false,
            });
            ("EntityDefinition".to_owned(), fields)
        });
        let statuses = self.object("Case").and_then(|case| case.field("Status")).map(|field| &field.picklist);
        let statuses = statuses.into_iter().flatten().zip(1..).map(|(status, place)| {
            let fields = json!({
                "MasterLabel": status.label, "ApiName": status.value, "SortOrder": place,
                "IsDefault": status.default, "IsClosed": status.closed,
            });
            ("CaseStatus".to_owned(), fields)
        });
        let all = record_types.chain(custom_metadata).chain(permission_sets).chain(entities).chain(statuses);
        all.filter_map(|(object, fields)| Some((object, fields.as_object()?.clone()))).collect()
    }
}
