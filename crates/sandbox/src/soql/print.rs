//! A query as text again, in one form for all that mean the same: parsing it gives the same tree.

use std::fmt::{self, Display, Formatter, Write};

use super::{
    ast::{
        Aggregate, Condition, DatePart, Direction, FieldGroup, Function, Item, Literal, LiteralValue, Membership,
        Nulls, Operand, Operator, Order, Path, Query, Records, Select, ShortCut, Subtotals,
    },
    dates::{NamedDate, Unit},
};

impl Display for Query {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.select.fmt(formatter)
    }
}

fn list<T: Display>(formatter: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            formatter.write_str(", ")?;
        }
        item.fmt(formatter)?;
    }
    Ok(())
}

impl Display for Select {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("SELECT ")?;
        list(formatter, &self.items)?;
        formatter.write_str(" FROM ")?;
        if let Some(parent) = &self.parent {
            write!(formatter, "{}.", parent.text)?;
        }
        formatter.write_str(&self.from.text)?;
        if let Some(alias) = &self.alias {
            write!(formatter, " {}", alias.text)?;
        }
        let start = self.alias.as_ref().unwrap_or(&self.from);
        for ShortCut { relationships, name } in &self.short_cuts {
            write!(formatter, ", {}", start.text)?;
            for relationship in relationships {
                write!(formatter, ".{}", relationship.text)?;
            }
            write!(formatter, " {}", name.text)?;
        }
        if self.records != Records::Everyones {
            write!(formatter, " USING SCOPE {}", self.records.name())?;
        }
        if let Some(condition) = &self.condition {
            write!(formatter, " WHERE {condition}")?;
        }
        if !self.group_by.is_empty() {
            formatter.write_str(match self.subtotals {
                Subtotals::None => " GROUP BY ",
                Subtotals::Rollup => " GROUP BY ROLLUP(",
                Subtotals::Cube => " GROUP BY CUBE(",
            })?;
            list(formatter, &self.group_by)?;
            if self.subtotals != Subtotals::None {
                formatter.write_char(')')?;
            }
        }
        if let Some(having) = &self.having {
            write!(formatter, " HAVING {having}")?;
        }
        if !self.order_by.is_empty() {
            formatter.write_str(" ORDER BY ")?;
            list(formatter, &self.order_by)?;
        }
        if let Some(limit) = self.limit {
            write!(formatter, " LIMIT {limit}")?;
        }
        if let Some(offset) = self.offset {
            write!(formatter, " OFFSET {offset}")?;
        }
        if self.all_rows {
            formatter.write_str(" ALL ROWS")?;
        }
        Ok(())
    }
}

impl Display for Item {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operand { operand, alias: None } => operand.fmt(formatter),
            Self::Operand { operand, alias: Some(alias) } => write!(formatter, "{operand} {}", alias.text),
            Self::Fields { group, .. } => formatter.write_str(match group {
                FieldGroup::All => "FIELDS(ALL)",
                FieldGroup::Standard => "FIELDS(STANDARD)",
                FieldGroup::Custom => "FIELDS(CUSTOM)",
            }),
            Self::Children(select) => write!(formatter, "({select})"),
            Self::TypeOf { relationship, branches, otherwise } => {
                write!(formatter, "TYPEOF {}", relationship.text)?;
                for branch in branches {
                    write!(formatter, " WHEN {} THEN ", branch.object.text)?;
                    list(formatter, &branch.fields)?;
                }
                if !otherwise.is_empty() {
                    formatter.write_str(" ELSE ")?;
                    list(formatter, otherwise)?;
                }
                formatter.write_str(" END")
            }
        }
    }
}

impl Display for Path {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for name in &self.relationships {
            write!(formatter, "{}.", name.text)?;
        }
        formatter.write_str(&self.field.text)
    }
}

impl Display for Operand {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(formatter),
            Self::Call { function, argument: None, .. } => write!(formatter, "{}()", function.name()),
            Self::Call { function: Function::FormattedAggregate(aggregate), argument: Some(path), .. } => {
                write!(formatter, "FORMAT({}({path}))", aggregate.name())
            }
            Self::Call { function, argument: Some(path), .. } => write!(formatter, "{}({path})", function.name()),
        }
    }
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::Aggregate(aggregate) => Aggregate::name(aggregate),
            Self::Date(part) => match part {
                DatePart::Year => "CALENDAR_YEAR",
                DatePart::Quarter => "CALENDAR_QUARTER",
                DatePart::Month => "CALENDAR_MONTH",
                DatePart::WeekInYear => "WEEK_IN_YEAR",
                DatePart::WeekInMonth => "WEEK_IN_MONTH",
                DatePart::DayInYear => "DAY_IN_YEAR",
                DatePart::DayInMonth => "DAY_IN_MONTH",
                DatePart::DayInWeek => "DAY_IN_WEEK",
                DatePart::HourInDay => "HOUR_IN_DAY",
                DatePart::DayOnly => "DAY_ONLY",
            },
            Self::ToLabel => "toLabel",
            Self::Format | Self::FormattedAggregate(_) => "FORMAT",
            Self::AsIs => "convertCurrency",
            Self::Grouping => "GROUPING",
        }
    }
}

