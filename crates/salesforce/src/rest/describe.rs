//! What an org has: its objects, their fields, its limits.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ApiPath, Repeat, Request};
use crate::{Client, error::Error};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GlobalDescribe {
    pub max_batch_size: u32,
    pub sobjects: Vec<ObjectSummary>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectSummary {
    pub name: String,
    pub label: String,
    pub key_prefix: Option<String>,
    pub custom: bool,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub queryable: bool,
}

/// The parts of an object's description used here. What an org leaves out is empty or false.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectDescribe {
    pub name: String,
    pub label: String,
    pub label_plural: String,
    pub key_prefix: Option<String>,
    pub custom: bool,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub queryable: bool,
    /// Feed items can be posted on its records.
    pub feed_enabled: bool,
    pub fields: Vec<FieldDescribe>,
}

impl ObjectDescribe {
    /// By API name, in any case.
    pub fn field(&self, name: &str) -> Option<&FieldDescribe> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FieldDescribe {
    pub name: String,
    pub label: String,
    /// `string`, `textarea`, `reference`, `picklist`, `datetime`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Characters; 0 where length means nothing.
    pub length: u32,
    /// Bytes; 0 where length means nothing.
    pub byte_length: u32,
    pub nillable: bool,
    pub createable: bool,
    pub updateable: bool,
    pub defaulted_on_create: bool,
    pub unique: bool,
    pub external_id: bool,
    pub filterable: bool,
    pub sortable: bool,
    pub custom: bool,
    pub calculated: bool,
    pub relationship_name: Option<String>,
    pub reference_to: Vec<String>,
    pub restricted_picklist: bool,
    pub picklist_values: Vec<PicklistValue>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PicklistValue {
    pub value: String,
    pub label: Option<String>,
    pub active: bool,
    pub default_value: bool,
}

/// One of the org's allowances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Limit {
    pub max: i64,
    pub remaining: i64,
}

impl Client {
    /// # Errors
    /// `NOT_FOUND` for an object the user can't see, and see [`crate::ErrorKind`].
    pub async fn describe(&self, object: &str) -> Result<ObjectDescribe, Error> {
        let request = Request::get("describe", ApiPath::object(object).name("describe"));
        self.send(&request, Repeat::Safe).await?.json()
    }

    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn describe_global(&self) -> Result<GlobalDescribe, Error> {
        self.send(&Request::get("describe_global", ApiPath::new("/sobjects")), Repeat::Safe).await?.json()
    }

    /// The org's allowances by name (`DailyApiRequests`, …), asked for now. [`Client::limits`] costs no call.
    ///
    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn org_limits(&self) -> Result<BTreeMap<String, Limit>, Error> {
        self.send(&Request::get("org_limits", ApiPath::new("/limits")), Repeat::Safe).await?.json()
    }
}
