//! The SELECT list, HAVING and ORDER BY of an aggregate query.

use std::{borrow::Cow, collections::HashSet};

use super::{From, Resolver, path::Resolved, test::Subject};
use crate::{
    schema::FieldKind,
    soql::{
        Rows,
        ast::{Aggregate, Function, Item, Name, Operand, Path, Select, Subtotals},
        error::SoqlError,
        filter::Case,
        plan::{Form, GroupColumn, Groups, OrderKey},
    },
};

/// Groups as they are found out, with the type of each value.
struct Building<'s> {
    groups: Groups<'s>,
    kinds: Vec<Value>,
}

/// A key or an aggregate.
struct Value {
    kind: FieldKind,
    name: String,
    ranking: Vec<String>,
    case: Case,
}

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    pub(super) fn groups(&self, select: &'q Select, from: From<'s, 'q>) -> Result<Groups<'s>, SoqlError> {
        let groups = Groups {
            keys: Vec::new(),
            sets: sets(select.subtotals, select.group_by.len()),
            aggregates: Vec::new(),
            columns: Vec::new(),
            having: None,
            order: Vec::new(),
        };
        let mut building = Building { groups, kinds: Vec::new() };
        for operand in &select.group_by {
            let key = self.operand(operand, from)?;
            if let Some(field) = key.field.filter(|field| !field.groupable) {
                let message = format!("field '{}' can not be grouped in a query call", field.name);
                return Err(self.invalid_field(operand.at(), &message));
            }
            building.kinds.push(Value { kind: key.kind, ranking: key.ranking(), case: key.case(), name: key.name });
            building.groups.keys.push(key.source);
        }
        building.kinds.extend(select.group_by.iter().map(|_| Value {
            kind: FieldKind::Int,
            name: "GROUPING".to_owned(),
            ranking: Vec::new(),
            case: Case::Folded,
        }));

        let mut names = HashSet::new();
        let mut expressions = 0;
        for item in &select.items {
            let (operand, alias) = match item {
                Item::Operand { operand, alias } => (operand, alias.as_ref()),
                Item::Fields { at, .. } => {
                    return Err(self.malformed(*at, "The SOQL FIELDS function is not supported with GROUP BY"));
                }
                Item::TypeOf { relationship, .. } => {
                    return Err(self.malformed(relationship.at, "TYPEOF is not supported with GROUP BY"));
                }
                Item::Children(children) => {
                    let message = "Grouped query cannot use child relationships in the SELECT list";
                    return Err(self.malformed(children.from.at, message));
                }
            };
            let (inner, is_formatted) = unformatted(operand);
            let value = self.group_value(&inner, from, &mut building)?;
            let form = match building.kinds.get(value) {
                Some(known) if is_formatted => Form::Formatted(known.kind),
                _ => Form::AsIs,
            };
            let name = column_name(operand, alias, &mut expressions);
            if !names.insert(name.to_lowercase()) {
                return Err(self.malformed(operand.at(), &format!("duplicate alias: {name}")));
            }
            building.groups.columns.push(GroupColumn { name, value, form });
        }

        if let Some(condition) = &select.having {
            let filter = self.compile(condition, &mut |operand| {
                let index = self.group_value(operand, from, &mut building)?;
                let value = building.kinds.get(index);
                Ok(Subject {
                    source: index,
                    kind: value.map_or(FieldKind::String, |value| value.kind),
                    field: None,
                    name: value.map(|value| value.name.clone()).unwrap_or_default(),
                    at: operand.at(),
                })
            })?;
            building.groups.having = Some(filter);
        }

        for order in &select.order_by {
            let alias = match &order.operand {
                Operand::Path(Path { relationships, field }) if relationships.is_empty() => {
                    building.groups.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&field.text))
                }
                _ => None,
            };
            let source = match alias {
                Some(column) => column.value,
                None => self.group_value(&order.operand, from, &mut building)?,
            };
            let (ranking, case) = building
                .kinds
                .get(source)
                .map_or((Vec::new(), Case::Folded), |value| (value.ranking.clone(), value.case));
            let (direction, nulls) = (order.direction, order.nulls);
            building.groups.order.push(OrderKey { source, direction, nulls, ranking, case });
        }
        Ok(building.groups)
    }

    /// Which value of a group the operand is; an aggregate not met before is added.
    fn group_value(
        &self,
        operand: &Operand,
        from: From<'s, '_>,
        building: &mut Building<'s>,
    ) -> Result<usize, SoqlError> {
        if let Operand::Call { function: Function::Grouping, argument: Some(argument), .. } = operand {
            let key = self.group_value(&Operand::Path(argument.clone()), from, building)?;
            return Ok(building.groups.keys.len() + key);
        }
        let Operand::Call { function: Function::Aggregate(function), argument, at } = operand else {
            let key = self.operand(operand, from)?;
            return building.groups.keys.iter().position(|known| *known == key.source).ok_or_else(|| {
                self.malformed(operand.at(), &format!("Field must be grouped or aggregated: {}", key.name))
            });
        };
        let Some(argument) = argument else { return Err(SoqlError::unexpected(&self.query.text, *at, ")")) };
        let argument = self.operand(&Operand::Path(argument.clone()), from)?;
        if !supports(*function, &argument) {
            let message = format!("field {} does not support aggregate operator {}", argument.name, function.name());
            return Err(self.malformed(*at, &message));
        }
        let groups = &mut building.groups;
        let known =
            groups.aggregates.iter().position(|(known, source, _)| known == function && *source == argument.source);
        if let Some(known) = known {
            return Ok(groups.keys.len() * 2 + known);
        }
        let kind = match function {
            Aggregate::Count | Aggregate::CountDistinct => FieldKind::Int,
            Aggregate::Average => FieldKind::Double,
            Aggregate::Sum | Aggregate::Minimum | Aggregate::Maximum => argument.kind,
        };
        building.kinds.push(Value { kind, case: argument.case(), name: argument.name, ranking: Vec::new() });
        groups.aggregates.push((*function, argument.source, kind));
        Ok(groups.keys.len() * 2 + groups.aggregates.len() - 1)
    }
}

