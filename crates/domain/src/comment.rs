//! The text of a comment, and the form it takes inside a FeedItem.
//!
//! The form is the one that earlier Publisher installations wrote and people in the org are used to read:
//!
//! ```text
//! [User]
//! First Last (username)
//!
//! [Course Run]
//! course-v1:HarvardX+CS50x+2012
//!
//! [Body]
//! the text
//! ```
//!
//! It is written for people. Who said something is known from the ledger; the parser is for items older than the ledger.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, PersonName, RunKey, Username};

/// What FeedItem.Body holds, counted in characters.
pub const FEED_ITEM_MAX_CHARS: usize = 10_000;

const USER: &str = "[User]";
const COURSE_RUN: &str = "[Course Run]";
const BODY: &str = "[Body]";

/// What a person wrote: not blank, line ends as `\n`, storable everywhere. Its length is checked where the prefix is known,
/// in [`FeedText::new`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommentBody(String);

impl CommentBody {
    /// # Errors
    /// The text shows nothing (white space and invisible characters only), or holds a NUL, which no database here can store.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if text.contains('\0') {
            return Err(Invalid::new(
                "The comment holds a NUL character, which can't be stored. Remove it and post again.",
            ));
        }
        if text.chars().all(shows_nothing) {
            return Err(Invalid::new("The comment is blank. Write something before you post it."));
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// White space, control characters, and the format characters that take no room on the page.
fn shows_nothing(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

impl TryFrom<String> for CommentBody {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<CommentBody> for String {
    fn from(body: CommentBody) -> Self {
        body.0
    }
}

impl fmt::Display for CommentBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The author's line: `First Last (username)`, or `username` when no name is known. Always one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorLabel(String);

impl AuthorLabel {
    pub fn new(name: &PersonName, username: &Username) -> Self {
        let full: String = name
            .full()
            .chars()
            .map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c })
            .collect();
        if full.trim().is_empty() {
            Self(username.as_str().to_owned())
        } else {
            Self(format!("{} ({username})", full.trim()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The whole body of the FeedItem that carries a comment; never longer than the org takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedText(String);

impl FeedText {
    /// # Errors
    /// Author, run and body together are longer than [`FEED_ITEM_MAX_CHARS`]; the sentence says by how much.
    pub fn new(author: &AuthorLabel, run: Option<&RunKey>, body: &CommentBody) -> Result<Self, Invalid> {
        let text = format!("{}{}", Self::prefix(author, run), body.as_str());
        let over = text.chars().count().saturating_sub(FEED_ITEM_MAX_CHARS);
        if over > 0 {
            let room = Self::room(author, run);
            return Err(Invalid::new(format!(
                "The comment is {over} {} too long: {room} fit. Shorten it, or post it in parts.",
                if over == 1 { "character" } else { "characters" }
            )));
        }
        Ok(Self(text))
    }

    /// How many characters a body may have after this author and run.
    pub fn room(author: &AuthorLabel, run: Option<&RunKey>) -> usize {
        FEED_ITEM_MAX_CHARS.saturating_sub(Self::prefix(author, run).chars().count())
    }

    /// How many of those a run takes, by its key.
    pub fn chars_of_run(key: &str) -> usize {
        Self::about_run(key).chars().count()
    }

    fn about_run(key: &str) -> String {
        format!("{COURSE_RUN}\n{key}\n\n")
    }

    fn prefix(author: &AuthorLabel, run: Option<&RunKey>) -> String {
        let run = run.map(|key| Self::about_run(key.as_str())).unwrap_or_default();
        format!("{USER}\n{}\n\n{run}{BODY}\n", author.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a FeedItem in the comment form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedFeedText<'a> {
    pub author: &'a str,
    pub run_key: Option<&'a str>,
    pub body: &'a str,
}

impl<'a> ParsedFeedText<'a> {
    /// Reads the form strictly from the top, so nothing inside a name, key or body can be taken for a heading.
    /// None when the text hasn't the form. The caller has made sure that the integration user wrote it.
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix(USER)?.strip_prefix('\n')?;
        let (author, rest) = rest.split_once("\n\n")?;
        let (run_key, rest) = match rest.strip_prefix(COURSE_RUN).and_then(|rest| rest.strip_prefix('\n')) {
            Some(rest) => rest.split_once("\n\n").map(|(key, rest)| (Some(key), rest))?,
            None => (None, rest),
        };
        let body = rest.strip_prefix(BODY)?.strip_prefix('\n')?;
        (!author.contains('\n') && run_key.is_none_or(|key| !key.contains('\n'))).then_some(Self {
            author,
            run_key,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn author(first: &str, last: &str) -> AuthorLabel {
        let name = PersonName { first: first.to_owned(), last: last.to_owned() };
        AuthorLabel::new(&name, &Username::new("alice").unwrap())
    }

    #[test]
    fn the_form_is_the_one_people_know() {
        let run = RunKey::new("course-v1:HarvardX+CS50x+2012").unwrap();
        let body = CommentBody::new("Hello").unwrap();
        let text = FeedText::new(&author("Alice", "Ames"), Some(&run), &body).unwrap();
        assert_eq!(
            text.as_str(),
            "[User]\nAlice Ames (alice)\n\n[Course Run]\ncourse-v1:HarvardX+CS50x+2012\n\n[Body]\nHello"
        );
    }

    #[test]
    fn blank_is_refused_however_it_is_dressed() {
        for text in ["", " ", "\n\t\r\n", "\u{200b}\u{feff}", "\u{2060}\u{3164} \u{e0020}"] {
            assert!(CommentBody::new(text).is_err(), "{text:?}");
        }
        assert!(CommentBody::new("\u{200b}.").is_ok());
    }

    #[test]
    fn length_counts_the_prefix() {
        let author = author("Alice", "Ames");
        let room = FeedText::room(&author, None);
        let fits = CommentBody::new(&"é".repeat(room)).unwrap();
        assert_eq!(FeedText::new(&author, None, &fits).unwrap().as_str().chars().count(), FEED_ITEM_MAX_CHARS);
        let run = RunKey::new("course-v1:HarvardX+CS50x+2012").unwrap();
        assert_eq!(FeedText::room(&author, Some(&run)), room - FeedText::chars_of_run(run.as_str()));
        let over = CommentBody::new(&"é".repeat(room + 1)).unwrap();
        assert!(FeedText::new(&author, None, &over).unwrap_err().0.contains("1 character too long"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(first in "\\PC{0,20}|\\[Body\\]", last in "\\PC{0,20}|\\[User\\]|a\nb", run in proptest::option::of("[a-z+:\\[\\]]{1,20}"),
            body in "(?s).{1,200}|\\[User\\]\nMallory \\(m\\)\n\n\\[Body\\]\nhi") {
            prop_assume!(CommentBody::new(&body).is_ok());
            let (author, body) = (author(&first, &last), CommentBody::new(&body).unwrap());
            let run = run.map(|key| RunKey::new(key).unwrap());
            let text = FeedText::new(&author, run.as_ref(), &body).unwrap();
            let parsed = ParsedFeedText::parse(text.as_str()).unwrap();
            prop_assert_eq!(parsed, ParsedFeedText { author: author.as_str(), run_key: run.as_ref().map(RunKey::as_str), body: body.as_str() });
        }
    }
}
