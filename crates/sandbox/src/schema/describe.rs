//! The describe resources: what a client is told about objects and fields.

use serde_json::{Value, json};

use super::{
    Schema,
    field::{DefaultMoment, Field, FieldKind, OnDelete, PicklistValue},
    object::{Object, ObjectKind},
};

/// Properties of a field that clients may read and nothing here varies.
const ALWAYS_FALSE: &[&str] = &[
    "aiPredictionField",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "writeRequiresMasterRead",
];
/// What a record is whose object has no types.
const MASTER: &str = "Master";
const ALWAYS_NULL: &[&str] = &[
    "calculatedFormula",
    "controllerName",
    "filteredLookupInfo",
    "mask",
    "maskType",
    "referenceTargetField",
    "relationshipOrder",
];

impl Schema {
    /// `/services/data/v{version}/sobjects`. `version` is `67.0`.
    pub fn describe_global(&self, version: &str) -> Value {
        json!({
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": self.objects().map(|object| object.describe_summary(version)).collect::<Vec<_>>(),
        })
    }
}

impl Object {
    /// One entry of the global describe, and the `objectDescribe` of `/sobjects/X`.
    pub fn describe_summary(&self, version: &str) -> Value {
        let base = format!("/services/data/v{version}/sobjects/{}", self.name);
        let mut urls = json!({
            "rowTemplate": format!("{base}/{{ID}}"),
            "describe": format!("{base}/describe"),
            "sobject": base,
        });
        if let Some(urls) = urls.as_object_mut().filter(|_| self.kind == ObjectKind::PlatformEvent) {
            urls.insert("eventSchema".to_owned(), Value::String(format!("{base}/eventSchema")));
        }
        json!({
            "activateable": false,
            "associateEntityType": null,
            "associateParentEntity": null,
            "createable": self.createable,
            "custom": self.is_custom(),
            "customSetting": false,
            "deepCloneable": false,
            "deletable": self.deletable,
            "deprecatedAndHidden": false,
            "feedEnabled": self.feed_enabled,
            "hasSubtypes": false,
            "isInterface": false,
            "isSubtype": false,
            "keyPrefix": self.key_prefix,
            "label": self.label,
            "labelPlural": self.label_plural,
            "layoutable": self.queryable,
            "mergeable": matches!(self.name.as_str(), "Account" | "Contact" | "Case"),
            "mruEnabled": self.queryable,
            "name": self.name,
            "queryable": self.queryable,
            "replicateable": self.queryable,
            "retrieveable": self.queryable,
            "searchable": self.queryable,
            "triggerable": true,
            "undeletable": self.deletable,
            "updateable": self.updateable,
            "urls": urls,
        })
    }

    /// `/services/data/v{version}/sobjects/X/describe`.
    pub fn describe(&self, schema: &Schema, version: &str) -> Value {
        let mut describe = self.describe_summary(version);
        if let Some(describe) = describe.as_object_mut() {
            let children: Vec<Value> = self
                .children
                .iter()
                .map(|child| {
                    json!({
                        "cascadeDelete": child.on_delete == OnDelete::Cascade,
                        "childSObject": child.child_object,
                        "deprecatedAndHidden": false,
                        "field": child.field,
                        "junctionIdListNames": [],
                        "junctionReferenceTo": [],
                        "relationshipName": child.relationship_name,
                        "restrictedDelete": child.on_delete == OnDelete::Restrict,
                    })
                })
                .collect();
            let record_types = self.record_type_infos(schema, version);
            describe.insert("actionOverrides".to_owned(), json!([]));
            describe.insert("childRelationships".to_owned(), Value::Array(children));
            describe.insert("compactLayoutable".to_owned(), Value::Bool(self.queryable));
            describe.insert("fields".to_owned(), self.fields().map(Field::describe).collect());
            describe.insert("namedLayoutInfos".to_owned(), json!([]));
            describe.insert("recordTypeInfos".to_owned(), Value::Array(record_types));
            describe.insert("supportedScopes".to_owned(), json!([]));
        }
        describe
    }
}

impl Object {
    /// The deployed types, the first of which is the default, and the master type.
    fn record_type_infos(&self, schema: &Schema, version: &str) -> Vec<Value> {
        let info = |id: &str, name: &str, developer_name: &str, active: bool, default: bool| {
            json!({
                "active": active,
                "available": active,
                "defaultRecordTypeMapping": default,
                "developerName": developer_name,
                "master": developer_name == MASTER,
                "name": name,
                "recordTypeId": id,
                "urls": { "layout": format!("/services/data/v{version}/sobjects/{}/describe/layouts/{id}", self.name) },
            })
        };
        let mut infos: Vec<Value> = schema
            .record_types(&self.name)
            .zip(0..)
            .map(|((id, each), place)| info(&id, &each.label, &each.developer_name, each.active, place == 0))
            .collect();
        infos.push(info("012000000000000AAA", MASTER, MASTER, true, infos.is_empty()));
        infos
    }
}

