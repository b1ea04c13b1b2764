//! Names to the schema's objects and fields. Whatever is wrong with a query beyond its grammar is found here.

mod condition;
mod groups;
mod path;
mod restriction;
mod shape;
mod test;

use super::{
    Rows, Scope, Settings,
    ast::{Item, Name, Operand, Query, Select},
    error::SoqlError,
    plan::{OrderKey, Output, Plan, Source},
};
use crate::schema::{FieldKind, Object, Schema};

const HINT_OBJECT: &str = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.";

pub(super) struct Resolver<'s, 'q, R> {
    query: &'q Query,
    schema: &'s Schema,
    /// Semi-joins are answered while resolving, so that what is left is one pass over rows.
    rows: &'q R,
    settings: &'q Settings<'q>,
}

/// What a path starts from.
#[derive(Clone, Copy)]
struct From<'s, 'q> {
    object: &'s Object,
    alias: Option<&'q Name>,
}

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    pub(super) fn new(query: &'q Query, schema: &'s Schema, rows: &'q R, settings: &'q Settings<'q>) -> Self {
        Self { query, schema, rows, settings }
    }

    pub(super) fn plan(&self) -> Result<Plan<'s>, SoqlError> {
        let select = &self.query.select;
        let object = self.object(&select.from)?;
        let scope = if select.all_rows { Scope::All } else { self.settings.scope };
        let plan = self.select(select, object, scope)?;
        restriction::check(&plan)?;
        Ok(plan)
    }

    fn error(&self, code: &'static str, at: usize, message: &str) -> SoqlError {
        SoqlError::at(code, &self.query.text, at, message)
    }

    fn invalid_field(&self, at: usize, message: &str) -> SoqlError {
        self.error("INVALID_FIELD", at, message)
    }

    fn malformed(&self, at: usize, message: &str) -> SoqlError {
        self.error("MALFORMED_QUERY", at, message)
    }

    fn object(&self, name: &Name) -> Result<&'s Object, SoqlError> {
        self.schema.object(&name.text).filter(|object| object.queryable).ok_or_else(|| {
            let message = format!("sObject type '{}' is not supported. {HINT_OBJECT}", name.text);
            self.error("INVALID_TYPE", name.at, &message)
        })
    }

    fn select(&self, select: &'q Select, object: &'s Object, scope: Scope) -> Result<Plan<'s>, SoqlError> {
        let from = From { object, alias: select.alias.as_ref() };
        let filter = select.condition.as_ref().map(|condition| self.filter(condition, from)).transpose()?;
        let is_count =
            matches!(select.items.as_slice(), [Item::Operand { operand: Operand::Call { argument: None, .. }, .. }]);
        let is_grouped = !select.group_by.is_empty()
            || select.items.iter().any(|item| matches!(item, Item::Operand { operand, .. } if operand.is_aggregate()));
        let (output, order) = if is_count && select.group_by.is_empty() {
            (Output::Count, self.orders(select, from)?)
        } else if is_grouped {
            (Output::Groups(self.groups(select, from)?), Vec::new())
        } else {
            (Output::Rows(self.shape(select, from, scope)?), self.orders(select, from)?)
        };
        Ok(Plan {
            object,
            filter,
            output,
            order,
            offset: select.offset.unwrap_or(0),
            limit: select.limit.unwrap_or(usize::MAX),
            scope,
        })
    }

    fn orders(&self, select: &'q Select, from: From<'s, 'q>) -> Result<Vec<OrderKey<Source<'s>>>, SoqlError> {
        select
            .order_by
            .iter()
            .map(|order| {
                let operand = self.operand(&order.operand, from)?;
                if let Some(field) = operand.field.filter(|field| !field.sortable) {
                    let message = format!("field '{}' can not be sorted in a query call", field.name);
                    return Err(self.invalid_field(order.operand.at(), &message));
                }
                Ok(OrderKey {
                    ranking: operand.ranking(),
                    case: operand.case(),
                    source: operand.source,
                    direction: order.direction,
                    nulls: order.nulls,
                })
            })
            .collect()
    }
}

/// Salesforce's word for a kind, in messages about literals.
fn type_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "ID",
        FieldKind::Boolean => "boolean",
        FieldKind::Int => "int",
        FieldKind::Double => "double",
        FieldKind::Currency => "currency",
        FieldKind::Percent => "percent",
        FieldKind::Date => "date",
        FieldKind::DateTime => "dateTime",
        FieldKind::Time => "time",
        _ => "string",
    }
}
