//! Conditions to filters, semi-joins answered on the way.

use super::{From, Resolver, restriction::LINK, test::Subject};
use crate::{
    schema::{FieldKind, Object},
    soql::{
        Rows, Settings,
        ast::{Condition, Function, Item, Membership, Operand, Select},
        error::SoqlError,
        evaluate::Evaluator,
        filter::{Case, Filter, Set, Test},
        plan::{Output, Plan, Shape, Source},
    },
};

const MAX_JOINS: usize = 2;

/// Answers the ids of a query within a condition.
type Join<'f, 's, 'q, S> = dyn Fn(&'q Select, &Subject<'s, S>) -> Result<Set, SoqlError> + 'f;

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    /// WHERE
    pub(super) fn filter(&self, condition: &'q Condition, from: From<'s, 'q>) -> Result<Filter<Source<'s>>, SoqlError> {
        self.check_joins(condition)?;
        self.compile_with(condition, &mut |operand| self.subject(operand, from), &|select,
                                                                                   subject: &Subject<
            's,
            Source<'s>,
        >| {
            self.join(select, subject, from.object)
        })
    }

    /// HAVING, where there are no joins.
    pub(super) fn compile<S: Clone>(
        &self,
        condition: &'q Condition,
        subject: &mut dyn FnMut(&Operand) -> Result<Subject<'s, S>, SoqlError>,
    ) -> Result<Filter<S>, SoqlError> {
        self.compile_with(condition, subject, &|select, _| {
            Err(self.malformed(select.from.at, "Semi join sub-selects are not supported in HAVING"))
        })
    }

    fn compile_with<S: Clone>(
        &self,
        condition: &'q Condition,
        subject: &mut dyn FnMut(&Operand) -> Result<Subject<'s, S>, SoqlError>,
        join: &Join<'_, 's, 'q, S>,
    ) -> Result<Filter<S>, SoqlError> {
        let (filter, membership) = match condition {
            Condition::And(terms) => {
                let terms = terms.iter().map(|term| self.compile_with(term, subject, join));
                return Ok(Filter::And(terms.collect::<Result<_, _>>()?));
            }
            Condition::Or(terms) => {
                let terms = terms.iter().map(|term| self.compile_with(term, subject, join));
                return Ok(Filter::Or(terms.collect::<Result<_, _>>()?));
            }
            Condition::Not(term) => return Ok(self.compile_with(term, subject, join)?.negated()),
            Condition::Compare { left, operator, right } => {
                let left = subject(left)?;
                return self.comparison(left, *operator, right);
            }
            Condition::OneOf { left, membership, list } => {
                let left = subject(left)?;
                (self.one_of(left, list)?, *membership)
            }
            Condition::Join { left, membership, select, .. } => {
                let left = subject(left)?;
                let set = join(select, &left)?;
                (Filter::test(left.source, Test::OneOf(set)), *membership)
            }
            Condition::Includes { left, membership, list } => {
                let left = subject(left)?;
                (self.includes(left, list)?, *membership)
            }
        };
        Ok(if membership == Membership::Out { filter.negated() } else { filter })
    }

    fn subject(&self, operand: &Operand, from: From<'s, 'q>) -> Result<Subject<'s, Source<'s>>, SoqlError> {
        if let Operand::Call { function: Function::Format, at, .. } = operand {
            return Err(SoqlError::unexpected(&self.query.text, *at, "("));
        }
        let resolved = self.operand(operand, from)?;
        if let Some(field) = resolved.field.filter(|field| !field.filterable) {
            let message = format!("field '{}' can not be filtered in a query call", field.name);
            return Err(self.invalid_field(operand.at(), &message));
        }
        Ok(Subject {
            source: resolved.source,
            kind: resolved.kind,
            field: resolved.field,
            name: resolved.name,
            at: operand.at(),
        })
    }

    /// Not under OR, and not too many.
    fn check_joins(&self, condition: &Condition) -> Result<(), SoqlError> {
        let joins = self.count_joins(condition, Under::Root)?;
        match joins.get(MAX_JOINS) {
            Some(at) => Err(self.malformed(*at, &format!("Maximum {MAX_JOINS} semi join sub-selects are allowed"))),
            None => Ok(()),
        }
    }

    fn count_joins(&self, condition: &Condition, under: Under) -> Result<Vec<usize>, SoqlError> {
        let mut joins = Vec::new();
        match condition {
            Condition::And(terms) => {
                let within = if under == Under::Root { Under::And } else { under };
                for term in terms {
                    joins.extend(self.count_joins(term, within)?);
                }
            }
            Condition::Or(terms) => {
                let within = if under == Under::Root { Under::Or } else { Under::Nested };
                for term in terms {
                    joins.extend(self.count_joins(term, within)?);
                }
            }
            Condition::Not(term) => joins.extend(self.count_joins(term, Under::Nested)?),
            Condition::Join { at, .. } if under == Under::Or => {
                return Err(self.malformed(*at, "Semi join sub-selects are not allowed with the 'OR' operator"));
            }
            Condition::Join { at, .. } if under == Under::Nested => {
                let message = "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.";
                return Err(self.malformed(*at, message));
            }
            Condition::Join { at, .. } => joins.push(*at),
            Condition::Compare { .. } | Condition::OneOf { .. } | Condition::Includes { .. } => {}
        }
        Ok(joins)
    }

    /// The ids the inner query answers.
    fn join(
        &self,
        select: &'q Select,
        outer: &Subject<'s, Source<'s>>,
        outer_object: &Object,
    ) -> Result<Set, SoqlError> {
        let object = self.object(&select.from)?;
        let from = From::of(object, select, 1);
        self.check_scope(select, object)?;
        let [Item::Operand { operand: operand @ Operand::Path(_), .. }] = select.items.as_slice() else {
            return Err(self.malformed(select.from.at, "A semi join sub-select must select exactly one field"));
        };
        if object.name == LINK {
            let message = format!("Entity '{LINK}' is not supported for semi join inner selects");
            return Err(self.malformed(select.from.at, &message));
        }
        if object.name == outer_object.name {
            let message = "The inner and outer selects should not be on the same object type";
            return Err(self.malformed(select.from.at, message));
        }
        let inner = self.operand(operand, from)?;
        if !inner.kind.is_id() {
            let message = format!("Semi join sub-selects can only query id fields, cannot use: '{}'", inner.name);
            return Err(self.malformed(operand.at(), &message));
        }
        let targets = |kind: FieldKind, field: Option<&'s crate::schema::Field>, object: &Object| match (kind, field) {
            (FieldKind::Reference, Some(field)) => field.reference_to.clone(),
            _ => vec![object.name.clone()],
        };
        let inner_targets = targets(inner.kind, inner.field, object);
        let outer_targets = targets(outer.kind, outer.field, outer_object);
        let is_direct = matches!(&outer.source, Source::Path(path) if path.hops.is_empty());
        if !outer.kind.is_id() || (is_direct && !outer_targets.iter().any(|target| inner_targets.contains(target))) {
            let message = format!(
                "The selected field '{}' in the subquery and the left operand field in the where expression in the outer query '{}' should point to the same object type",
                inner.name, outer.name
            );
            return Err(self.malformed(outer.at, &message));
        }
        let filter = select.condition.as_ref().map(|condition| self.filter(condition, from)).transpose()?;
        let plan = Plan {
            object,
            filter,
            output: Output::Rows(Shape::default()),
            order: Vec::new(),
            offset: 0,
            limit: usize::MAX,
            scope: self.settings.scope,
        };
        let settings: &Settings<'_> = self.settings;
        let evaluator = Evaluator { schema: self.schema, rows: self.rows, settings };
        let ids = evaluator.texts(&plan, &inner.source);
        Ok(Set::new(ids, false, Case::Exact))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Under {
    Root,
    And,
    Or,
    /// OR within something, or NOT.
    Nested,
}
