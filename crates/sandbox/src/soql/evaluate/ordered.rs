//! Ordered indexes: pages of a long list in the order asked for, and rows between two times.

use super::Evaluator;
use crate::{
    schema::{FieldKind, Object},
    soql::{
        Row, Rows,
        ast::Direction,
        bounds::{Bounds, bounded_fields, bounds},
        filter::Filter,
        plan::{Leaf, OrderKey, Plan, Source},
    },
};

/// Beyond so many rows between two bounds, one pass over all rows is as quick.
const MAX_WITHIN_BOUNDS: usize = 20_000;

/// How rows alike in the first key of an order follow one another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ties {
    ById,
    ByIdDescending,
}

impl<'e, R: Rows> Evaluator<'e, R> {
    /// The first `needed` rows wanted that hold something besides, read in the order of the plan; `None` where no index has that order or another index is better.
    pub(super) fn in_plan_order(
        &self,
        plan: &Plan<'_>,
        needed: usize,
        holds: &dyn Fn(&R::Row) -> bool,
    ) -> Option<Vec<&'e R::Row>> {
        let (field, direction, ties) = indexable(&plan.order)?;
        if plan.filter.as_ref().is_some_and(|filter| self.candidates(plan.object, filter).is_some()) {
            return None;
        }
        let Bounds { from, until } = plan.filter.as_ref().and_then(|filter| bounds(filter, field)).unwrap_or_default();
        let rows = self.rows.in_order(&plan.object.name, field, from.as_deref(), until.as_deref())?;
        let is_wanted = |row: &&'e R::Row| self.is_wanted(plan, row) && holds(row);
        Some(match (direction, ties) {
            (Direction::Ascending, _) => rows.filter(is_wanted).take(needed).collect(),
            (Direction::Descending, Ties::ByIdDescending) => rows.rev().filter(is_wanted).take(needed).collect(),
            (Direction::Descending, Ties::ById) => {
                let mut wanted: Vec<&'e R::Row> = Vec::new();
                let mut group_start = 0;
                for row in rows.rev().filter(is_wanted) {
                    let is_new = wanted.get(group_start).is_none_or(|first| first.value(field) != row.value(field));
                    if is_new {
                        reverse_from(&mut wanted, group_start);
                        group_start = wanted.len();
                        if wanted.len() >= needed {
                            break;
                        }
                    }
                    wanted.push(row);
                }
                reverse_from(&mut wanted, group_start);
                wanted.truncate(needed);
                wanted
            }
        })
    }

    /// All rows that can match, where a time or an id is bounded closely enough.
    pub(super) fn within_bounds(&self, object: &Object, filter: &Filter<Source<'_>>) -> Option<Vec<&'e R::Row>> {
        bounded_fields(filter).into_iter().find_map(|field| {
            let Bounds { from, until } = bounds(filter, field)?;
            let rows = self.rows.in_order(&object.name, field, from.as_deref(), until.as_deref())?;
            let rows: Vec<&R::Row> = rows.take(MAX_WITHIN_BOUNDS + 1).collect();
            (rows.len() <= MAX_WITHIN_BOUNDS).then_some(rows)
        })
    }
}

fn reverse_from<T>(items: &mut [T], start: usize) {
    if let Some(group) = items.get_mut(start..) {
        group.reverse();
    }
}

/// The field an ordered index can have, where the order is by it alone or by it and then by id.
fn indexable<'p>(order: &'p [OrderKey<Source<'_>>]) -> Option<(&'p str, Direction, Ties)> {
    let (first, rest) = order.split_first()?;
    let (field, kind) = direct(first)?;
    let ties = match (kind, rest) {
        // Ids are never alike.
        (FieldKind::Id, _) => match first.direction {
            Direction::Ascending => Ties::ById,
            Direction::Descending => Ties::ByIdDescending,
        },
        (FieldKind::DateTime, []) => Ties::ById,
        (FieldKind::DateTime, [second, ..]) if matches!(direct(second), Some((_, FieldKind::Id))) => {
            match second.direction {
                Direction::Ascending => Ties::ById,
                Direction::Descending => Ties::ByIdDescending,
            }
        }
        _ => return None,
    };
    let is_possible = first.direction == Direction::Descending || ties == Ties::ById;
    is_possible.then_some((field, first.direction, ties))
}

fn direct<'p>(key: &'p OrderKey<Source<'_>>) -> Option<(&'p str, FieldKind)> {
    match &key.source {
        Source::Path(path) if path.hops.is_empty() => match path.leaf {
            Leaf::Field(field) => Some((&field.name, field.kind)),
            Leaf::Loose { .. } => None,
        },
        _ => None,
    }
}
