//! Conditions.

use domain::SalesforceId;

use super::{FieldName, Soql, SoqlError, SoqlValue, value::escape_like};

/// A field to compare: `Field("ParentId").is_in(ids)`.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a>(pub &'a str);

/// A condition. A mistake in a field's name comes out in [`Soql::text`].
#[derive(Clone, Debug)]
pub struct Filter(Node);

#[derive(Clone, Debug)]
enum Node {
    Compare(Result<FieldName, SoqlError>, &'static str, SoqlValue),
    Like(Result<FieldName, SoqlError>, Pattern),
    Among(Result<FieldName, SoqlError>, &'static str, Vec<SoqlValue>),
    AmongRows(Result<FieldName, SoqlError>, &'static str, Box<Soql>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

#[derive(Clone, Debug)]
enum Pattern {
    Equals(String),
    StartsWith(String),
    Contains(String),
}

impl Field<'_> {
    fn name(self) -> Result<FieldName, SoqlError> {
        FieldName::new(self.0)
    }

    fn compare(self, operator: &'static str, value: SoqlValue) -> Filter {
        Filter(Node::Compare(self.name(), operator, value))
    }

    pub fn eq(self, value: impl Into<SoqlValue>) -> Filter {
        self.compare("=", value.into())
    }

    pub fn ne(self, value: impl Into<SoqlValue>) -> Filter {
        self.compare("!=", value.into())
    }

    pub fn lt(self, value: impl Into<SoqlValue>) -> Filter {
        self.compare("<", value.into())
    }

    pub fn le(self, value: impl Into<SoqlValue>) -> Filter {
        self.compare("<=", value.into())
    }

    pub fn gt(self, value: impl Into<SoqlValue>) -> Filter {
        self.compare(">", value.into())
    }

    pub fn ge(self, value: impl Into<SoqlValue>) -> Filter {
        self.compare(">=", value.into())
    }

    pub fn is_null(self) -> Filter {
        self.compare("=", SoqlValue::Null)
    }

    pub fn is_not_null(self) -> Filter {
        self.compare("!=", SoqlValue::Null)
    }

    /// Equal but for case, as LIKE compares. `%` and `_` in `text` stand for themselves here and below.
    pub fn equals_ignoring_case(self, text: &str) -> Filter {
        Filter(Node::Like(self.name(), Pattern::Equals(text.to_owned())))
    }

    pub fn starts_with(self, text: &str) -> Filter {
        Filter(Node::Like(self.name(), Pattern::StartsWith(text.to_owned())))
    }

    pub fn contains(self, text: &str) -> Filter {
        Filter(Node::Like(self.name(), Pattern::Contains(text.to_owned())))
    }

    /// Of no values, nothing is one.
    pub fn is_in<V: Into<SoqlValue>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        Filter(Node::Among(self.name(), "IN", values.into_iter().map(Into::into).collect()))
    }

    pub fn not_in<V: Into<SoqlValue>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        Filter(Node::Among(self.name(), "NOT IN", values.into_iter().map(Into::into).collect()))
    }

    /// Semi-join: `rows` selects one id or reference.
    pub fn is_in_rows(self, rows: Soql) -> Filter {
        Filter(Node::AmongRows(self.name(), "IN", Box::new(rows)))
    }

    /// Anti-join.
    pub fn not_in_rows(self, rows: Soql) -> Filter {
        Filter(Node::AmongRows(self.name(), "NOT IN", Box::new(rows)))
    }

    /// What comes behind (`moment`, `id`) when ordered by this field and then by `Id`: the next page of a keyset.
    pub fn after(self, moment: impl Into<SoqlValue>, id: &SalesforceId) -> Filter {
        let moment = moment.into();
        self.gt(moment.clone()).or(self.eq(moment).and(Field("Id").gt(id)))
    }
}

/// All but what `filter` matches.
pub fn not(filter: Filter) -> Filter {
    Filter(Node::Not(Box::new(filter.0)))
}

impl Filter {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(match self.0 {
            Node::All(mut nodes) => {
                nodes.push(other.0);
                Node::All(nodes)
            }
            node => Node::All(vec![node, other.0]),
        })
    }

    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(match self.0 {
            Node::Any(mut nodes) => {
                nodes.push(other.0);
                Node::Any(nodes)
            }
            node => Node::Any(vec![node, other.0]),
        })
    }

    pub(super) fn write(&self, query: &mut String) -> Result<(), SoqlError> {
        self.0.write(query)
    }
}

impl Node {
    fn write(&self, query: &mut String) -> Result<(), SoqlError> {
        match self {
            Self::Compare(field, operator, value) => {
                write_field(field, operator, query)?;
                value.write(query);
            }
            Self::Like(field, pattern) => {
                write_field(field, "LIKE", query)?;
                query.push('\'');
                match pattern {
                    Pattern::Equals(text) => escape_like(text, query),
                    Pattern::StartsWith(text) => {
                        escape_like(text, query);
                        query.push('%');
                    }
                    Pattern::Contains(text) => {
                        query.push('%');
                        escape_like(text, query);
                        query.push('%');
                    }
                }
                query.push('\'');
            }
            // `IN ()` is a syntax error; an id is never null.
            Self::Among(field, operator, values) if values.is_empty() => {
                field.as_ref().map_err(Clone::clone)?;
                query.push_str(if *operator == "IN" { "Id = null" } else { "Id != null" });
            }
            Self::Among(field, operator, values) => {
                write_field(field, operator, query)?;
                query.push('(');
                for (position, value) in values.iter().enumerate() {
                    if position > 0 {
                        query.push_str(", ");
                    }
                    value.write(query);
                }
                query.push(')');
            }
            Self::AmongRows(field, operator, rows) => {
                write_field(field, operator, query)?;
                query.push('(');
                query.push_str(&rows.text()?);
                query.push(')');
            }
            Self::All(nodes) => Self::write_joined(nodes, " AND ", query)?,
            Self::Any(nodes) => Self::write_joined(nodes, " OR ", query)?,
            Self::Not(node) => {
                query.push_str("NOT ");
                node.write_operand(query)?;
            }
        }
        Ok(())
    }

    fn write_joined(nodes: &[Self], joint: &str, query: &mut String) -> Result<(), SoqlError> {
        for (position, node) in nodes.iter().enumerate() {
            if position > 0 {
                query.push_str(joint);
            }
            node.write_operand(query)?;
        }
        Ok(())
    }

    /// SOQL has no precedence between AND, OR and NOT: what isn't one comparison stands in parentheses.
    fn write_operand(&self, query: &mut String) -> Result<(), SoqlError> {
        if matches!(self, Self::All(_) | Self::Any(_) | Self::Not(_)) {
            query.push('(');
            self.write(query)?;
            query.push(')');
            Ok(())
        } else {
            self.write(query)
        }
    }
}

fn write_field(field: &Result<FieldName, SoqlError>, operator: &str, query: &mut String) -> Result<(), SoqlError> {
    query.push_str(field.as_ref().map_err(Clone::clone)?.as_str());
    query.push(' ');
    query.push_str(operator);
    query.push(' ');
    Ok(())
}
