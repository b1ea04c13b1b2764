//! Text to tokens. Everything after is done on tokens and byte offsets.

use super::error::SoqlError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or keyword.
    Word,
    /// With its quotes; escapes are still in.
    Text,
    /// With its sign.
    Number,
    /// `2026-11-20`, perhaps with a time; not yet checked against the calendar.
    Moment,
    Comma,
    Dot,
    Colon,
    Open,
    Close,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// Byte offsets.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The last token is always [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SoqlError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        tokens.push(token);
        if token.kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn take_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.advance();
        }
        found
    }

    fn skip_while(&mut self, matches: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&matches) {
            self.advance();
        }
    }

    fn next(&mut self) -> Result<Token, SoqlError> {
        self.skip_while(|character| character.is_ascii_whitespace());
        let start = self.at;
        let Some(first) = self.advance() else {
            return Ok(Token { kind: TokenKind::End, start, end: start });
        };
        let kind = match first {
            ',' => TokenKind::Comma,
            '.' if !self.peek().is_some_and(|next| next.is_ascii_digit()) => TokenKind::Dot,
            ':' => TokenKind::Colon,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            '=' => TokenKind::Equal,
            '!' if self.take_if('=') => TokenKind::NotEqual,
            '<' if self.take_if('=') => TokenKind::LessOrEqual,
            '<' if self.take_if('>') => TokenKind::NotEqual,
            '<' => TokenKind::Less,
            '>' if self.take_if('=') => TokenKind::GreaterOrEqual,
            '>' => TokenKind::Greater,
            '\'' => self.text(start)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                self.skip_while(|character| character.is_ascii_alphanumeric() || character == '_');
                TokenKind::Word
            }
            '0'..='9' | '.' => self.number(start),
            '+' | '-' if self.peek().is_some_and(|next| next.is_ascii_digit() || next == '.') => self.number(start),
            other => {
                return Err(SoqlError::unreadable(
                    self.text,
                    start,
                    &format!("no viable alternative at character '{other}'"),
                ));
            }
        };
        Ok(Token { kind, start, end: self.at })
    }

    fn text(&mut self, start: usize) -> Result<TokenKind, SoqlError> {
        loop {
            match self.advance() {
                Some('\'') => return Ok(TokenKind::Text),
                // Whatever is escaped can't end the text.
                Some('\\') if self.advance().is_some() => {}
                Some('\\') | None => {
                    let what = "mismatched character '<EOF>' expecting '''";
                    return Err(SoqlError::unreadable(self.text, start, what));
                }
                Some(_) => {}
            }
        }
    }

    fn number(&mut self, start: usize) -> TokenKind {
        self.skip_while(|character| character.is_ascii_digit());
        let is_year =
            self.at - start == 4 && self.text.get(start..self.at).is_some_and(|text| !text.contains(['+', '-', '.']));
        if is_year && self.peek() == Some('-') {
            self.skip_while(|character| {
                character.is_ascii_digit() || matches!(character, '-' | '+' | ':' | '.' | 'T' | 't' | 'Z' | 'z')
            });
            return TokenKind::Moment;
        }
        if self.take_if('.') {
            self.skip_while(|character| character.is_ascii_digit());
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let before = self.at;
            self.advance();
            if matches!(self.peek(), Some('+' | '-')) {
                self.advance();
            }
            if self.peek().is_some_and(|next| next.is_ascii_digit()) {
                self.skip_while(|character| character.is_ascii_digit());
            } else {
                self.at = before;
            }
        }
        TokenKind::Number
    }
}
