//! What the org puts into a record by itself before any rule is tried: defaults, numbers, makers and times.

use super::{Record, Transaction, transaction::Purpose};
use crate::schema::{DefaultMoment, FieldKind, Object, ObjectKind};

impl Transaction<'_> {
    pub(super) fn fill_defaults(&mut self, object: &Object, record: &mut Record) {
        for field in object.fields() {
            if !record.get(&field.name).is_null() {
                continue;
            }
            if let Some(default) = &field.default {
                record.set(&field.name, default.clone());
            } else if let Some(moment) = field.default_moment {
                let now = self.stamp.now.as_str();
                let value = if moment == DefaultMoment::Today { now.get(..10).unwrap_or(now) } else { now };
                record.set(&field.name, value);
            } else if let (FieldKind::AutoNumber, Some(format)) = (field.kind, &field.auto_number_format) {
                let number = self.database.next_auto_number(object, field);
                record.set(&field.name, auto_number(format, number));
            }
        }
        // A custom object's record without a name is named by its id.
        if object.kind == ObjectKind::Custom && object.field("Name").is_some() && record.get("Name").is_null() {
            let id = record.id().to_owned();
            record.set("Name", id);
        }
    }

    pub(super) fn stamp_record(&self, object: &Object, record: &mut Record, purpose: Purpose) {
        let mut fill = |field: &str, value: &str, keep: bool| {
            if object.field(field).is_some() && (!keep || record.get(field).is_null()) {
                record.set(field, value);
            }
        };
        let (now, user) = (self.stamp.now.as_str(), self.stamp.user.as_str());
        // On create, what the system authority has set stays.
        let keep = purpose == Purpose::Create;
        if keep {
            fill("CreatedDate", now, true);
            for field in ["CreatedById", "OwnerId", "InsertedById"] {
                fill(field, user, true);
            }
        }
        fill("LastModifiedDate", now, keep);
        fill("SystemModstamp", now, keep);
        fill("LastModifiedById", user, keep);
    }
}

/// `CASE-{00000}` and 12 give `CASE-00012`.
fn auto_number(format: &str, number: u64) -> String {
    let Some((before, rest)) = format.split_once('{') else { return format!("{format}{number}") };
    let (digits, after) = rest.split_once('}').unwrap_or((rest, ""));
    format!("{before}{number:0width$}{after}", width = digits.len())
}
