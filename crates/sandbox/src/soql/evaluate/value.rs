//! Values of a row: by path, as a label, as part of a date.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use serde_json::Value;

use super::Evaluator;
use crate::soql::{
    Row, Rows,
    ast::DatePart,
    plan::{FieldPath, Leaf},
};

impl<'e, R: Rows> Evaluator<'e, R> {
    /// Null where a relationship on the way is empty.
    pub(super) fn path_value(&self, row: &'e R::Row, path: &FieldPath<'_>) -> Cow<'e, Value> {
        let mut row = row;
        for hop in &path.hops {
            match self.related(row, &hop.name) {
                Some(related) => row = related,
                None => return Cow::Owned(Value::Null),
            }
        }
        self.leaf_value(row, path.leaf)
    }

    /// The record that a reference field names.
    pub(super) fn related(&self, row: &'e R::Row, reference: &str) -> Option<&'e R::Row> {
        let id = row.value(reference).as_str()?;
        let object = self.schema.object_of_id(id)?;
        self.rows.get(&object.name, id)
    }

    pub(super) fn leaf_value(&self, row: &'e R::Row, leaf: Leaf<'_>) -> Cow<'e, Value> {
        let name = match leaf {
            Leaf::Field(field) => return Cow::Borrowed(row.value(&field.name)),
            Leaf::Loose { name, .. } => name,
        };
        let object = row.value("Id").as_str().and_then(|id| self.schema.object_of_id(id));
        match (name, object) {
            // A group that owns records is called what it is.
            ("Type", Some(object)) if object.name == "Group" && row.value("Type") == "Queue" => {
                Cow::Borrowed(row.value("Type"))
            }
            ("Type", Some(object)) => Cow::Owned(Value::String(object.name.clone())),
            // A case's name is its number.
            ("Name", Some(object)) => {
                let name = object.name_field().map_or("Name", |field| field.name.as_str());
                Cow::Borrowed(row.value(name))
            }
            _ => Cow::Borrowed(row.value(name)),
        }
    }

    pub(super) fn label(&self, row: &'e R::Row, path: &FieldPath<'_>) -> Cow<'e, Value> {
        let value = self.path_value(row, path);
        let label = path.leaf.field().and_then(|field| {
            let entry = field.picklist.iter().find(|entry| value.as_str() == Some(entry.value.as_str()))?;
            Some(Value::String(entry.label.clone()))
        });
        label.map_or(value, Cow::Owned)
    }
}

/// Of a canonical date or time. Weeks of a year and of a month count from its first day, whatever weekday that is.
pub(super) fn date_part(part: DatePart, text: &str) -> Value {
    let Some(date) = text.get(..10).and_then(|date| date.parse::<Date>().ok()) else { return Value::Null };
    let number = match part {
        DatePart::Year => i64::from(date.year()),
        DatePart::Quarter => i64::from((date.month() - 1) / 3 + 1),
        DatePart::Month => i64::from(date.month()),
        DatePart::WeekInYear => i64::from((date.day_of_year() - 1) / 7 + 1),
        DatePart::WeekInMonth => i64::from((date.day() - 1) / 7 + 1),
        DatePart::DayInYear => i64::from(date.day_of_year()),
        DatePart::DayInMonth => i64::from(date.day()),
        DatePart::DayInWeek => i64::from(date.weekday().to_sunday_one_offset()),
        DatePart::HourInDay => {
            let time = text.get(..19).and_then(|moment| moment.parse::<DateTime>().ok());
            return time.map_or(Value::Null, |time| Value::from(time.hour()));
        }
        DatePart::DayOnly => return Value::String(date.to_string()),
    };
    Value::from(number)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::date_part;
    use crate::soql::ast::DatePart;

    // A Friday.
    #[rstest]
    #[case(DatePart::Year, json!(2026))]
    #[case(DatePart::Quarter, json!(4))]
    #[case(DatePart::Month, json!(11))]
    #[case(DatePart::WeekInYear, json!(47))]
    #[case(DatePart::WeekInMonth, json!(3))]
    #[case(DatePart::DayInYear, json!(324))]
    #[case(DatePart::DayInMonth, json!(20))]
    #[case(DatePart::DayInWeek, json!(6))]
    #[case(DatePart::HourInDay, json!(23))]
    #[case(DatePart::DayOnly, json!("2026-11-20"))]
    fn parts_of_a_time(#[case] part: DatePart, #[case] expected: Value) {
        assert_eq!(date_part(part, "2026-11-20T23:59:59.999+0000"), expected);
    }

    #[test]
    fn what_is_no_date_has_no_parts() {
        assert_eq!(date_part(DatePart::Year, "soon"), Value::Null);
        assert_eq!(date_part(DatePart::HourInDay, "2026-11-20"), Value::Null);
    }
}
