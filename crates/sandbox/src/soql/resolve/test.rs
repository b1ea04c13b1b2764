//! One comparison: a literal made to fit the field it is compared with.

use domain::SalesforceId;

use super::{Resolver, type_name};
use crate::{
    schema::{Field, FieldKind},
    soql::{
        Rows,
        ast::{Literal, LiteralValue, Operator},
        dates::{canonical, canonical_datetime, day_of},
        error::SoqlError,
        filter::{Case, Comparison, Filter, Set, Span, Test},
        like::Pattern,
    },
};

/// The left side of a comparison.
pub(super) struct Subject<'s, S> {
    pub(super) source: S,
    pub(super) kind: FieldKind,
    pub(super) field: Option<&'s Field>,
    pub(super) name: String,
    pub(super) at: usize,
}

impl<S> Subject<'_, S> {
    fn case(&self) -> Case {
        let is_exact = self.kind.is_id() || self.field.is_some_and(|field| field.case_sensitive);
        if is_exact { Case::Exact } else { Case::Folded }
    }
}

impl<R: Rows> Resolver<'_, '_, R> {
    pub(super) fn comparison<S>(
        &self,
        subject: Subject<'_, S>,
        operator: Operator,
        literal: &Literal,
    ) -> Result<Filter<S>, SoqlError> {
        let (comparison, is_negated) = match operator {
            Operator::Equal => (Comparison::Equal, false),
            Operator::NotEqual => (Comparison::Equal, true),
            Operator::Less => (Comparison::Less, false),
            Operator::LessOrEqual => (Comparison::LessOrEqual, false),
            Operator::Greater => (Comparison::Greater, false),
            Operator::GreaterOrEqual => (Comparison::GreaterOrEqual, false),
            Operator::Like => {
                let pattern = self.pattern(&subject, literal)?;
                return Ok(Filter::test(subject.source, pattern));
            }
        };
        let test = self.test(&subject, comparison, literal)?;
        let filter = Filter::test(subject.source, test);
        Ok(if is_negated { filter.negated() } else { filter })
    }

    pub(super) fn one_of<S: Clone>(&self, subject: Subject<'_, S>, list: &[Literal]) -> Result<Filter<S>, SoqlError> {
        if subject.kind.is_text() || subject.kind.is_id() {
            let mut values = Vec::with_capacity(list.len());
            let mut with_null = false;
            for literal in list {
                match self.text(&subject, literal)? {
                    Some(value) => values.push(value),
                    None => with_null = true,
                }
            }
            let set = Set::new(values, with_null, subject.case());
            return Ok(Filter::test(subject.source, Test::OneOf(set)));
        }
        let tests = list.iter().map(|literal| {
            let test = self.test(&subject, Comparison::Equal, literal)?;
            Ok(Filter::test(subject.source.clone(), test))
        });
        Ok(Filter::Or(tests.collect::<Result<_, SoqlError>>()?))
    }

    pub(super) fn includes<S>(&self, subject: Subject<'_, S>, list: &[Literal]) -> Result<Filter<S>, SoqlError> {
        if subject.kind != FieldKind::MultiPicklist {
            return Err(self.bad_operator(&subject, "includes or excludes"));
        }
        let combinations = list
            .iter()
            .map(|literal| {
                let text = self.text(&subject, literal)?.unwrap_or_default();
                Ok(text.split(';').map(str::to_lowercase).collect())
            })
            .collect::<Result<_, SoqlError>>()?;
        Ok(Filter::test(subject.source, Test::Includes(combinations)))
    }