/// Terms of AND and OR that are conditions of several terms stand in parentheses.
fn terms(formatter: &mut Formatter<'_>, terms: &[Condition], between: &str) -> fmt::Result {
    for (place, term) in terms.iter().enumerate() {
        if place > 0 {
            formatter.write_str(between)?;
        }
        term.as_term(formatter)?;
    }
    Ok(())
}

impl Condition {
    fn as_term(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(_) | Self::Or(_) => write!(formatter, "({self})"),
            _ => self.fmt(formatter),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(conditions) => terms(formatter, conditions, " AND "),
            Self::Or(conditions) => terms(formatter, conditions, " OR "),
            Self::Not(condition) => {
                formatter.write_str("NOT ")?;
                condition.as_term(formatter)
            }
            Self::Compare { left, operator, right } => write!(formatter, "{left} {operator} {right}"),
            Self::OneOf { left, membership, list: values } => {
                let operator = if *membership == Membership::In { "IN" } else { "NOT IN" };
                write!(formatter, "{left} {operator} (")?;
                list(formatter, values)?;
                formatter.write_char(')')
            }
            Self::Join { left, membership, select, .. } => {
                let operator = if *membership == Membership::In { "IN" } else { "NOT IN" };
                write!(formatter, "{left} {operator} ({select})")
            }
            Self::Includes { left, membership, list: values } => {
                let operator = if *membership == Membership::In { "INCLUDES" } else { "EXCLUDES" };
                write!(formatter, "{left} {operator} (")?;
                list(formatter, values)?;
                formatter.write_char(')')
            }
        }
    }
}

impl Display for Operator {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Like => "LIKE",
        })
    }
}

impl Display for Literal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match &self.value {
            LiteralValue::Null => formatter.write_str("null"),
            LiteralValue::Boolean(value) => value.fmt(formatter),
            LiteralValue::Number(number) => number.fmt(formatter),
            LiteralValue::Text { pattern, .. } => text(formatter, pattern),
            LiteralValue::Date(date) => date.fmt(formatter),
            LiteralValue::DateTime(moment) => moment.fmt(formatter),
            LiteralValue::Named(date) => date.fmt(formatter),
        }
    }
}

/// The pattern has a backslash only before what LIKE would read otherwise, which is how a query writes it.
fn text(formatter: &mut Formatter<'_>, pattern: &str) -> fmt::Result {
    formatter.write_char('\'')?;
    for character in pattern.chars() {
        match character {
            '\'' => formatter.write_str("\\'")?,
            '\n' => formatter.write_str("\\n")?,
            '\r' => formatter.write_str("\\r")?,
            other => formatter.write_char(other)?,
        }
    }
    formatter.write_char('\'')
}

impl Display for NamedDate {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Days { from: -1, until: 0 } => formatter.write_str("YESTERDAY"),
            Self::Days { from: 0, until: 1 } => formatter.write_str("TODAY"),
            Self::Days { from: 1, until: 2 } => formatter.write_str("TOMORROW"),
            Self::Days { from, until: 1 } => write!(formatter, "LAST_N_DAYS:{}", from.unsigned_abs()),
            Self::Days { from: 1, until } => write!(formatter, "NEXT_N_DAYS:{}", until.saturating_sub(1)),
            Self::Days { from, .. } => write!(formatter, "N_DAYS_AGO:{}", from.unsigned_abs()),
            Self::Units { unit, offset, count } => match (offset, count) {
                (-1, 1) => write!(formatter, "LAST_{unit}"),
                (0, 1) => write!(formatter, "THIS_{unit}"),
                (1, 1) => write!(formatter, "NEXT_{unit}"),
                (1, count) => write!(formatter, "NEXT_N_{unit}S:{count}"),
                (offset, count) if offset.saturating_neg() == count => {
                    write!(formatter, "LAST_N_{unit}S:{count}")
                }
                (offset, _) => write!(formatter, "N_{unit}S_AGO:{}", offset.unsigned_abs()),
            },
        }
    }
}

impl Display for Unit {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
        })
    }
}

impl Display for Order {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.operand.fmt(formatter)?;
        if self.direction == Direction::Descending {
            formatter.write_str(" DESC")?;
        }
        if self.nulls == Nulls::Last {
            formatter.write_str(" NULLS LAST")?;
        }
        Ok(())
    }
}
