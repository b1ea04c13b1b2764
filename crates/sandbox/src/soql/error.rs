//! Errors as the org words them: a code, and a message that shows where.

/// Answered with status 400, and 501 for `NOT_IMPLEMENTED`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SoqlError {
    /// `MALFORMED_QUERY`, `INVALID_FIELD`, `INVALID_TYPE`, `INVALID_TYPE_FOR_OPERATION`, `INVALID_QUERY_FILTER_OPERATOR` or `NUMBER_OUTSIDE_VALID_RANGE`.
    pub code: &'static str,
    pub message: String,
}

/// Characters of the query shown on either side of the caret.
const SNIPPET_REACH: usize = 40;

impl SoqlError {
    pub(super) fn plain(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// `at` is a byte offset into `text`.
    pub(super) fn at(code: &'static str, text: &str, at: usize, message: &str) -> Self {
        let place = Place::of(text, at);
        let caret = " ".repeat(place.caret);
        let Place { snippet, row, column, .. } = place;
        Self { code, message: format!("\n{snippet}\n{caret}^\nERROR at Row:{row}:Column:{column}\n{message}") }
    }

    pub(super) fn unexpected(text: &str, at: usize, token: &str) -> Self {
        Self::at("MALFORMED_QUERY", text, at, &format!("unexpected token: '{token}'"))
    }

    /// What the lexer can't read has an older form of message, whose column counts from nought.
    pub(super) fn unreadable(text: &str, at: usize, what: &str) -> Self {
        let Place { row, column, .. } = Place::of(text, at);
        Self::plain("MALFORMED_QUERY", format!("line {row}:{} {what}", column.saturating_sub(1)))
    }
}

struct Place {
    /// The part of the line around the place.
    snippet: String,
    /// Spaces before the caret beneath the snippet.
    caret: usize,
    /// From one.
    row: usize,
    /// In characters, from one.
    column: usize,
}

impl Place {
    fn of(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let after = text.get(at..).unwrap_or_default();
        let row = before.matches('\n').count() + 1;
        let left: Vec<char> = before.rsplit('\n').next().unwrap_or_default().chars().collect();
        let cut = left.len().saturating_sub(SNIPPET_REACH);
        let right = after.lines().next().unwrap_or_default().chars().take(SNIPPET_REACH);
        let snippet: String = left.iter().copied().skip(cut).chain(right).collect();
        Self { snippet: snippet.trim_end().to_owned(), caret: left.len() - cut, row, column: left.len() + 1 }
    }
}
