//! One value for one field: of the right type, not too long, of the picklist. What it refers to is checked elsewhere.

use domain::SalesforceId;
use serde_json::{Number, Value};

use crate::{
    clock::{datetime, parse_datetime},
    error::ApiError,
    schema::{Field, FieldKind},
    xml::allowed,
};

/// The value as the org keeps it; blank text is null.
///
/// # Errors
/// The value can't be a value of this field.
pub(super) fn coerce(field: &Field, value: &Value) -> Result<Value, ApiError> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match field.kind {
        FieldKind::Boolean => boolean(value).map(Value::Bool).ok_or_else(|| unreadable("boolean", value)),
        FieldKind::Int => integer(field, value),
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent => decimal(field, value),
        FieldKind::Date => date(field, value),
        FieldKind::DateTime => {
            let moment = value.as_str().and_then(parse_datetime).ok_or_else(|| unreadable("datetime", value))?;
            within_years(field, moment.to_jiff())?;
            Ok(Value::String(datetime(moment)))
        }
        FieldKind::Id | FieldKind::Reference => identifier(field, value),
        FieldKind::Time => time(value),
        // Nobody may write it; who tries is told so by its name.
        FieldKind::Address | FieldKind::Location => Ok(value.clone()),
        _ => text(field, value),
    }
}

fn unreadable(kind: &str, value: &Value) -> ApiError {
    let token = match value {
        Value::String(_) => "VALUE_STRING",
        Value::Number(number) if number.is_f64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
        Value::Null => "VALUE_NULL",
    };
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    ApiError::json(format!(
        "Cannot deserialize instance of {kind} from {token} value {shown} or request may be missing a required field at [line:1, column:1]"
    ))
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn integer(field: &Field, value: &Value) -> Result<Value, ApiError> {
    if value.as_str() == Some("") {
        return Ok(Value::Null);
    }
    let parsed = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or_else(|| unreadable("int", value))?;
    i32::try_from(parsed).map_err(|_| out_of_range(field, &parsed.to_string()))?;
    Ok(Value::Number(parsed.into()))
}

fn decimal(field: &Field, value: &Value) -> Result<Value, ApiError> {
    if value.as_str() == Some("") {
        return Ok(Value::Null);
    }
    let parsed = number(value).ok_or_else(|| unreadable("double", value))?;
    let degrees = field.compound.as_ref().map(|_| if field.name.contains("Latitude") { 90.0 } else { 180.0 });
    if degrees.is_some_and(|most| parsed.abs() > most) {
        return Err(out_of_range(field, &parsed.to_string()));
    }
    let scale = 10_f64.powi(i32::try_from(field.scale).unwrap_or(0));
    let rounded = (parsed * scale).round() / scale;
    let whole_digits = i32::try_from(field.precision.saturating_sub(field.scale)).unwrap_or(18);
    if rounded.abs() >= 10_f64.powi(whole_digits) {
        return Err(out_of_range(field, &parsed.to_string()));
    }
    Ok(Number::from_f64(rounded).map_or(Value::Null, Value::Number))
}

fn out_of_range(field: &Field, shown: &str) -> ApiError {
    ApiError::bad(
        "NUMBER_OUTSIDE_VALID_RANGE",
        format!("{}: value outside of valid range on numeric field: {shown}", field.label),
    )
    .about(&field.name)
}

/// The calendar as far as Salesforce goes.
const YEARS: std::ops::RangeInclusive<i16> = 1700..=4000;

fn within_years(field: &Field, moment: jiff::Timestamp) -> Result<(), ApiError> {
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC);
    if YEARS.contains(&moment.year()) {
        return Ok(());
    }
    let message = format!("{}: invalid date: {}", field.label, moment.strftime("%a %b %d %H:%M:%S GMT %Y"));
    Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", message).about(&field.name))
}

fn date(field: &Field, value: &Value) -> Result<Value, ApiError> {
    let text = value.as_str().ok_or_else(|| unreadable("date", value))?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let date: jiff::civil::Date = text.get(..10).unwrap_or(text).parse().map_err(|_| unreadable("date", value))?;
    if text.len() > 10 && parse_datetime(text).is_none() {
        return Err(unreadable("date", value));
    }
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| unreadable("date", value))?;
    within_years(field, midnight.timestamp())?;
    Ok(Value::String(date.to_string()))
}

/// `10:30`, `10:30:00`, `10:30:00.000Z`
fn time(value: &Value) -> Result<Value, ApiError> {
    let text = value.as_str().ok_or_else(|| unreadable("time", value))?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let time: jiff::civil::Time =
        text.strip_suffix('Z').unwrap_or(text).parse().map_err(|_| unreadable("time", value))?;
    Ok(Value::String(time.strftime("%H:%M:%S%.3fZ").to_string()))
}

fn identifier(field: &Field, value: &Value) -> Result<Value, ApiError> {
    let text = value.as_str().ok_or_else(|| unreadable("reference", value))?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let id = SalesforceId::new(text).map_err(|_| {
        ApiError::bad("MALFORMED_ID", format!("{}: id value of incorrect type: {text}", field.label)).about(&field.name)
    })?;
    Ok(Value::String(id.as_str().to_owned()))
}

fn text(field: &Field, value: &Value) -> Result<Value, ApiError> {
    let text = match value {
        // No document says whether Salesforce leaves such characters out or refuses them; what it answers in XML can't hold them.
        // Blanks around it go, in long text too.
        Value::String(text) => allowed(text).trim_matches(|character| character <= ' ').to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Err(unreadable("string", value)),
    };
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let length = if field.length_in_bytes { text.len() } else { text.chars().count() };
    if let Some(limit) = field.length
        && field.kind != FieldKind::Picklist
        && length > usize::try_from(limit).unwrap_or(usize::MAX)
    {
        return Err(ApiError::bad(
            "STRING_TOO_LONG",
            format!("{}: data value too large: {text} (max length={limit})", field.label),
        )
        .about(&field.name));
    }
    match field.kind {
        FieldKind::Email if !looks_like_email(&text) => {
            Err(ApiError::bad("INVALID_EMAIL_ADDRESS", format!("{}: invalid email address: {text}", field.label))
                .about(&field.name))
        }
        FieldKind::Picklist | FieldKind::MultiPicklist if field.restricted => restricted(field, text),
        _ => Ok(Value::String(text)),
    }
}

fn restricted(field: &Field, text: String) -> Result<Value, ApiError> {
    let multiple = field.kind == FieldKind::MultiPicklist;
    let known = |wanted: &str| field.picklist.iter().any(|value| value.active && value.value == wanted);
    let all_known = if multiple { text.split(';').all(known) } else { known(&text) };
    if all_known {
        return Ok(Value::String(text));
    }
    Err(ApiError::bad(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        format!("{}: bad value for restricted picklist field: {text}", field.label),
    )
    .about(&field.name))
}

pub(super) fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains('@')
            && !text.chars().any(|character| character.is_whitespace() || character.is_control())
    })
}
