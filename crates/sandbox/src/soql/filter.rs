//! Conditions ready to be tried on values. Logic has two values: a comparison with a null is plainly true or false, as in Salesforce.

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value;

use super::like::Pattern;

/// `S` says where a value comes from: a path of a row, or a column of a group.
pub(super) enum Filter<S> {
    And(Vec<Filter<S>>),
    Or(Vec<Filter<S>>),
    Not(Box<Filter<S>>),
    Test { source: S, test: Test },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Whether text is compared as it is or without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    Folded,
}

pub(super) enum Test {
    Null,
    Boolean(bool),
    Number(Comparison, f64),
    /// Never by `Equal`, which is a set of one.
    Text(Comparison, String, Case),
    Moment(Comparison, Span),
    Like(Pattern),
    OneOf(Set),
    /// Any of the combinations, whole.
    Includes(Vec<Vec<String>>),
    /// An ordering against null.
    Never,
}

/// Of dates or times in canonical text, whose order is time order.
pub(super) struct Span {
    pub(super) start: String,
    /// Not part of it; absent for one moment.
    pub(super) end: Option<String>,
}

/// Texts or ids.
pub(super) struct Set {
    /// As written, for looking up in indexes.
    values: Vec<String>,
    folded: HashSet<String>,
    pub(super) with_null: bool,
    case: Case,
}

impl Set {
    pub(super) fn new(values: Vec<String>, with_null: bool, case: Case) -> Self {
        let folded = values.iter().map(|value| case.fold(value).into_owned()).collect();
        Self { values, folded, with_null, case }
    }

    pub(super) fn values(&self) -> &[String] {
        &self.values
    }
}

impl Case {
    pub(super) fn fold(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(text),
            Self::Folded => Cow::Owned(text.to_lowercase()),
        }
    }
}

impl Comparison {
    fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

impl Span {
    fn holds(&self, comparison: Comparison, value: &str) -> bool {
        let start = self.start.as_str();
        let Some(end) = self.end.as_deref() else { return comparison.holds(value, start) };
        match comparison {
            Comparison::Equal => value >= start && value < end,
            Comparison::Less => value < start,
            Comparison::LessOrEqual => value < end,
            Comparison::Greater => value >= end,
            Comparison::GreaterOrEqual => value >= start,
        }
    }
}

impl<S> Filter<S> {
    pub(super) fn test(source: S, test: Test) -> Self {
        Self::Test { source, test }
    }

    pub(super) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    pub(super) fn matches<'v>(&self, value_of: &impl Fn(&S) -> Cow<'v, Value>) -> bool {
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.matches(value_of)),
            Self::Or(filters) => filters.iter().any(|filter| filter.matches(value_of)),
            Self::Not(filter) => !filter.matches(value_of),
            Self::Test { source, test } => test.matches(&value_of(source)),
        }
    }
}

impl Test {
    fn matches(&self, value: &Value) -> bool {
        // Salesforce keeps no empty text: it is null.
        let text = value.as_str().filter(|text| !text.is_empty());
        match self {
            Self::Never => false,
            Self::Null => value.is_null() || value.as_str() == Some(""),
            // A checkbox that was never set is unchecked.
            Self::Boolean(wanted) => value.as_bool().unwrap_or(false) == *wanted,
            Self::Number(comparison, wanted) => value.as_f64().is_some_and(|value| comparison.holds(&value, wanted)),
            Self::Text(comparison, wanted, case) => {
                text.is_some_and(|text| comparison.holds(case.fold(text).as_ref(), case.fold(wanted).as_ref()))
            }
            Self::Moment(comparison, span) => text.is_some_and(|text| span.holds(*comparison, text)),
            Self::Like(pattern) => text.is_some_and(|text| pattern.matches(text)),
            Self::OneOf(set) => text.map_or(set.with_null, |text| set.folded.contains(set.case.fold(text).as_ref())),
            Self::Includes(combinations) => text.is_some_and(|text| {
                let chosen: HashSet<String> = text.split(';').map(str::to_lowercase).collect();
                combinations.iter().any(|values| values.iter().all(|value| chosen.contains(value)))
            }),
        }
    }
}
