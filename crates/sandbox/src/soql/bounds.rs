//! What a condition says of one field: no row outside the bounds can match.

use super::{
    filter::{Case, Comparison, Filter, Test},
    plan::{Leaf, Source},
};

/// Both included; absent where a field is not bounded on that side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
}

impl Bounds {
    /// Both hold.
    fn and(self, other: Self) -> Self {
        let tighter =
            |left: Option<String>, right: Option<String>, is_left: fn(&String, &String) -> bool| match (left, right) {
                (Some(left), Some(right)) => Some(if is_left(&left, &right) { left } else { right }),
                (left, right) => left.or(right),
            };
        Self {
            from: tighter(self.from, other.from, |l, r| l >= r),
            until: tighter(self.until, other.until, |l, r| l <= r),
        }
    }

    /// Either holds.
    fn or(self, other: Self) -> Self {
        Self {
            from: self.from.zip(other.from).map(|(left, right)| left.min(right)),
            until: self.until.zip(other.until).map(|(left, right)| left.max(right)),
        }
    }
}

/// Of a time or the id; `None` where the condition leaves it open.
pub(super) fn bounds(filter: &Filter<Source<'_>>, field: &str) -> Option<Bounds> {
    let bounds = match filter {
        Filter::And(filters) => filters.iter().filter_map(|filter| bounds(filter, field)).reduce(Bounds::and)?,
        Filter::Or(filters) => {
            let each: Option<Vec<Bounds>> = filters.iter().map(|filter| bounds(filter, field)).collect();
            each?.into_iter().reduce(Bounds::or)?
        }
        Filter::Not(_) => return None,
        Filter::Test { source, test } => {
            if direct(source) != Some(field) {
                return None;
            }
            of_test(test)?
        }
    };
    (bounds != Bounds::default()).then_some(bounds)
}

fn of_test(test: &Test) -> Option<Bounds> {
    let (comparison, start, end) = match test {
        Test::Moment(comparison, span) => (*comparison, &span.start, span.end.as_ref().unwrap_or(&span.start)),
        Test::Text(comparison, value, Case::Exact) => (*comparison, value, value),
        _ => return None,
    };
    Some(match comparison {
        Comparison::Equal => Bounds { from: Some(start.clone()), until: Some(end.clone()) },
        Comparison::Less => Bounds { from: None, until: Some(start.clone()) },
        Comparison::LessOrEqual => Bounds { from: None, until: Some(end.clone()) },
        Comparison::Greater => Bounds { from: Some(end.clone()), until: None },
        Comparison::GreaterOrEqual => Bounds { from: Some(start.clone()), until: None },
    })
}

/// Fields of the row itself that a condition compares with a time or in the order of ids, in no order.
pub(super) fn bounded_fields<'f>(filter: &'f Filter<Source<'_>>) -> Vec<&'f str> {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().flat_map(bounded_fields).collect(),
        Filter::Test { source, test } if of_test(test).is_some() => direct(source).into_iter().collect(),
        Filter::Not(_) | Filter::Test { .. } => Vec::new(),
    }
}

fn direct<'f>(source: &'f Source<'_>) -> Option<&'f str> {
    match source {
        Source::Path(path) if path.hops.is_empty() => match path.leaf {
            Leaf::Field(field) => Some(&field.name),
            Leaf::Loose { .. } => None,
        },
        _ => None,
    }
}
