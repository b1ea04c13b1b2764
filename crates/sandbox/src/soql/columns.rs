//! What a bulk query selects, told from its text alone, and how it is cut into chunks.

use super::ast::{Condition, Item, Literal, LiteralValue, Name, Operand, Operator, Path, Query, Records};

impl Query {
    /// The paths of a SELECT list that holds nothing but fields; `None` where it holds anything else, or rows are grouped, skipped
    /// or those of the one who asks.
    pub(crate) fn plain_columns(&self) -> Option<Vec<Vec<&str>>> {
        let select = &self.select;
        let is_grouped = select.items.is_empty() || !select.group_by.is_empty();
        // A bulk job doesn't say who asks, nor does it know other names for relationships.
        let is_scoped = select.records != Records::Everyones || !select.short_cuts.is_empty();
        if is_grouped || is_scoped || select.offset.is_some() {
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

    /// Whether it lists children of its records.
    pub(crate) fn has_queries_within(&self) -> bool {
        self.select.items.iter().any(|item| matches!(item, Item::Children(_)))
    }

    /// Whether it is about nothing but fields and conditions, so that it can be asked of some ids at a time.
    pub(crate) fn is_chunkable(&self) -> bool {
        let select = &self.select;
        self.plain_columns().is_some()
            && select.order_by.is_empty()
            && select.limit.is_none()
            && select.having.is_none()
    }

    /// The same of records whose ids are in a span.
    pub(crate) fn between(&self, from: &str, until: Option<&str>) -> Self {
        let compared = |operator, id: &str| Condition::Compare {
            left: Operand::Path(Path { relationships: Vec::new(), field: Name { text: "Id".to_owned(), at: 0 } }),
            operator,
            right: Literal { value: LiteralValue::Text { plain: id.to_owned(), pattern: id.to_owned() }, at: 0 },
        };
        let mut query = self.clone();
        let asked = query.select.condition.take();
        let bounds = std::iter::once(compared(Operator::GreaterOrEqual, from))
            .chain(until.map(|until| compared(Operator::Less, until)));
        query.select.condition = Some(Condition::And(asked.into_iter().chain(bounds).collect()));
        query
    }
}