    fn test<S>(&self, subject: &Subject<'_, S>, comparison: Comparison, literal: &Literal) -> Result<Test, SoqlError> {
        let is_equality = comparison == Comparison::Equal;
        if literal.value == LiteralValue::Null {
            return Ok(if is_equality { Test::Null } else { Test::Never });
        }
        let kind = subject.kind;
        if kind.is_text() || kind.is_id() {
            let value = self.text(subject, literal)?;
            return Ok(match (value, is_equality) {
                (None, true) => Test::Null,
                (None, false) => Test::Never,
                (Some(value), true) => Test::OneOf(Set::new(vec![value], false, subject.case())),
                (Some(value), false) => Test::Text(comparison, value, subject.case()),
            });
        }
        match (kind, &literal.value) {
            (FieldKind::Boolean, LiteralValue::Boolean(value)) if is_equality => Ok(Test::Boolean(*value)),
            (FieldKind::Boolean, LiteralValue::Boolean(_)) => Err(self.bad_operator(subject, "ordering")),
            (kind, LiteralValue::Number(value)) if kind.is_number() => Ok(Test::Number(comparison, *value)),
            (FieldKind::Date | FieldKind::DateTime, value) => {
                let span = self.span(kind, value).ok_or_else(|| self.mismatch(subject, literal))?;
                Ok(Test::Moment(comparison, span))
            }
            _ => Err(self.mismatch(subject, literal)),
        }
    }

    /// A date or time as records hold it. A date can't be compared with a time, nor a time with a date.
    fn span(&self, kind: FieldKind, value: &LiteralValue) -> Option<Span> {
        match (kind, value) {
            (FieldKind::Date, LiteralValue::Date(date)) => Some(Span { start: date.to_string(), end: None }),
            (FieldKind::DateTime, LiteralValue::DateTime(moment)) => {
                Some(Span { start: canonical(*moment), end: None })
            }
            (kind, LiteralValue::Named(name)) => {
                let (first, after) = name.span(day_of(self.settings.now));
                let written = |date: jiff::civil::Date| match kind {
                    FieldKind::DateTime => canonical_datetime(date.at(0, 0, 0, 0)),
                    _ => date.to_string(),
                };
                Some(Span { start: written(first), end: Some(written(after)) })
            }
            _ => None,
        }
    }

    /// A text or id to compare with; none for null, which blank text is too.
    fn text<S>(&self, subject: &Subject<'_, S>, literal: &Literal) -> Result<Option<String>, SoqlError> {
        match &literal.value {
            LiteralValue::Null => Ok(None),
            LiteralValue::Text { plain, .. } if plain.is_empty() => Ok(None),
            LiteralValue::Text { plain, .. } if subject.kind.is_id() => match SalesforceId::new(plain) {
                Ok(id) => Ok(Some(id.as_str().to_owned())),
                Err(_) => {
                    let message = format!("invalid ID field: {plain}");
                    Err(self.error("INVALID_QUERY_FILTER_OPERATOR", subject.at, &message))
                }
            },
            LiteralValue::Text { plain, .. } => Ok(Some(plain.clone())),
            _ => Err(self.mismatch(subject, literal)),
        }
    }

    fn pattern<S>(&self, subject: &Subject<'_, S>, literal: &Literal) -> Result<Test, SoqlError> {
        if subject.kind.is_id() {
            return Err(self.error("INVALID_QUERY_FILTER_OPERATOR", subject.at, "invalid operator on id field"));
        }
        if !subject.kind.is_text() || subject.kind == FieldKind::MultiPicklist {
            return Err(self.bad_operator(subject, "LIKE"));
        }
        match &literal.value {
            LiteralValue::Text { pattern, .. } => Ok(Test::Like(Pattern::new(pattern))),
            LiteralValue::Null => Ok(Test::Never),
            _ => Err(self.mismatch(subject, literal)),
        }
    }

    fn mismatch<S>(&self, subject: &Subject<'_, S>, literal: &Literal) -> SoqlError {
        let kind = type_name(subject.kind);
        let quotes = if subject.kind.is_text() || subject.kind.is_id() {
            "should be enclosed in quotes"
        } else {
            "should not be enclosed in quotes"
        };
        let message =
            format!("value of filter criterion for field '{}' must be of type {kind} and {quotes}", subject.name);
        self.invalid_field(literal.at, &message)
    }

    fn bad_operator<S>(&self, subject: &Subject<'_, S>, operator: &str) -> SoqlError {
        let message =
            format!("{operator} operator is not valid on {} field '{}'", type_name(subject.kind), subject.name);
        self.error("INVALID_QUERY_FILTER_OPERATOR", subject.at, &message)
    }
}
