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
const MAX_CHILD_QUERIES: usize = 20;
/// Of children beneath the query itself, which is the first of five levels.
const MAX_DEPTH: usize = 4;
/// Before it there was one level of children.
const FIRST_VERSION_OF_DEPTH: u32 = 58;

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    pub(super) fn shape(&self, select: &'q Select, from: From<'s, 'q>, scope: Scope) -> Result<Shape<'s>, SoqlError> {
        let mut shape = Shape::default();
        let mut seen = HashSet::new();
        let mut child_queries = 0;
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
                    child_queries += 1;
                    if child_queries > MAX_CHILD_QUERIES {
                        let message =
                            format!("a query can have at most {MAX_CHILD_QUERIES} queries in its SELECT list");
                        return Err(self.malformed(children.from.at, &message));
                    }
                    let column = self.children(children, from, scope)?;
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
            let inner = From { object, alias: None, short_cuts: &[], depth: from.depth };
            shapes.push((object, shape_of(branch.fields.iter().map(|path| self.path(path, inner)))?));
        }
        let otherwise = if otherwise.is_empty() {
            None
        } else {
            Some(shape_of(otherwise.iter().map(|path| self.loose_path(path)))?)
        };
        Ok(Column::TypeOf { reference, branches: shapes, otherwise })
    }

    fn children(&self, select: &'q Select, from: From<'s, 'q>, scope: Scope) -> Result<Column<'s>, SoqlError> {
        let parent = from.object;
        let most = if version_number(self.settings.version) < FIRST_VERSION_OF_DEPTH { 1 } else { MAX_DEPTH };
        if from.depth >= most {
            let message = format!("queries in SELECT lists can be nested {most} deep in this version");
            return Err(self.malformed(select.from.at, &message));
        }
        let unknown = || {
            let message = format!(
                "Didn't understand relationship '{}' in FROM part of query call. {HINT_RELATIONSHIP}",
                select.from.text
            );
            self.error("INVALID_TYPE", select.from.at, &message)
        };
        let is_parent = |name: &Name| {
            let is = |known: &str| name.text.eq_ignore_ascii_case(known);
            is(&parent.name) || from.alias.is_some_and(|alias| is(&alias.text))
        };
        if !select.parent.as_ref().is_none_or(is_parent) {
            return Err(unknown());
        }
        let relationship = parent.child(&select.from.text).ok_or_else(unknown)?;
        let key = relationship.relationship_name.as_deref().ok_or_else(unknown)?;
        let object = self.schema.object(&relationship.child_object).ok_or_else(unknown)?;
        let plan: Plan<'s> = self.select(select, object, scope, from.depth + 1)?;
        if !matches!(plan.output, Output::Rows(_)) {
            return Err(self.malformed(select.from.at, "only root queries support aggregate expressions"));
        }
        Ok(Column::Children { key, field: &relationship.field, at: select.from.at, plan: Box::new(plan) })
    }
}

/// Of `67.0`; one that can't be read is as new as any.
fn version_number(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
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
