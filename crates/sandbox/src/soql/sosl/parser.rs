//! SOSL's own clauses; what an object returns is read by SOQL's rules.

use super::{FieldGroup, MAX_FOUND, Search, expression::Expression};
use crate::soql::{
    ast::{Item, Name, Operand, Path, Query, Select},
    error::SoqlError,
    lexer::{self, TokenKind},
    parser::{MAX_QUERY_CHARACTERS, Parser, Place},
};

const NO_TERM: &str = "No search term found. The search term must be enclosed in braces.";

pub(super) fn parse(text: &str) -> Result<Search, SoqlError> {
    if text.chars().count() > MAX_QUERY_CHARACTERS {
        let message = format!("SOSL statements cannot be longer than {MAX_QUERY_CHARACTERS} characters.");
        return Err(SoqlError::plain("MALFORMED_SEARCH", message));
    }
    let (term, end) = find(text)?;
    let expression = Expression::parse(&term)?;
    // Offsets stay those of the whole text, for messages.
    let head = text.get(..end).unwrap_or_default();
    let blank: String = head.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    let masked = format!("{blank}{}", text.get(end..).unwrap_or_default());
    let tokens = lexer::tokens(&masked)?;
    let mut parser = Parser::new(text, &tokens);
    let group = parser.search_group()?;
    let returning = parser.returning()?;
    parser.search_options()?;
    let limit = if parser.take_keyword("LIMIT") { parser.count()?.min(MAX_FOUND) } else { MAX_FOUND };
    parser.statistics()?;
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected());
    }
    Ok(Search { expression, group, returning, limit })
}

/// The text to find, in braces or quotes, and where it ends.
fn find(text: &str) -> Result<(String, usize), SoqlError> {
    let missing = || SoqlError::plain("MALFORMED_SEARCH", NO_TERM);
    let start = text.len() - text.trim_start().len();
    let keyword = text.get(start..start + 4).filter(|word| word.eq_ignore_ascii_case("FIND"));
    let Some(after) = keyword.and(text.get(start + 4..)) else {
        let token = text.split_whitespace().next().unwrap_or("<EOF>");
        return Err(SoqlError::unexpected(text, start, token));
    };
    let opening = after.trim_start();
    let open = text.len() - opening.len();
    let close = match opening.chars().next() {
        Some('{') => '}',
        Some('\'') => '\'',
        _ => return Err(missing()),
    };
    let inner = text.get(open + 1..).ok_or_else(missing)?;
    let mut is_escaped = false;
    for (offset, character) in inner.char_indices() {
        if character == close && !is_escaped {
            let term = inner.get(..offset).unwrap_or_default();
            return Ok((term.to_owned(), open + 1 + offset + close.len_utf8()));
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    Err(missing())
}

/// The query for what an object returns where nothing is asked of it.
pub(super) fn ids_of(object: &str) -> Query {
    let select = Select { items: vec![id_at(0)], ..Select::of(Name { text: object.to_owned(), at: 0 }) };
    Query { text: object.to_owned(), select }
}

fn id_at(at: usize) -> Item {
    let field = Name { text: "Id".to_owned(), at };
    Item::Operand { operand: Operand::Path(Path { relationships: Vec::new(), field }), alias: None }
}

impl Parser<'_> {
    fn search_group(&mut self) -> Result<FieldGroup, SoqlError> {
        if !self.take_keyword("IN") {
            return Ok(FieldGroup::All);
        }
        let Ok(group) = self.source(self.peek()).parse() else { return Err(self.unexpected()) };
        self.advance();
        self.expect_keyword("FIELDS")?;
        Ok(group)
    }

    fn returning(&mut self) -> Result<Vec<Query>, SoqlError> {
        let mut queries = Vec::new();
        if self.take_keyword("RETURNING") {
            queries.push(self.returned_object()?);
            while self.take(TokenKind::Comma) {
                queries.push(self.returned_object()?);
            }
        }
        Ok(queries)
    }

    fn returned_object(&mut self) -> Result<Query, SoqlError> {
        let from = self.name()?;
        let mut select = Select { items: vec![id_at(from.at)], ..Select::of(from) };
        if self.take(TokenKind::Open) {
            select.items = vec![self.returned_item()?];
            while self.take(TokenKind::Comma) {
                select.items.push(self.returned_item()?);
            }
            if self.at_keyword("USING") {
                return Err(self.not_emulated("USING ListView"));
            }
            if self.take_keyword("WHERE") {
                select.condition = Some(self.condition(Place::Root)?);
            }
            self.window(&mut select)?;
            self.expect(TokenKind::Close)?;
        }
        Ok(Query { text: self.text.to_owned(), select })
    }

    fn not_emulated(&self, what: &str) -> SoqlError {
        let message = format!("{what} is not emulated by the sandbox");
        SoqlError::at("NOT_IMPLEMENTED", self.text, self.peek().start, &message)
    }

    /// A field, alone or in a function of one row, which may have an alias.
    fn returned_item(&mut self) -> Result<Item, SoqlError> {
        if self.at_field_group() {
            return self.field_group();
        }
        let token = self.peek();
        let operand = self.operand()?;
        if operand.is_aggregate() {
            return Err(SoqlError::unexpected(self.text, token.start, self.source(token)));
        }
        let is_function = matches!(operand, Operand::Call { .. });
        let alias = if is_function { self.alias()? } else { None };
        Ok(Item::Operand { operand, alias })
    }

    /// `WITH …` changes nothing here: there are no divisions, data categories, networks, snippets or spelling corrections.
    fn search_options(&mut self) -> Result<(), SoqlError> {
        const OPTIONS: [&str; 7] =
            ["DIVISION", "HIGHLIGHT", "METADATA", "NETWORK", "PricebookId", "SNIPPET", "SPELL_CORRECTION"];
        while self.take_keyword("WITH") {
            if self.at_keyword("DATA") {
                return Err(self.not_emulated("WITH DATA CATEGORY"));
            }
            self.take_one_of(&OPTIONS)?;
            if self.take(TokenKind::Equal) {
                self.literal()?;
            } else if self.take_keyword("IN") {
                self.list()?;
            } else if self.take(TokenKind::Open) {
                self.name()?;
                self.expect(TokenKind::Equal)?;
                self.literal()?;
                self.expect(TokenKind::Close)?;
            }
        }
        Ok(())
    }
}
