//! The SELECT list of a query for rows.

use std::collections::HashSet;

use super::{From, Resolver, path::HINT_RELATIONSHIP};
use crate::{
    schema::{Field, Object},
    soql::{
        Rows, Scope,
        ast::{Branch, FieldGroup, Function, Item, Name, Operand, Path, Select},
        error::SoqlError,
        plan::{Column, FieldPath, Leaf, Output, Plan, Shape, Source},
    },
};

/// What `FIELDS(ALL)` and `FIELDS(CUSTOM)` need as LIMIT at most.
const MAX_LIMIT_OF_ALL_FIELDS: usize = 200;

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    pub(super) fn shape(&self, select: &'q Select, from: From<'s, 'q>, scope: Scope) -> Result<Shape<'s>, SoqlError> {
        let mut shape = Shape::default();
        let mut seen = HashSet::new();
        for item in &select.items {
            match item {
                Item::Operand { operand, alias } => {
                    let column = self.column(operand, alias.as_ref(), from)?;
                    let name = column_name(&column);
                    if !seen.insert(name.to_lowercase()) {
                        let message = format!("duplicate field selected: {name}");
                        return Err(self.invalid_field(operand.at(), &message));
                    }
                    match column {
                        Selected::Path(path) => insert(&mut shape, &path.hops, path.leaf),
                        Selected::Computed { key, source } => shape.columns.push(Column::Computed { key, source }),
                    }
                }
                Item::Fields { group, at } => {
                    if *group != FieldGroup::Standard
                        && select.limit.is_none_or(|limit| limit > MAX_LIMIT_OF_ALL_FIELDS)
                    {
                        let message =
                            format!("The SOQL FIELDS function must have a LIMIT of at most {MAX_LIMIT_OF_ALL_FIELDS}");
                        return Err(self.malformed(*at, &message));
                    }
                    for field in fields_of(from.object, *group) {
                        if seen.insert(field.name.to_lowercase()) {
                            insert(&mut shape, &[], Leaf::Field(field));
                        }
                    }
                }
                Item::TypeOf { relationship, branches, otherwise } => {
                    let column = self.type_of(relationship, branches, otherwise, from)?;
                    if !seen.insert(relationship.text.to_lowercase()) {
                        let message = format!("duplicate field selected: {}", relationship.text);
                        return Err(self.invalid_field(relationship.at, &message));
                    }
                    shape.columns.push(column);
                }
                Item::Children(children) => {
                    let column = self.children(children, from.object, scope)?;
                    shape.columns.push(column);
                }
            }
        }
        Ok(shape)
    }

    fn column(&self, operand: &Operand, alias: Option<&Name>, from: From<'s, 'q>) -> Result<Selected<'s>, SoqlError> {
        let (function, at) = match operand {
            Operand::Path(path) => {
                if let Some(alias) = alias {
                    return Err(self.malformed(alias.at, "only aggregate expressions use field aliasing"));
                }
                return self.path(path, from).map(Selected::Path);
            }
            Operand::Call { function, at, .. } => (*function, *at),
        };
        let resolved = self.operand(operand, from)?;
        if matches!(function, Function::Date(_)) {
            return Err(self.malformed(at, &format!("Field must be grouped or aggregated: {}", resolved.name)));
        }
        let key = alias.map_or(resolved.name, |alias| alias.text.clone());
        Ok(Selected::Computed { key, source: resolved.source })
    }

    fn type_of(
        &self,
        relationship: &Name,
        branches: &[Branch],
        otherwise: &[Path],
        from: From<'s, 'q>,
    ) -> Result<Column<'s>, SoqlError> {
        let reference = self.relationship(from.object, relationship)?;
        if !reference.is_polymorphic() {
            let message =
                format!("TYPEOF needs a relationship to several objects, which '{}' is not", relationship.text);
            return Err(self.invalid_field(relationship.at, &message));
        }
        let mut shapes: Vec<(&'s Object, Shape<'s>)> = Vec::new();
        for branch in branches {
            let object = self.object(&branch.object)?;
            let is_known = shapes.iter().any(|(known, _)| known.name == object.name);
            if is_known || !reference.reference_to.contains(&object.name) {
                let message =
                    format!("'{}' is not one more object that '{}' can refer to", object.name, relationship.text);
                return Err(self.error("INVALID_TYPE", branch.object.at, &message));
            }
            let inner = From { object, alias: None };
            shapes.push((object, shape_of(branch.fields.iter().map(|path| self.path(path, inner)))?));
        }
        let otherwise = if otherwise.is_empty() {
            None
        } else {
            Some(shape_of(otherwise.iter().map(|path| self.loose_path(path)))?)
        };
        Ok(Column::TypeOf { reference, branches: shapes, otherwise })
    }

    fn children(&self, select: &'q Select, parent: &'s Object, scope: Scope) -> Result<Column<'s>, SoqlError> {
        let unknown = || {
            let message = format!(
                "Didn't understand relationship '{}' in FROM part of query call. {HINT_RELATIONSHIP}",
                select.from.text
            );
            self.error("INVALID_TYPE", select.from.at, &message)
        };
        let relationship = parent.child(&select.from.text).ok_or_else(unknown)?;
        let key = relationship.relationship_name.as_deref().ok_or_else(unknown)?;
        let object = self.schema.object(&relationship.child_object).ok_or_else(unknown)?;
        let plan: Plan<'s> = self.select(select, object, scope)?;
        if !matches!(plan.output, Output::Rows(_)) {
            return Err(self.malformed(select.from.at, "only root queries support aggregate expressions"));
        }
        Ok(Column::Children { key, field: &relationship.field, plan: Box::new(plan) })
    }
}

fn shape_of<'s>(paths: impl Iterator<Item = Result<FieldPath<'s>, SoqlError>>) -> Result<Shape<'s>, SoqlError> {
    let mut shape = Shape::default();
    for path in paths {
        let path = path?;
        insert(&mut shape, &path.hops, path.leaf);
    }
    Ok(shape)
}

enum Selected<'s> {
    Path(FieldPath<'s>),
    Computed { key: String, source: Source<'s> },
}

fn column_name(column: &Selected<'_>) -> String {
    match column {
        Selected::Path(path) => {
            let hops = path.hops.iter().filter_map(|hop| hop.relationship_name.as_deref());
            hops.chain([path.leaf.key()]).collect::<Vec<_>>().join(".")
        }
        Selected::Computed { key, .. } => key.clone(),
    }
}

/// Puts a leaf where its path leads, beside others of the same parent.
fn insert<'s>(shape: &mut Shape<'s>, hops: &[&'s Field], leaf: Leaf<'s>) {
    let Some((first, rest)) = hops.split_first() else {
        shape.columns.push(Column::Leaf(leaf));
        return;
    };
    for column in &mut shape.columns {
        if let Column::Parent { reference, shape } = column
            && reference.name == first.name
        {
            insert(shape, rest, leaf);
            return;
        }
    }
    let mut nested = Shape::default();
    insert(&mut nested, rest, leaf);
    shape.columns.push(Column::Parent { reference: first, shape: nested });
}

fn fields_of(object: &Object, group: FieldGroup) -> impl Iterator<Item = &Field> {
    object.fields().filter(move |field| match group {
        FieldGroup::All => true,
        FieldGroup::Standard => !field.custom,
        FieldGroup::Custom => field.custom,
    })
}
