//! ORDER BY.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

use super::Evaluator;
use crate::soql::{
    Rows,
    ast::{Direction, Nulls},
    plan::{OrderKey, Source},
};

/// A value as it sorts.
#[derive(PartialEq)]
pub(super) enum SortValue {
    Null,
    Number(f64),
    /// Folded where case doesn't matter.
    Text(String),
}

impl SortValue {
    fn new<S>(value: &Value, key: &OrderKey<S>) -> Self {
        match value {
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Null,
            Value::Bool(value) => Self::Number(f64::from(u8::from(*value))),
            Value::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Value::String(text) if text.is_empty() => Self::Null,
            Value::String(text) => {
                let folded = key.case.fold(text).into_owned();
                match key.ranking.iter().position(|value| *value == folded).map(u32::try_from) {
                    Some(Ok(rank)) => Self::Number(f64::from(rank)),
                    _ => Self::Text(folded),
                }
            }
        }
    }

    fn compare<S>(&self, other: &Self, key: &OrderKey<S>) -> Ordering {
        let null_comes = match key.nulls {
            Nulls::First => Ordering::Less,
            Nulls::Last => Ordering::Greater,
        };
        let ordering = match (self, other) {
            (Self::Null, Self::Null) => return Ordering::Equal,
            (Self::Null, _) => return null_comes,
            (_, Self::Null) => return null_comes.reverse(),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            // Values a picklist lists come before those it doesn't.
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        match key.direction {
            Direction::Ascending => ordering,
            Direction::Descending => ordering.reverse(),
        }
    }
}

/// An item with its keys and the place it had.
type Keyed<T> = (Vec<SortValue>, usize, T);

/// The first `needed` of the items in order. What no key tells apart stays as it was.
pub(super) fn sort_by_keys<'v, T, S>(
    items: &mut Vec<T>,
    keys: &[OrderKey<S>],
    needed: usize,
    value_of: impl Fn(&T, &S) -> Cow<'v, Value>,
) {
    if keys.is_empty() {
        return;
    }
    let compare = |(left, left_place, _): &Keyed<T>, (right, right_place, _): &Keyed<T>| {
        left.iter()
            .zip(right)
            .zip(keys)
            .map(|((left, right), key)| left.compare(right, key))
            .find(|ordering| ordering.is_ne())
            .unwrap_or_else(|| left_place.cmp(right_place))
    };
    let mut keyed: Vec<Keyed<T>> = std::mem::take(items)
        .into_iter()
        .enumerate()
        .map(|(place, item)| {
            let values = keys.iter().map(|key| SortValue::new(&value_of(&item, &key.source), key)).collect();
            (values, place, item)
        })
        .collect();
    // A page of a long list needn't sort the rest of it.
    if needed < keyed.len() {
        keyed.select_nth_unstable_by(needed, compare);
        keyed.truncate(needed);
    }
    keyed.sort_unstable_by(compare);
    items.extend(keyed.into_iter().map(|(_, _, item)| item));
}

impl<'e, R: Rows> Evaluator<'e, R> {
    pub(super) fn sort(&self, rows: &mut Vec<&'e R::Row>, keys: &[OrderKey<Source<'_>>], needed: usize) {
        sort_by_keys(rows, keys, needed, |row, source| self.value(row, source));
    }
}
