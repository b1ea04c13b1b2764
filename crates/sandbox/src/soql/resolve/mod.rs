//! Names to the schema's objects and fields. Whatever is wrong with a query beyond its grammar is found here.

mod condition;
mod groups;
mod path;
mod restriction;
mod shape;
mod test;

use super::{
    Rows, Scope, Settings,
    ast::{Function, Item, Name, Operand, Query, Records, Select, ShortCut},
    error::SoqlError,
    plan::{OrderKey, Output, Plan, Source},
};
use crate::schema::{FieldKind, Object, ObjectKind, Schema};

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
    short_cuts: &'q [ShortCut],
    /// How many queries this one stands within.
    depth: usize,
}

impl<'s, 'q> From<'s, 'q> {
    fn of(object: &'s Object, select: &'q Select, depth: usize) -> Self {
        Self { object, alias: select.alias.as_ref(), short_cuts: &select.short_cuts, depth }
    }
}

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    pub(super) fn new(query: &'q Query, schema: &'s Schema, rows: &'q R, settings: &'q Settings<'q>) -> Self {
        Self { query, schema, rows, settings }
    }

    pub(super) fn plan(&self) -> Result<Plan<'s>, SoqlError> {
        let select = &self.query.select;
        let object = self.object(&select.from)?;
        let scope = if select.all_rows { Scope::All } else { self.settings.scope };
        let plan = self.select(select, object, scope, 0)?;
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
        if let Some(event) = self.schema.object(&name.text).filter(|object| object.kind == ObjectKind::PlatformEvent) {
            let message = format!("entity type {} does not support query", event.name);
            return Err(SoqlError::plain("INVALID_TYPE_FOR_OPERATION", message));
        }
        self.schema.object(&name.text).filter(|object| object.queryable).ok_or_else(|| {
            let message = format!("sObject type '{}' is not supported. {HINT_OBJECT}", name.text);
            self.error("INVALID_TYPE", name.at, &message)
        })
    }

    fn select(
        &self,
        select: &'q Select,
        object: &'s Object,
        scope: Scope,
        depth: usize,
    ) -> Result<Plan<'s>, SoqlError> {
        let from = From::of(object, select, depth);
        self.check_scope(select, object)?;
        // Each must lead somewhere, used or not.
        for short_cut in &select.short_cuts {
            self.relationships(object, &short_cut.relationships)?;
        }
        let filter = select.condition.as_ref().map(|condition| self.filter(condition, from)).transpose()?;
        let is_count =
            matches!(select.items.as_slice(), [Item::Operand { operand: Operand::Call { argument: None, .. }, .. }]);
        let is_grouped = !select.group_by.is_empty()
            || select.items.iter().any(|item| matches!(item, Item::Operand { operand, .. } if operand.is_aggregate()));
        if is_count && let Some(order) = select.order_by.first() {
            let ordered = self.operand(&order.operand, from)?;
            let message = format!("Field must be grouped or aggregated: {}", ordered.name);
            return Err(self.malformed(order.operand.at(), &message));
        }
        let (output, order) = if is_count && select.group_by.is_empty() {
            (Output::Count, Vec::new())
        } else if is_grouped {
            if select.group_by.is_empty() && select.limit.is_some() {
                let message = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT";
                return Err(self.malformed(select.from.at, message));
            }
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

    /// Of scopes the sandbox knows those that need nothing but who owns and made a record.
    fn check_scope(&self, select: &Select, object: &Object) -> Result<(), SoqlError> {
        let is_there = match select.records {
            Records::Everyones => true,
            Records::Mine => object.field("OwnerId").is_some(),
            Records::Delegated => object.name == "Task",
            Records::MineAndMyGroups
            | Records::MyTerritory
            | Records::MyTeamTerritory
            | Records::Team
            | Records::ScopingRule => false,
        };
        if is_there {
            return Ok(());
        }
        let message = format!("Scope '{}' is not supported by entity '{}'", select.records.name(), object.name);
        Err(self.malformed(select.records_at, &message))
    }

    fn orders(&self, select: &'q Select, from: From<'s, 'q>) -> Result<Vec<OrderKey<Source<'s>>>, SoqlError> {
        select
            .order_by
            .iter()
            .map(|order| {
                if let Operand::Call { function: Function::Format | Function::ToLabel, at, .. } = order.operand {
                    return Err(SoqlError::unexpected(&self.query.text, at, "("));
                }
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