/// What FORMAT stands around.
fn unformatted(operand: &Operand) -> (Cow<'_, Operand>, bool) {
    match operand {
        Operand::Call { function: Function::FormattedAggregate(aggregate), argument, at } => {
            let (function, argument) = (Function::Aggregate(*aggregate), argument.clone());
            (Cow::Owned(Operand::Call { function, argument, at: *at }), true)
        }
        Operand::Call { function: Function::Format, argument: Some(path), .. } => {
            (Cow::Owned(Operand::Path(path.clone())), true)
        }
        other => (Cow::Borrowed(other), false),
    }
}

/// The groups themselves first.
fn sets(subtotals: Subtotals, keys: usize) -> Vec<Vec<bool>> {
    let all = vec![true; keys];
    match subtotals {
        Subtotals::None => vec![all],
        Subtotals::Rollup => (0..=keys).rev().map(|kept| (0..keys).map(|key| key < kept).collect()).collect(),
        Subtotals::Cube => {
            (0..1_usize << keys).map(|left_out| (0..keys).map(|key| left_out & (1 << key) == 0).collect()).collect()
        }
    }
}

fn supports(function: Aggregate, argument: &Resolved<'_>) -> bool {
    match function {
        Aggregate::Count | Aggregate::CountDistinct => argument.field.is_none_or(|field| field.filterable),
        Aggregate::Sum | Aggregate::Average => argument.kind.is_number(),
        Aggregate::Minimum | Aggregate::Maximum => {
            argument.kind != FieldKind::Boolean && argument.field.is_none_or(|field| field.sortable)
        }
    }
}

/// An alias, the field's own name, or `expr0`, `expr1`, … for functions without one.
fn column_name(operand: &Operand, alias: Option<&Name>, expressions: &mut usize) -> String {
    match (alias, operand) {
        (Some(alias), _) => alias.text.clone(),
        (None, Operand::Path(path)) => path.field.text.clone(),
        (None, Operand::Call { .. }) => {
            let name = format!("expr{expressions}");
            *expressions += 1;
            name
        }
    }
}
