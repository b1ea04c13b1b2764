//! SOQL that is built, not glued: names are checked, values are typed and escaped, so data can't become query.

mod filter;
mod name;
mod value;

use std::fmt::Write as _;

pub use filter::{Field, Filter, not};
pub use name::FieldName;
pub use value::SoqlValue;

/// A query can have 100,000 characters.
const MAX_CHARS: usize = 100_000;

/// Why a query can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoqlError {
    #[error("“{0}” is not the name of a Salesforce object or field")]
    Name(String),
    #[error("a query needs at least one field")]
    NothingSelected,
    #[error("a query can have 100,000 characters and this one has {0}; ask for fewer records at a time")]
    TooLong(usize),
}

/// Which rows a query sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    #[default]
    Live,
    /// Deleted ones too, with `IsDeleted` true.
    WithDeleted,
}

/// A query being built. Mistakes in names come out in [`Soql::text`], and so in the call that runs it.
#[derive(Clone, Debug)]
pub struct Soql {
    columns: Result<Vec<String>, SoqlError>,
    object: Result<FieldName, SoqlError>,
    filter: Option<Filter>,
    order: Vec<Order>,
    limit: Option<u32>,
    offset: Option<u32>,
    rows: Rows,
    page_size: Option<u16>,
}

/// What is selected, not yet from where.
#[derive(Clone, Debug)]
pub struct Select {
    columns: Result<Vec<String>, SoqlError>,
}

impl Soql {
    /// Fields of the object, and by dots of the records it points to: `CreatedBy.Name`.
    pub fn select<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Select {
        let columns = names.into_iter().map(|name| FieldName::new(name.as_ref()).map(String::from)).collect();
        Select { columns }
    }

    /// `COUNT()`, for [`crate::Client::query_total`].
    pub fn count() -> Select {
        Select { columns: Ok(vec!["COUNT()".to_owned()]) }
    }

    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter {
            Some(present) => present.and(filter),
            None => filter,
        });
        self
    }

    /// Called again, it orders what the order before leaves equal.
    #[must_use]
    pub fn order_by(mut self, order: Order) -> Self {
        self.order.push(order);
        self
    }

    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Salesforce takes up to 2,000.
    #[must_use]
    pub fn offset(mut self, rows: u32) -> Self {
        self.offset = Some(rows);
        self
    }

    #[must_use]
    pub fn with_deleted(mut self) -> Self {
        self.rows = Rows::WithDeleted;
        self
    }

    /// Records per page, 200 to 2,000; the org takes it as a hint.
    #[must_use]
    pub fn page_size(mut self, records: u16) -> Self {
        self.page_size = Some(records.clamp(200, 2000));
        self
    }

    pub(crate) fn rows(&self) -> Rows {
        self.rows
    }

    pub(crate) fn page_size_hint(&self) -> Option<u16> {
        self.page_size
    }

    /// The query as Salesforce reads it.
    ///
    /// # Errors
    /// A name that is none, nothing selected, or too much text.
    pub fn text(&self) -> Result<String, SoqlError> {
        let columns = self.columns.as_ref().map_err(Clone::clone)?;
        if columns.is_empty() {
            return Err(SoqlError::NothingSelected);
        }
        let object = self.object.as_ref().map_err(Clone::clone)?;
        let mut text = format!("SELECT {} FROM {}", columns.join(", "), object.as_str());
        if let Some(filter) = &self.filter {
            text.push_str(" WHERE ");
            filter.write(&mut text)?;
        }
        for (position, order) in self.order.iter().enumerate() {
            text.push_str(if position == 0 { " ORDER BY " } else { ", " });
            text.push_str(order.field.as_ref().map_err(Clone::clone)?.as_str());
            text.push_str(order.direction);
            text.push_str(order.nulls);
        }
        // Writing to a String can't fail.
        if let Some(limit) = self.limit {
            let _ = write!(text, " LIMIT {limit}");
        }
        if let Some(offset) = self.offset {
            let _ = write!(text, " OFFSET {offset}");
        }
        match text.chars().count() {
            chars if chars > MAX_CHARS => Err(SoqlError::TooLong(chars)),
            _ => Ok(text),
        }
    }
}

impl Select {
    /// Adds the records that point here, by the name of the relationship: `Soql::select(["CommentBody"]).from("FeedComments")`.
    #[must_use]
    pub fn children(mut self, query: &Soql) -> Self {
        self.columns = self.columns.and_then(|mut columns| {
            columns.push(format!("({})", query.text()?));
            Ok(columns)
        });
        self
    }

    pub fn from(self, object: &str) -> Soql {
        Soql {
            columns: self.columns,
            object: FieldName::new(object),
            filter: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            rows: Rows::Live,
            page_size: None,
        }
    }
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct Order {
    field: Result<FieldName, SoqlError>,
    direction: &'static str,
    nulls: &'static str,
}

pub fn asc(field: &str) -> Order {
    Order { field: FieldName::new(field), direction: " ASC", nulls: "" }
}

pub fn desc(field: &str) -> Order {
    Order { field: FieldName::new(field), direction: " DESC", nulls: "" }
}

impl Order {
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls = " NULLS FIRST";
        self
    }

    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls = " NULLS LAST";
        self
    }
}

#[cfg(test)]
mod tests;
