//! FORMAT, for the sandbox's one locale: the United States, in UTC and dollars.

use jiff::civil::{Date, DateTime};
use serde_json::Value;

use crate::schema::FieldKind;

pub(super) fn formatted(kind: FieldKind, value: &Value) -> Value {
    let shown = match (kind, value) {
        (_, Value::Null) => return Value::Null,
        (FieldKind::Date, Value::String(text)) => text.parse().ok().map(date),
        (FieldKind::DateTime, Value::String(text)) => {
            text.get(..19).and_then(|text| text.parse::<DateTime>().ok()).map(|moment| {
                let hour = match moment.hour() % 12 {
                    0 => 12,
                    hour => hour,
                };
                let half = if moment.hour() < 12 { "AM" } else { "PM" };
                format!("{}, {hour}:{:02} {half}", date(moment.date()), moment.minute())
            })
        }
        (FieldKind::Currency, Value::Number(number)) => number.as_f64().map(|number| {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}${}", grouped(&format!("{:.2}", number.abs())))
        }),
        (FieldKind::Percent, Value::Number(number)) => Some(format!("{}%", grouped(&shortest(number)))),
        (_, Value::Number(number)) => Some(grouped(&shortest(number))),
        (_, Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    shown.map_or_else(|| value.clone(), Value::String)
}

fn date(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

fn shortest(number: &serde_json::Number) -> String {
    number.as_i64().map_or_else(|| number.as_f64().unwrap_or_default().to_string(), |number| number.to_string())
}

/// `-1234567.5` to `-1,234,567.5`
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut shown = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown + fraction
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::formatted;
    use crate::schema::FieldKind;

    #[rstest]
    #[case(FieldKind::Double, json!(1_234_567.5), json!("1,234,567.5"))]
    #[case(FieldKind::Double, json!(20.0), json!("20"))]
    #[case(FieldKind::Int, json!(-999), json!("-999"))]
    #[case(FieldKind::Int, json!(-1000), json!("-1,000"))]
    #[case(FieldKind::Currency, json!(1000.5), json!("$1,000.50"))]
    #[case(FieldKind::Currency, json!(-3), json!("-$3.00"))]
    #[case(FieldKind::Percent, json!(12.5), json!("12.5%"))]
    #[case(FieldKind::Date, json!("2026-11-02"), json!("11/2/2026"))]
    #[case(FieldKind::DateTime, json!("2026-11-20T12:05:00.000+0000"), json!("11/20/2026, 12:05 PM"))]
    #[case(FieldKind::DateTime, json!("2026-11-20T00:30:00.000+0000"), json!("11/20/2026, 12:30 AM"))]
    #[case(FieldKind::String, json!("as it is"), json!("as it is"))]
    #[case(FieldKind::Date, Value::Null, Value::Null)]
    fn values_are_shown_as_in_the_united_states(#[case] kind: FieldKind, #[case] value: Value, #[case] shown: Value) {
        assert_eq!(formatted(kind, &value), shown);
    }
}
