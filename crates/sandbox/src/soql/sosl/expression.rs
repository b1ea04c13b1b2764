//! What to find: words, phrases, `*` and `?`, AND, OR, AND NOT and parentheses. Case doesn't matter; a word is a run of letters and
//! digits, and what looks like an operator is a word in quotation marks only.

use crate::soql::error::SoqlError;

/// Of parentheses, as deep as they go.
const MAX_NESTING: usize = 32;
const SHORTEST: usize = 2;
/// Longer terms lose their operators, as in the org: any of their words is enough.
const LONGEST_WITH_OPERATORS: usize = 4_000;
/// Longer terms find nothing.
const LONGEST: usize = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    /// Words that follow one another in one field.
    Phrase(Vec<Word>),
}

/// Lower-case parts of a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Character(char),
    /// `*`
    Any,
    /// `?`
    One,
}

/// Words for an index of words to look up. What it finds is read again, so it may find too much.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    All(Vec<Wanted>),
    Any(Vec<Wanted>),
    Word {
        /// In lower case.
        start: String,
        /// Nothing may follow the start.
        is_whole: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Phrase(Vec<Word>),
}

fn refused(message: &str) -> SoqlError {
    SoqlError::plain("MALFORMED_SEARCH", message)
}

impl Expression {
    /// Of the text within the braces.
    pub(super) fn parse(text: &str) -> Result<Self, SoqlError> {
        let length = text.chars().count();
        if length > LONGEST {
            return Ok(Self::Or(Vec::new()));
        }
        let tokens = tokens(text)?;
        let letters = |word: &Word| word.0.iter().filter(|part| matches!(part, Part::Character(_))).count();
        let longest = tokens.iter().filter_map(|token| match token {
            Token::Phrase(words) => Some(words.iter().map(letters).sum::<usize>()),
            _ => None,
        });
        if longest.max().unwrap_or(0) < SHORTEST {
            return Err(refused(&format!("search term must be longer than one character: {text}")));
        }
        if length > LONGEST_WITH_OPERATORS {
            let phrases = tokens.into_iter().filter_map(|token| match token {
                Token::Phrase(words) => Some(Self::Phrase(words)),
                _ => None,
            });
            return Ok(Self::Or(phrases.collect()));
        }
        let mut reader = Reader { tokens: &tokens, nesting: 0 };
        let expression = reader.either()?;
        if reader.tokens.is_empty() {
            Ok(expression)
        } else {
            Err(refused("Unbalanced parentheses in the search term"))
        }
    }

    /// What words a record must hold to match, as far as an index can tell; none where that is nothing.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        match self {
            Self::And(terms) => {
                let known: Vec<Wanted> = terms.iter().filter_map(Self::wanted).collect();
                (!known.is_empty()).then_some(Wanted::All(known))
            }
            Self::Or(terms) => terms.iter().map(Self::wanted).collect::<Option<_>>().map(Wanted::Any),
            Self::Not(_) => None,
            Self::Phrase(words) => {
                let known: Vec<Wanted> = words.iter().filter_map(Word::wanted).collect();
                (!known.is_empty()).then_some(Wanted::All(known))
            }
        }
    }

    /// `texts` are a record's fields.
    pub(super) fn matches(&self, texts: &[&str]) -> bool {
        match self {
            Self::And(terms) => terms.iter().all(|term| term.matches(texts)),
            Self::Or(terms) => terms.iter().any(|term| term.matches(texts)),
            Self::Not(term) => !term.matches(texts),
            Self::Phrase(words) => texts.iter().any(|text| has_phrase(text, words)),
        }
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    nesting: usize,
}

impl Reader<'_> {
    fn take(&mut self, wanted: &Token) -> bool {
        match self.tokens.split_first() {
            Some((token, rest)) if token == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    /// OR binds least.
    fn either(&mut self) -> Result<Expression, SoqlError> {
        let mut terms = vec![self.both()?];
        while self.take(&Token::Or) {
            terms.push(self.both()?);
        }
        Ok(joined(terms, Expression::Or))
    }

    /// Words side by side are all to be found.
    fn both(&mut self) -> Result<Expression, SoqlError> {
        let mut terms = vec![self.term()?];
        loop {
            let is_and = self.take(&Token::And);
            if self.take(&Token::Not) {
                terms.push(Expression::Not(Box::new(self.term()?)));
            } else if is_and || matches!(self.tokens.first(), Some(Token::Phrase(_) | Token::Open)) {
                terms.push(self.term()?);
            } else {
                return Ok(joined(terms, Expression::And));
            }
        }
    }

    fn term(&mut self) -> Result<Expression, SoqlError> {
        if self.take(&Token::Open) {
            if self.nesting >= MAX_NESTING {
                return Err(refused("The search term is nested too deeply"));
            }
            self.nesting += 1;
            let inner = self.either()?;
            self.nesting -= 1;
            return if self.take(&Token::Close) {
                Ok(inner)
            } else {
                Err(refused("Unbalanced parentheses in the search term"))
            };
        }
        match self.tokens.split_first() {
            Some((Token::Phrase(words), rest)) => {
                self.tokens = rest;
                Ok(Expression::Phrase(words.clone()))
            }
            _ => Err(refused("No search term found beside an operator")),
        }
    }
}

fn joined(mut terms: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            join(terms)
        }
        None => join(terms),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, SoqlError> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        match first {
            space if space.is_whitespace() => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match characters.next() {
                        Some('"') => break,
                        Some('\\') => {
                            quoted.push('\\');
                            quoted.extend(characters.next());
                        }
                        Some(other) => quoted.push(other),
                        None => return Err(refused("A quotation mark is missing in the search term")),
                    }
                }
                tokens.extend(phrase(&quoted));
            }
            _ => {
                let mut word = String::from(first);
                if first == '\\' {
                    word.extend(characters.next());
                }
                while let Some(next) =
                    characters.next_if(|next| !next.is_whitespace() && !matches!(next, '(' | ')' | '"'))
                {
                    word.push(next);
                    if next == '\\' {
                        word.extend(characters.next());
                    }
                }
                match word.to_ascii_uppercase().as_str() {
                    "AND" => tokens.push(Token::And),
                    "OR" => tokens.push(Token::Or),
                    "NOT" => tokens.push(Token::Not),
                    _ => tokens.extend(phrase(&word)),
                }
            }
        }
    }
    Ok(tokens)
}

