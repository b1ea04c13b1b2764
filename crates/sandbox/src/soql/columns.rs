//! What a query selects, where that can be told from its text alone.

use super::ast::{Item, Operand, Query};

impl Query {
    /// The paths of a SELECT list that holds nothing but fields; `None` where it holds anything else, or rows are grouped or skipped.
    pub(crate) fn plain_columns(&self) -> Option<Vec<Vec<&str>>> {
        let select = &self.select;
        if select.items.is_empty() || !select.group_by.is_empty() || select.offset.is_some() {
            return None;
        }
        let mut columns = Vec::with_capacity(select.items.len());
        for item in &select.items {
            let Item::Operand { operand: Operand::Path(path), alias: None } = item else { return None };
            let names = path.relationships.iter().chain([&path.field]).map(|name| name.text.as_str()).collect();
            columns.push(names);
        }
        Some(columns)
    }
}
