//! WHERE and HAVING.

use super::{Parser, Place};
use crate::soql::{
    ast::{Condition, Literal, Membership, Operand, Operator},
    error::SoqlError,
    lexer::TokenKind,
};

impl Parser<'_> {
    /// AND and OR don't mix without parentheses.
    pub(in crate::soql) fn condition(&mut self, place: Place) -> Result<Condition, SoqlError> {
        let first = self.term(place)?;
        let (keyword, join): (_, fn(Vec<Condition>) -> Condition) = if self.at_keyword("AND") {
            ("AND", Condition::And)
        } else if self.at_keyword("OR") {
            ("OR", Condition::Or)
        } else {
            return Ok(first);
        };
        let mut terms = vec![first];
        while self.take_keyword(keyword) {
            terms.push(self.term(place)?);
        }
        if self.at_keyword("AND") || self.at_keyword("OR") {
            return Err(self.unexpected());
        }
        Ok(join(terms))
    }

    fn term(&mut self, place: Place) -> Result<Condition, SoqlError> {
        self.nested(|parser| {
            if parser.take_keyword("NOT") {
                return Ok(Condition::Not(Box::new(parser.term(place)?)));
            }
            if parser.take(TokenKind::Open) {
                let condition = parser.condition(place)?;
                parser.expect(TokenKind::Close)?;
                return Ok(condition);
            }
            parser.comparison(place)
        })
    }

    fn comparison(&mut self, place: Place) -> Result<Condition, SoqlError> {
        let left = self.operand()?;
        if self.take_keyword("IN") {
            return self.membership(left, Membership::In, place);
        }
        if self.take_keywords("NOT", "IN") {
            return self.membership(left, Membership::Out, place);
        }
        if self.take_keyword("INCLUDES") {
            return Ok(Condition::Includes { left, membership: Membership::In, list: self.list()? });
        }
        if self.take_keyword("EXCLUDES") {
            return Ok(Condition::Includes { left, membership: Membership::Out, list: self.list()? });
        }
        let operator = self.operator()?;
        let right = self.literal()?;
        Ok(Condition::Compare { left, operator, right })
    }

    fn operator(&mut self) -> Result<Operator, SoqlError> {
        if self.take_keyword("LIKE") {
            return Ok(Operator::Like);
        }
        let operator = match self.peek().kind {
            TokenKind::Equal => Operator::Equal,
            TokenKind::NotEqual => Operator::NotEqual,
            TokenKind::Less => Operator::Less,
            TokenKind::LessOrEqual => Operator::LessOrEqual,
            TokenKind::Greater => Operator::Greater,
            TokenKind::GreaterOrEqual => Operator::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(operator)
    }

    /// What follows IN: a list or a query.
    fn membership(&mut self, left: Operand, membership: Membership, place: Place) -> Result<Condition, SoqlError> {
        let is_join = self.peek().kind == TokenKind::Open && self.is_keyword(self.peek_after(1), "SELECT");
        if !is_join {
            return Ok(Condition::OneOf { left, membership, list: self.list()? });
        }
        self.advance();
        let at = self.peek().start;
        if place == Place::Join {
            return Err(self.error(at, "Nesting of semi join sub-selects is not supported"));
        }
        let select = Box::new(self.select(Place::Join)?);
        self.expect(TokenKind::Close)?;
        Ok(Condition::Join { left, membership, select, at })
    }

    pub(in crate::soql) fn list(&mut self) -> Result<Vec<Literal>, SoqlError> {
        if self.peek().kind == TokenKind::Colon {
            return Err(self.error(self.peek().start, "Bind variables only allowed in Apex code"));
        }
        self.expect(TokenKind::Open)?;
        let mut list = vec![self.literal()?];
        while self.take(TokenKind::Comma) {
            list.push(self.literal()?);
        }
        self.expect(TokenKind::Close)?;
        Ok(list)
    }
}