/// Words cut where texts are: `a-b` is found where `a` is followed by `b`. Nothing where there is no letter or digit.
fn phrase(text: &str) -> Option<Token> {
    let mut words = vec![Vec::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let (part, is_escaped) = match character {
            '\\' => (characters.next(), true),
            other => (Some(other), false),
        };
        let Some(part) = part else { break };
        let word = words.last_mut()?;
        match part {
            '*' if !is_escaped => word.push(Part::Any),
            '?' if !is_escaped => word.push(Part::One),
            part if part.is_alphanumeric() => word.extend(part.to_lowercase().map(Part::Character)),
            _ if word.is_empty() => {}
            _ => words.push(Vec::new()),
        }
    }
    let words: Vec<Word> = words.into_iter().filter(|word| !word.is_empty()).map(Word).collect();
    (!words.is_empty()).then_some(Token::Phrase(words))
}

fn has_phrase(text: &str, words: &[Word]) -> bool {
    let mut rest = words_of(text);
    loop {
        let mut here = rest.clone();
        if words.iter().all(|word| here.next().is_some_and(|candidate| word.matches(candidate))) {
            return true;
        }
        if rest.next().is_none() {
            return false;
        }
    }
}

/// What a text is cut into.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

impl Word {
    /// The letters before the first wildcard.
    fn wanted(&self) -> Option<Wanted> {
        let letters = self.0.iter().map_while(|part| match part {
            Part::Character(character) => Some(*character),
            Part::Any | Part::One => None,
        });
        let start: String = letters.collect();
        let is_whole = start.chars().count() == self.0.len();
        (!start.is_empty()).then_some(Wanted::Word { start, is_whole })
    }

    /// On a mismatch only the latest `*` takes one character more.
    fn matches(&self, word: &str) -> bool {
        let mut characters = word.chars().flat_map(char::to_lowercase);
        let mut parts = self.0.as_slice();
        let mut retry = None;
        loop {
            match parts.split_first() {
                Some((Part::Any, rest)) => {
                    retry = Some((rest, characters.clone()));
                    parts = rest;
                    continue;
                }
                Some((Part::One, rest)) if characters.next().is_some() => {
                    parts = rest;
                    continue;
                }
                Some((Part::Character(wanted), rest)) if characters.next() == Some(*wanted) => {
                    parts = rest;
                    continue;
                }
                None if characters.next().is_none() => return true,
                _ => {}
            }
            let Some((after, mut from)) = retry else { return false };
            if from.next().is_none() {
                return false;
            }
            parts = after;
            characters = from.clone();
            retry = Some((after, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Expression;

    #[rstest]
    #[case("acme", true)]
    #[case("ACME", true)]
    #[case("acm", false)]
    #[case("acm*", true)]
    #[case("a*e", true)]
    #[case("ac?e", true)]
    #[case("ac?", false)]
    #[case("*earning", true)]
    #[case("acme alex", true)]
    #[case("acme nobody", false)]
    #[case("nobody OR acme", true)]
    #[case("acme AND nobody", false)]
    #[case("acme AND NOT nobody", true)]
    #[case("acme NOT alex", false)]
    #[case("(nobody OR acme) AND alex", true)]
    #[case("nobody OR acme AND someone", false)]
    #[case("\"acme learning\"", true)]
    #[case("\"learning acme\"", false)]
    #[case("\"learning alex\"", false)]
    #[case("alex@acme.test", true)]
    #[case("acme\\-learning", true)]
    #[case("\"and\" learning", false)]
    #[case("nobody or acme", true)]
    #[case("acme and not nobody", true)]
    #[case("élan", true)]
    fn words_are_found(#[case] find: &str, #[case] expected: bool) {
        let texts = ["Acme Learning, Élan!", "alex@acme.test"];
        assert_eq!(Expression::parse(find).unwrap().matches(&texts), expected, "{find}");
    }

    #[rstest]
    #[case("")]
    #[case("a")]
    #[case("*")]
    #[case("--")]
    #[case("AND acme")]
    #[case("and acme")]
    #[case("acme OR")]
    #[case("(acme")]
    #[case("acme)")]
    #[case("\"acme")]
    fn other_terms_are_refused(#[case] find: &str) {
        assert_eq!(Expression::parse(find).unwrap_err().code, "MALFORMED_SEARCH");
    }

    #[test]
    fn deep_parentheses_are_refused() {
        let deep = format!("{}acme{}", "(".repeat(1_500), ")".repeat(1_500));
        assert!(Expression::parse(&deep).is_err());
    }

    #[test]
    fn long_terms_lose_their_operators_and_longer_ones_find_nothing() {
        let padded = |count: usize| format!("acme AND NOT (acme{})", " OR nobody".repeat(count));
        let found = |term: &str| Expression::parse(term).unwrap().matches(&["Acme"]);
        assert!(!found(&padded(1)) && found(&padded(500)) && !found(&padded(1_500)));
    }
}
