//! A query whose every name is known: what the resolver makes and the evaluator runs.

use super::{
    Scope,
    ast::{Aggregate, DatePart, Direction, Nulls},
    filter::{Case, Filter},
};
use crate::schema::{Field, FieldKind, Object};

pub(super) struct Plan<'s> {
    pub(super) object: &'s Object,
    pub(super) filter: Option<Filter<Source<'s>>>,
    pub(super) output: Output<'s>,
    /// Of rows; groups have their own.
    pub(super) order: Vec<OrderKey<Source<'s>>>,
    pub(super) offset: usize,
    pub(super) limit: usize,
    pub(super) scope: Scope,
}

impl<'s> Plan<'s> {
    /// The list of children that is named there in the text, at whatever depth.
    pub(super) fn children_at(&self, wanted: usize) -> Option<&Self> {
        let Output::Rows(shape) = &self.output else { return None };
        shape.columns.iter().find_map(|column| match column {
            Column::Children { at, plan, .. } if *at == wanted => Some(&**plan),
            Column::Children { plan, .. } => plan.children_at(wanted),
            _ => None,
        })
    }
}

pub(super) enum Output<'s> {
    /// `SELECT COUNT()`
    Count,
    Rows(Shape<'s>),
    Groups(Groups<'s>),
}

/// What one record of an answer holds.
#[derive(Default)]
pub(super) struct Shape<'s> {
    pub(super) columns: Vec<Column<'s>>,
}

pub(super) enum Column<'s> {
    Leaf(Leaf<'s>),
    /// A function of a field, under a name of its own.
    Computed {
        key: String,
        source: Source<'s>,
    },
    /// A related record, nested.
    Parent {
        reference: &'s Field,
        shape: Shape<'s>,
    },
    /// A related record of one of several objects, nested.
    TypeOf {
        reference: &'s Field,
        branches: Vec<(&'s Object, Shape<'s>)>,
        /// Of any other object; null where there is none.
        otherwise: Option<Shape<'s>>,
    },
    Children {
        key: &'s str,
        field: &'s str,
        /// Where in the text its relationship is named: no other list of the query is there.
        at: usize,
        plan: Box<Plan<'s>>,
    },
}

/// Aggregates of rows that are alike in `keys`; all rows are one group where there are no keys.
pub(super) struct Groups<'s> {
    pub(super) keys: Vec<Source<'s>>,
    /// For the groups and each kind of subtotal, which keys tell rows apart.
    pub(super) sets: Vec<Vec<bool>>,
    pub(super) aggregates: Vec<(Aggregate, Source<'s>, FieldKind)>,
    pub(super) columns: Vec<GroupColumn>,
    pub(super) having: Option<Filter<usize>>,
    pub(super) order: Vec<OrderKey<usize>>,
}

pub(super) struct GroupColumn {
    pub(super) name: String,
    /// Which value: keys are counted first, then whether each is left out of a subtotal, then aggregates.
    pub(super) value: usize,
    pub(super) form: Form,
}

/// How a value is answered.
#[derive(Clone, Copy)]
pub(super) enum Form {
    AsIs,
    /// As a person in the United States reads it.
    Formatted(FieldKind),
}

pub(super) struct OrderKey<S> {
    pub(super) source: S,
    pub(super) direction: Direction,
    pub(super) nulls: Nulls,
    /// Picklist values, in lower case, sort as the picklist lists them.
    pub(super) ranking: Vec<String>,
    /// Ids sort by their bytes, so that `ORDER BY Id` and `Id > …` agree.
    pub(super) case: Case,
}

/// A value that can be had of a row.
#[derive(Clone, PartialEq)]
pub(super) enum Source<'s> {
    Path(FieldPath<'s>),
    Date(DatePart, FieldPath<'s>),
    /// The label of a picklist value.
    Label(FieldPath<'s>),
    /// As a person in the United States reads it.
    Formatted(FieldPath<'s>),
}

#[derive(Clone)]
pub(super) struct FieldPath<'s> {
    /// Reference fields to follow, outermost first.
    pub(super) hops: Vec<&'s Field>,
    pub(super) leaf: Leaf<'s>,
}

/// The same by name; schemas don't hold a field twice.
impl PartialEq for FieldPath<'_> {
    fn eq(&self, other: &Self) -> bool {
        let hops = |path: &Self| path.hops.iter().map(|hop| hop.name.clone()).collect::<Vec<_>>();
        hops(self) == hops(other) && self.leaf.key() == other.leaf.key()
    }
}

#[derive(Clone, Copy)]
pub(super) enum Leaf<'s> {
    Field(&'s Field),
    /// Of a record whose object is known only once it is met (`Owner.Name`).
    Loose {
        name: &'static str,
        kind: FieldKind,
    },
}

impl<'s> Leaf<'s> {
    /// As an answer names it.
    pub(super) fn key(self) -> &'s str {
        match self {
            Self::Field(field) => &field.name,
            Self::Loose { name, .. } => name,
        }
    }

    pub(super) fn kind(self) -> FieldKind {
        match self {
            Self::Field(field) => field.kind,
            Self::Loose { kind, .. } => kind,
        }
    }

    pub(super) fn field(self) -> Option<&'s Field> {
        match self {
            Self::Field(field) => Some(field),
            Self::Loose { .. } => None,
        }
    }
}