impl Field {
    /// One entry of `fields`.
    fn describe(&self) -> Value {
        let length = if self.kind.is_number() { 0 } else { self.length.unwrap_or(0) };
        let mut describe = json!({
            "aggregatable": self.groupable || self.kind.is_number() || matches!(self.kind, FieldKind::DateTime | FieldKind::AutoNumber),
            "autoNumber": self.kind == FieldKind::AutoNumber,
            "byteLength": if self.length_in_bytes || self.kind.is_id() { length } else { length.saturating_mul(3) },
            "calculated": self.calculated,
            "cascadeDelete": self.on_delete == OnDelete::Cascade,
            "caseSensitive": self.case_sensitive,
            "createable": self.createable,
            "custom": self.custom,
            "defaultValue": self.default,
            "defaultedOnCreate": self.defaulted_on_create,
            "digits": if self.kind == FieldKind::Int { 9 } else { 0 },
            "externalId": self.external_id,
            "extraTypeInfo": self.extra_type(),
            // A place can be filtered by its distance, which the sandbox has no words for.
            "filterable": self.filterable || self.kind.is_compound(),
            "groupable": self.groupable,
            "htmlFormatted": self.kind == FieldKind::RichTextArea,
            "idLookup": self.id_lookup(),
            "inlineHelpText": self.inline_help,
            "label": self.label,
            "length": length,
            "name": self.name,
            "nameField": self.name_field,
            "namePointing": self.is_polymorphic(),
            "nillable": self.nillable,
            "permissionable": self.custom,
            "picklistValues": self.picklist.iter().map(PicklistValue::describe).collect::<Vec<_>>(),
            "polymorphicForeignKey": self.is_polymorphic(),
            "precision": self.precision,
            "referenceTo": self.reference_to,
            "relationshipName": self.relationship_name,
            "restrictedDelete": self.on_delete == OnDelete::Restrict,
            "restrictedPicklist": self.restricted,
            "scale": self.scale,
            "searchPrefilterable": self.kind.is_id(),
            "soapType": self.soap_type(),
            "sortable": self.sortable,
            "type": self.wire_type(),
            "unique": self.unique,
            "updateable": self.updateable,
        });
        if let Some(describe) = describe.as_object_mut() {
            describe.insert("compoundFieldName".to_owned(), json!(self.compound));
            let formula = self.default_moment.map(DefaultMoment::formula);
            describe.insert("defaultValueFormula".to_owned(), json!(formula));
            describe.insert("queryByDistance".to_owned(), Value::Bool(self.kind.is_compound()));
            describe.extend(ALWAYS_FALSE.iter().map(|name| ((*name).to_owned(), Value::Bool(false))));
            describe.extend(ALWAYS_NULL.iter().map(|name| ((*name).to_owned(), Value::Null)));
        }
        describe
    }

    fn is_of_person_name(&self) -> bool {
        self.compound.as_deref() == Some("Name")
    }

    fn extra_type(&self) -> Option<&'static str> {
        match self.kind {
            FieldKind::LongTextArea => Some("plaintextarea"),
            FieldKind::RichTextArea => Some("richtextarea"),
            _ if self.is_of_person_name() => Some("personname"),
            _ => None,
        }
    }

    /// The describe's `type`.
    pub fn wire_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Id => "id",
            FieldKind::Reference => "reference",
            FieldKind::String | FieldKind::AutoNumber => "string",
            FieldKind::TextArea | FieldKind::LongTextArea | FieldKind::RichTextArea => "textarea",
            FieldKind::Picklist => "picklist",
            FieldKind::MultiPicklist => "multipicklist",
            FieldKind::Combobox => "combobox",
            FieldKind::Boolean => "boolean",
            FieldKind::Int => "int",
            FieldKind::Double => "double",
            FieldKind::Currency => "currency",
            FieldKind::Percent => "percent",
            FieldKind::Date => "date",
            FieldKind::DateTime => "datetime",
            FieldKind::Time => "time",
            FieldKind::Address => "address",
            FieldKind::Location => "location",
            FieldKind::Email => "email",
            FieldKind::Phone => "phone",
            FieldKind::Url => "url",
            FieldKind::Base64 => "base64",
        }
    }

    fn soap_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Id | FieldKind::Reference => "tns:ID",
            FieldKind::Boolean => "xsd:boolean",
            FieldKind::Int => "xsd:int",
            FieldKind::Double | FieldKind::Currency | FieldKind::Percent => "xsd:double",
            FieldKind::Date => "xsd:date",
            FieldKind::DateTime => "xsd:dateTime",
            FieldKind::Time => "xsd:time",
            FieldKind::Address => "urn:address",
            FieldKind::Location => "urn:location",
            FieldKind::Base64 => "xsd:base64Binary",
            _ => "xsd:string",
        }
    }
}

impl PicklistValue {
    fn describe(&self) -> Value {
        json!({
            "active": self.active,
            "defaultValue": self.default,
            "label": self.label,
            "validFor": null,
            "value": self.value,
        })
    }
}

impl DefaultMoment {
    fn formula(self) -> &'static str {
        match self {
            Self::Today => "TODAY()",
            Self::Now => "NOW()",
        }
    }
}
