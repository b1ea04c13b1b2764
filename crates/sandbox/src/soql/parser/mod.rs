//! Tokens to a tree, by recursive descent: one method a rule of the grammar.

mod condition;
mod literal;
mod select;

pub(super) use select::MAX_HOPS;

use super::{
    ast::{Name, Path, Query},
    error::SoqlError,
    lexer::{self, Token, TokenKind},
};

/// As the org has it.
pub(super) const MAX_QUERY_CHARACTERS: usize = 100_000;
/// Of parentheses, NOTs and queries within queries; keeps the stack small whatever is sent.
const MAX_NESTING: usize = 64;

pub(super) fn parse(text: &str) -> Result<Query, SoqlError> {
    if text.chars().count() > MAX_QUERY_CHARACTERS {
        let message = format!("SOQL statements cannot be longer than {MAX_QUERY_CHARACTERS} characters.");
        return Err(SoqlError::plain("MALFORMED_QUERY", message));
    }
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser::new(text, &tokens);
    let select = parser.select(Place::Root)?;
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected());
    }
    Ok(Query { text: text.to_owned(), select })
}

/// Where a SELECT stands, which decides what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// In another's SELECT list.
    Children,
    /// After IN.
    Join,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    tokens: &'a [Token],
    next: usize,
    nesting: usize,
}

impl<'a> Parser<'a> {
    /// Of tokens that stand in the text.
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens, next: 0, nesting: 0 }
    }

    pub(super) fn peek(&self) -> Token {
        self.peek_after(0)
    }

    fn peek_after(&self, count: usize) -> Token {
        let end = self.text.len();
        self.tokens.get(self.next + count).copied().unwrap_or(Token { kind: TokenKind::End, start: end, end })
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek();
        self.next += 1;
        token
    }

    pub(super) fn source(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The error for the token that comes next.
    pub(super) fn unexpected(&self) -> SoqlError {
        let token = self.peek();
        let source = if token.kind == TokenKind::End { "<EOF>" } else { self.source(token) };
        SoqlError::unexpected(self.text, token.start, source)
    }

    fn error(&self, at: usize, message: &str) -> SoqlError {
        SoqlError::at("MALFORMED_QUERY", self.text, at, message)
    }

    pub(super) fn take(&mut self, kind: TokenKind) -> bool {
        let found = self.peek().kind == kind;
        if found {
            self.next += 1;
        }
        found
    }

    pub(super) fn expect(&mut self, kind: TokenKind) -> Result<Token, SoqlError> {
        if self.peek().kind == kind { Ok(self.advance()) } else { Err(self.unexpected()) }
    }

    fn is_keyword(&self, token: Token, keyword: &str) -> bool {
        token.kind == TokenKind::Word && self.source(token).eq_ignore_ascii_case(keyword)
    }

    pub(super) fn at_keyword(&self, keyword: &str) -> bool {
        self.is_keyword(self.peek(), keyword)
    }

    fn at_keywords(&self, first: &str, second: &str) -> bool {
        self.at_keyword(first) && self.is_keyword(self.peek_after(1), second)
    }

    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.next += 1;
        }
        found
    }

    fn take_keywords(&mut self, first: &str, second: &str) -> bool {
        let found = self.at_keywords(first, second);
        if found {
            self.next += 2;
        }
        found
    }

    pub(super) fn expect_keyword(&mut self, keyword: &str) -> Result<(), SoqlError> {
        if self.take_keyword(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Any of the words, next.
    pub(super) fn take_one_of(&mut self, keywords: &[&str]) -> Result<(), SoqlError> {
        if keywords.iter().any(|keyword| self.take_keyword(keyword)) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn name(&mut self) -> Result<Name, SoqlError> {
        let token = self.expect(TokenKind::Word)?;
        Ok(Name { text: self.source(token).to_owned(), at: token.start })
    }

    /// `Account.Owner.Name`
    fn path(&mut self) -> Result<Path, SoqlError> {
        let mut relationships = Vec::new();
        let mut field = self.name()?;
        while self.take(TokenKind::Dot) {
            relationships.push(field);
            field = self.name()?;
        }
        Ok(Path { relationships, field })
    }

    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T, SoqlError>) -> Result<T, SoqlError> {
        if self.nesting >= MAX_NESTING {
            return Err(self.error(self.peek().start, "query is nested too deeply"));
        }
        self.nesting += 1;
        let outcome = rule(self);
        self.nesting -= 1;
        outcome
    }
}
