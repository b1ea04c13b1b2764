//! What a field is compared with.

use super::Parser;
use crate::soql::{
    ast::{Literal, LiteralValue},
    dates::{NamedDate, parse_moment},
    error::SoqlError,
    lexer::TokenKind,
};

impl Parser<'_> {
    pub(in crate::soql) fn literal(&mut self) -> Result<Literal, SoqlError> {
        let token = self.peek();
        let source = self.source(token);
        let value = match token.kind {
            TokenKind::Text => text(source),
            TokenKind::Number => source.parse().ok().map(LiteralValue::Number).ok_or_else(|| self.unexpected()),
            TokenKind::Moment => self.moment(source),
            TokenKind::Word => self.word(source),
            TokenKind::Colon => Err(self.error(token.start, "Bind variables only allowed in Apex code")),
            _ => Err(self.unexpected()),
        }?;
        self.advance();
        Ok(Literal { value, at: token.start })
    }

    /// Leaves the last token of the literal to be taken.
    fn word(&mut self, source: &str) -> Result<LiteralValue, SoqlError> {
        match source.to_ascii_uppercase().as_str() {
            "NULL" => return Ok(LiteralValue::Null),
            "TRUE" => return Ok(LiteralValue::Boolean(true)),
            "FALSE" => return Ok(LiteralValue::Boolean(false)),
            _ => {}
        }
        if self.peek_after(1).kind != TokenKind::Colon {
            return NamedDate::parse(source, None).map(LiteralValue::Named).ok_or_else(|| self.unexpected());
        }
        let count = self.source(self.peek_after(2)).parse().ok();
        let date = count.and_then(|count| NamedDate::parse(source, Some(count))).ok_or_else(|| self.unexpected())?;
        self.next += 2;
        Ok(LiteralValue::Named(date))
    }

    fn moment(&self, source: &str) -> Result<LiteralValue, SoqlError> {
        let value = if source.contains(['T', 't']) {
            parse_moment(source).map(LiteralValue::DateTime)
        } else {
            source.parse().ok().map(LiteralValue::Date)
        };
        value.ok_or_else(|| self.unexpected())
    }
}

/// Undoes escapes, once for plain text and once for LIKE, which reads `\%`, `\_` and `\\` itself.
fn text(source: &str) -> Result<LiteralValue, SoqlError> {
    let inner = source.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or_default();
    let (mut plain, mut pattern) = (String::with_capacity(inner.len()), String::with_capacity(inner.len()));
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            pattern.push(character);
            continue;
        }
        let escaped = characters.next().unwrap_or_default();
        let meant = match escaped {
            'n' | 'N' => '\n',
            'r' | 'R' => '\r',
            't' | 'T' => '\t',
            'b' | 'B' => '\u{8}',
            'f' | 'F' => '\u{c}',
            '"' | '\'' | '\\' | '%' | '_' => escaped,
            'u' | 'U' => {
                let digits: String = characters.by_ref().take(4).collect();
                let is_hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let code = if is_hex { u32::from_str_radix(&digits, 16).ok() } else { None };
                code.and_then(char::from_u32).ok_or_else(|| illegal(source, &format!("{escaped}{digits}")))?
            }
            other => return Err(illegal(source, &other.to_string())),
        };
        plain.push(meant);
        if matches!(meant, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(meant);
    }
    Ok(LiteralValue::Text { plain, pattern })
}

fn illegal(source: &str, escape: &str) -> SoqlError {
    SoqlError::plain(
        "MALFORMED_QUERY",
        format!("Invalid string literal {source}. Illegal character sequence '\\{escape}' in string literal."),
    )
}
