//! Records of an answer: `attributes`, fields, related records, and lists of children.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Evaluator;
use crate::{
    schema::{FieldKind, Object},
    soql::{
        ChildList, Row, Rows,
        plan::{Column, Leaf, Output, Plan, Shape},
    },
};

/// How a parent's children are found.
enum Children<'e, Found> {
    ByIndex,
    /// Read once for all parents, where there is no index.
    ByParent(HashMap<&'e str, Vec<&'e Found>>),
}

impl<'e, R: Rows> Evaluator<'e, R> {
    pub(super) fn records(&self, rows: &[&'e R::Row], object: &Object, shape: &Shape<'_>) -> Vec<Value> {
        let children: Vec<Children<'e, R::Row>> = shape
            .columns
            .iter()
            .filter_map(|column| match column {
                Column::Children { field, plan, .. } => Some(self.children_of(plan.object, field)),
                _ => None,
            })
            .collect();
        rows.iter().map(|row| self.record(row, &object.name, shape, &children)).collect()
    }

    fn children_of(&self, object: &Object, field: &str) -> Children<'e, R::Row> {
        // An id of no record: only whether there is an index is asked.
        if self.rows.lookup_equal(&object.name, field, &Value::String(String::new())).is_some() {
            return Children::ByIndex;
        }
        let mut by_parent: HashMap<&str, Vec<&R::Row>> = HashMap::new();
        for row in self.rows.rows(&object.name) {
            if let Some(parent) = row.value(field).as_str() {
                by_parent.entry(parent).or_default().push(row);
            }
        }
        Children::ByParent(by_parent)
    }

    /// `children` in the order of the shape's columns of that kind.
    fn record(&self, row: &'e R::Row, type_name: &str, shape: &Shape<'_>, children: &[Children<'e, R::Row>]) -> Value {
        let id = row.value("Id").as_str().unwrap_or_default();
        let mut record = Map::new();
        record.insert("attributes".to_owned(), json!({ "type": type_name, "url": self.address(id) }));
        let mut children = children.iter();
        for column in &shape.columns {
            match column {
                Column::Leaf(leaf) => {
                    record.insert(leaf.key().to_owned(), self.answer(row, *leaf));
                }
                Column::Computed { key, source } => {
                    record.insert(key.clone(), self.value(row, source).into_owned());
                }
                Column::Parent { reference, shape } => {
                    let parent = self.related(row, &reference.name);
                    // Where the object isn't known beforehand, Salesforce calls the entity Name.
                    let type_name = if reference.is_polymorphic() {
                        "Name"
                    } else {
                        reference.reference_to.first().map_or("Name", String::as_str)
                    };
                    let nested = parent.map_or(Value::Null, |parent| self.record(parent, type_name, shape, &[]));
                    record.insert(reference.relationship_name.clone().unwrap_or_default(), nested);
                }
                Column::TypeOf { reference, branches, otherwise } => {
                    let nested = self.related(row, &reference.name).and_then(|related| {
                        let object = self.schema.object_of_id(related.value("Id").as_str()?)?;
                        let branch = branches.iter().find(|(known, _)| known.name == object.name);
                        let shape = branch.map(|(_, shape)| shape).or(otherwise.as_ref())?;
                        Some(self.record(related, &object.name, shape, &[]))
                    });
                    record.insert(reference.relationship_name.clone().unwrap_or_default(), nested.unwrap_or_default());
                }
                Column::Children { key, field, at, plan } => {
                    let among = match children.next() {
                        Some(Children::ByParent(by_parent)) => by_parent.get(id).cloned().unwrap_or_default(),
                        _ => {
                            let parent = Value::String(id.to_owned());
                            let found = self.rows.lookup_equal(&plan.object.name, field, &parent);
                            super::by_id(found.unwrap_or_default())
                        }
                    };
                    record.insert((*key).to_owned(), self.child_records(among, plan, *at));
                }
            }
        }
        Value::Object(record)
    }

    /// Null rather than an empty list, as the org answers.
    fn child_records(&self, among: Vec<&'e R::Row>, plan: &Plan<'_>, at: usize) -> Value {
        let Output::Rows(shape) = &plan.output else { return Value::Null };
        let matched = self.select(plan, Some(among));
        if matched.is_empty() {
            return Value::Null;
        }
        let total = matched.len();
        let goes_on = self.settings.child_pages.filter(|pages| pages.size() < total).and_then(|pages| {
            let (_, later) = matched.split_at(pages.size());
            let address = pages.go_on(ChildList { at, shown: pages.size(), rest: super::ids_of(later) })?;
            Some((pages.size(), address))
        });
        let Some((size, address)) = goes_on else {
            let records = self.records(&matched, plan.object, shape);
            return json!({ "totalSize": total, "done": true, "records": records });
        };
        let (first, _) = matched.split_at(size);
        let records = self.records(first, plan.object, shape);
        json!({ "totalSize": total, "done": false, "nextRecordsUrl": address, "records": records })
    }

    fn answer(&self, row: &'e R::Row, leaf: Leaf<'_>) -> Value {
        let value = self.leaf_value(row, leaf).into_owned();
        match leaf {
            Leaf::Field(field) if field.kind == FieldKind::Base64 && !value.is_null() => {
                let id = row.value("Id").as_str().unwrap_or_default();
                Value::String(format!("{}/{}", self.address(id), field.name))
            }
            // A checkbox is never null.
            Leaf::Field(field) if field.kind == FieldKind::Boolean && value.is_null() => Value::Bool(false),
            _ => value,
        }
    }

    /// `/services/data/v67.0/sobjects/Case/500…`
    fn address(&self, id: &str) -> String {
        let object = self.schema.object_of_id(id).map_or("", |object| object.name.as_str());
        format!("/services/data/v{}/sobjects/{object}/{id}", self.settings.version)
    }
}
