//! GROUP BY and aggregate functions.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde_json::{Map, Value, json};

use super::{Evaluator, format::formatted, order::sort_by_keys};
use crate::{
    schema::FieldKind,
    soql::{
        Rows,
        ast::Aggregate,
        plan::{Form, GroupColumn, Groups},
    },
};

static NULL: Value = Value::Null;

/// One group while rows go in.
struct Group {
    /// Which of the plan's sets it belongs to.
    set: usize,
    keys: Vec<Value>,
    totals: Vec<Total>,
}

/// Nulls count for nothing.
#[derive(Default)]
struct Total {
    count: u64,
    sum: f64,
    distinct: HashSet<String>,
    least: Option<Value>,
    most: Option<Value>,
}

impl Total {
    fn add(&mut self, aggregate: Aggregate, value: &Value) {
        if value.is_null() {
            return;
        }
        self.count += 1;
        match aggregate {
            Aggregate::Count => {}
            Aggregate::CountDistinct => {
                self.distinct.insert(folded(value));
            }
            Aggregate::Sum | Aggregate::Average => self.sum += value.as_f64().unwrap_or(0.0),
            Aggregate::Minimum => {
                if self.least.as_ref().is_none_or(|least| is_less(value, least)) {
                    self.least = Some(value.clone());
                }
            }
            Aggregate::Maximum => {
                if self.most.as_ref().is_none_or(|most| is_less(most, value)) {
                    self.most = Some(value.clone());
                }
            }
        }
    }

    fn finish(self, aggregate: Aggregate, kind: FieldKind) -> Value {
        match aggregate {
            Aggregate::Count => json!(self.count),
            Aggregate::CountDistinct => json!(self.distinct.len()),
            Aggregate::Sum | Aggregate::Average if self.count == 0 => Value::Null,
            #[expect(clippy::cast_possible_truncation, reason = "a sum of whole numbers is whole")]
            Aggregate::Sum if kind == FieldKind::Int => json!(self.sum as i64),
            Aggregate::Sum => json!(self.sum),
            #[expect(clippy::cast_precision_loss, reason = "no org of this kind has 2^53 rows")]
            Aggregate::Average => json!(self.sum / self.count as f64),
            Aggregate::Minimum => self.least.unwrap_or_default(),
            Aggregate::Maximum => self.most.unwrap_or_default(),
        }
    }
}

impl<'e, R: Rows> Evaluator<'e, R> {
    pub(super) fn aggregate(&self, rows: &[&'e R::Row], groups: &Groups<'_>) -> Vec<Value> {
        let mut found: Vec<Group> = Vec::new();
        let mut index: HashMap<(usize, Vec<String>), usize> = HashMap::new();
        let start = |set: usize, keys: Vec<Value>| Group {
            set,
            keys,
            totals: groups.aggregates.iter().map(|_| Total::default()).collect(),
        };
        if groups.keys.is_empty() {
            found.push(start(0, Vec::new()));
            index.insert((0, Vec::new()), 0);
        }
        let mut known: Vec<Known> = groups.sets.iter().map(|_| Known::default()).collect();
        let sets = groups.sets.iter().enumerate();
        for (row, (set, kept)) in rows.iter().flat_map(|row| sets.clone().map(move |set| (row, set))) {
            let keys = groups.keys.iter().zip(kept);
            let keys: Vec<Cow<'_, Value>> =
                keys.map(|(key, is_kept)| if *is_kept { self.value(row, key) } else { Cow::Borrowed(&NULL) }).collect();
            let Some(known) = known.get_mut(set) else { continue };
            let position = known.position(&keys).unwrap_or_else(|| {
                let position = *index.entry((set, keys.iter().map(|key| folded(key)).collect())).or_insert_with(|| {
                    found.push(start(set, keys.iter().map(|key| key.clone().into_owned()).collect()));
                    found.len() - 1
                });
                known.learn(&keys, position);
                position
            });
            if let Some(group) = found.get_mut(position) {
                for (total, (aggregate, source, _)) in group.totals.iter_mut().zip(&groups.aggregates) {
                    total.add(*aggregate, &self.value(row, source));
                }
            }
        }

        let mut values: Vec<Vec<Value>> = found
            .into_iter()
            .map(|group| {
                let totals = group.totals.into_iter().zip(&groups.aggregates);
                let kept = groups.sets.get(group.set).into_iter().flatten();
                let left_out = kept.map(|is_kept| json!(u8::from(!is_kept)));
                group
                    .keys
                    .into_iter()
                    .chain(left_out)
                    .chain(totals.map(|(total, (aggregate, _, kind))| total.finish(*aggregate, *kind)))
                    .collect()
            })
            .collect();
        if let Some(having) = &groups.having {
            values.retain(|values| having.matches(&|index: &usize| at(values, *index)));
        }
        sort_by_keys(&mut values, &groups.order, usize::MAX, |values, index| {
            Cow::Owned(at(values, *index).into_owned())
        });
        values.iter().map(|values| answer(values, groups)).collect()
    }
}

/// Groups by where their keys are in memory: rows share common values, so most rows needn't have theirs read.
#[derive(Default)]
struct Known {
    positions: HashMap<Vec<usize>, usize>,
    addresses: Vec<usize>,
}

impl Known {
    const MOST: usize = 10_000;

    fn position(&mut self, keys: &[Cow<'_, Value>]) -> Option<usize> {
        self.addresses.clear();
        for key in keys {
            // What was made for this row is at no lasting place.
            let Cow::Borrowed(value) = key else { return None };
            self.addresses.push(std::ptr::from_ref(*value).addr());
        }
        self.positions.get(&self.addresses).copied()
    }

    fn learn(&mut self, keys: &[Cow<'_, Value>], position: usize) {
        let are_borrowed = keys.iter().all(|key| matches!(key, Cow::Borrowed(_)));
        if are_borrowed && self.positions.len() < Self::MOST {
            self.positions.insert(self.addresses.clone(), position);
        }
    }
}

fn at(values: &[Value], index: usize) -> Cow<'_, Value> {
    values.get(index).map_or(Cow::Owned(Value::Null), Cow::Borrowed)
}

fn answer(values: &[Value], groups: &Groups<'_>) -> Value {
    let mut row = Map::new();
    row.insert("attributes".to_owned(), json!({ "type": "AggregateResult" }));
    for GroupColumn { name, value, form } in &groups.columns {
        let value = at(values, *value);
        let shown = match form {
            Form::AsIs => value.into_owned(),
            Form::Formatted(kind) => formatted(*kind, &value),
        };
        row.insert(name.clone(), shown);
    }
    Value::Object(row)
}

/// Alike for values that group together: text groups without regard to case.
fn folded(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}", text.to_lowercase()),
        other => other.to_string(),
    }
}

fn is_less(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left < right,
        _ => folded(left) < folded(right),
    }
}
