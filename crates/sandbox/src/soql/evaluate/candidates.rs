//! Fewer rows to look at, where an index can say which: equality and IN on ids, references and external ids.

use serde_json::Value;

use super::Evaluator;
use crate::{
    schema::{FieldKind, Object},
    soql::{
        Row, Rows,
        filter::{Filter, Set, Test},
        plan::{FieldPath, Leaf, Source},
    },
};

/// Beyond so many values (a semi-join on most of the org's cases, say) one pass over all rows is quicker than looking each up.
const MAX_LOOKUPS: usize = 500;

impl<'e, R: Rows> Evaluator<'e, R> {
    /// Rows among which are all that match; `None` when every row must be looked at.
    pub(super) fn candidates(&self, object: &Object, filter: &Filter<Source<'_>>) -> Option<Vec<&'e R::Row>> {
        match filter {
            Filter::And(filters) => {
                filters.iter().filter_map(|filter| self.candidates(object, filter)).min_by_key(Vec::len)
            }
            Filter::Or(filters) => {
                let each: Option<Vec<_>> = filters.iter().map(|filter| self.candidates(object, filter)).collect();
                Some(each?.into_iter().flatten().collect())
            }
            // An empty relationship has null for all its fields, so a null can't be looked up.
            Filter::Test { source: Source::Path(path), test: Test::OneOf(set) } if !set.with_null => {
                self.found(object, path, set)
            }
            Filter::Test { .. } | Filter::Not(_) => None,
        }
    }

    /// From the far end of a path back to the object it begins at.
    fn found(&self, object: &Object, path: &FieldPath<'_>, set: &Set) -> Option<Vec<&'e R::Row>> {
        let Leaf::Field(leaf) = path.leaf else { return None };
        let mut objects = vec![object];
        for hop in &path.hops {
            let [target] = hop.reference_to.as_slice() else { return None };
            objects.push(self.schema.object(target)?);
        }
        let mut rows =
            self.by_values(objects.pop()?, &leaf.name, leaf.kind, set.values().iter().map(String::as_str))?;
        for hop in path.hops.iter().rev() {
            let ids: Vec<&str> = rows.iter().filter_map(|row| row.value("Id").as_str()).collect();
            rows = self.by_values(objects.pop()?, &hop.name, hop.kind, ids.into_iter())?;
        }
        Some(rows)
    }

    fn by_values<'v>(
        &self,
        object: &Object,
        field: &str,
        kind: FieldKind,
        values: impl ExactSizeIterator<Item = &'v str>,
    ) -> Option<Vec<&'e R::Row>> {
        if values.len() > MAX_LOOKUPS {
            return None;
        }
        if kind == FieldKind::Id {
            return Some(values.filter_map(|id| self.rows.get(&object.name, id)).collect());
        }
        let mut rows = Vec::new();
        for value in values {
            rows.extend(self.rows.lookup_equal(&object.name, field, &Value::String(value.to_owned()))?);
        }
        Some(rows)
    }
}
