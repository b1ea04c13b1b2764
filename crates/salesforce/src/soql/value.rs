//! Literals.

use std::fmt::Write as _;

use domain::SalesforceId;

use crate::DateTime;

/// A value in a query, written as its type wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoqlValue {
    Text(String),
    Id(SalesforceId),
    DateTime(DateTime),
    Int(i64),
    Bool(bool),
    Null,
}

impl SoqlValue {
    pub(super) fn write(&self, query: &mut String) {
        match self {
            Self::Text(text) => {
                query.push('\'');
                escape(text, query);
                query.push('\'');
            }
            // Sixty-two characters, none of them special.
            Self::Id(id) => {
                let _ = write!(query, "'{id}'");
            }
            Self::DateTime(moment) => {
                let _ = write!(query, "{moment}");
            }
            Self::Int(number) => {
                let _ = write!(query, "{number}");
            }
            Self::Bool(truth) => {
                let _ = write!(query, "{truth}");
            }
            Self::Null => query.push_str("null"),
        }
    }
}

/// Text between quotes. Other characters, control ones too, stand for themselves.
pub(super) fn escape(text: &str, query: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => query.push_str(r"\\"),
            '\'' => query.push_str(r"\'"),
            '"' => query.push_str("\\\""),
            '\n' => query.push_str(r"\n"),
            '\r' => query.push_str(r"\r"),
            '\t' => query.push_str(r"\t"),
            '\u{8}' => query.push_str(r"\b"),
            '\u{c}' => query.push_str(r"\f"),
            other => query.push(other),
        }
    }
}

/// Text between the quotes of a LIKE, matching itself and not as a pattern.
pub(super) fn escape_like(text: &str, query: &mut String) {
    for character in text.chars() {
        match character {
            '%' => query.push_str(r"\%"),
            '_' => query.push_str(r"\_"),
            other => escape(other.encode_utf8(&mut [0; 4]), query),
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $literal:expr),* $(,)?) => {$(
        impl From<$type> for SoqlValue {
            fn from($value: $type) -> Self { $literal }
        }
    )*};
}

from! {
    &str => |text| Self::Text(text.to_owned()),
    String => |text| Self::Text(text),
    &String => |text| Self::Text(text.clone()),
    SalesforceId => |id| Self::Id(id),
    &SalesforceId => |id| Self::Id(id.clone()),
    DateTime => |moment| Self::DateTime(moment),
    jiff::Timestamp => |moment| Self::DateTime(moment.into()),
    domain::Timestamp => |moment| Self::DateTime(moment.into()),
    i64 => |number| Self::Int(number),
    i32 => |number| Self::Int(number.into()),
    u32 => |number| Self::Int(number.into()),
    bool => |truth| Self::Bool(truth),
}

impl<T: Into<SoqlValue>> From<Option<T>> for SoqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
