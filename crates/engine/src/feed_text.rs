//! The text of a comment on its way into a composite request and back.
//!
//! Salesforce replaces `@{…}` in every string of a composite request and knows no escape. So that nothing a person writes can
//! name a part of the request, an invisible word joiner goes between the two characters, and is taken out when the text
//! is read back. It counts: the limit is checked with it in place.

use domain::{AuthorLabel, CommentBody, FEED_ITEM_MAX_CHARS, FeedText, Invalid, RunKey};

const REFERENCE: &str = "@{";
const SHIELDED: &str = "@\u{2060}{";

/// The FeedItem's body.
///
/// # Errors
/// It is longer than a FeedItem holds.
pub(crate) fn write(author: &AuthorLabel, run: Option<&RunKey>, body: &CommentBody) -> Result<String, Invalid> {
    let text = shield(FeedText::new(author, run, body)?.as_str());
    let over = text.chars().count().saturating_sub(FEED_ITEM_MAX_CHARS);
    if over > 0 {
        return Err(Invalid::new(format!(
            "The comment is {over} characters too long, counting one more for each “@{{”. Shorten it, or post it in parts."
        )));
    }
    Ok(text)
}

/// Text that no composite request takes for a reference.
pub(crate) fn shield(text: &str) -> String {
    text.replace(REFERENCE, SHIELDED)
}

/// What was shielded, as it was written.
pub(crate) fn unshield(text: &str) -> String {
    text.replace(SHIELDED, REFERENCE)
}

/// What an org makes of a text that ends a field: it keeps no blanks around it, and none of the characters that XML doesn't have.
pub(crate) fn as_kept(text: &str) -> String {
    let has_form = |c: &char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    let kept: String = text.chars().filter(has_form).collect();
    kept.trim_end_matches(|c| c <= ' ').to_owned()
}

pub(crate) fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_person_writes_is_a_reference() {
        for text in ["@{post.id}", "@@{{x}", "@{@{a}}", "a@b {c}"] {
            assert!(!shield(text).contains(REFERENCE), "{text}");
            assert_eq!(unshield(&shield(text)), text);
        }
    }

    #[test]
    fn what_an_org_keeps_is_what_xml_has() {
        assert_eq!(as_kept("  a\tb\u{1}\u{b}\n\u{fffe}c 👍 \n\u{2} "), "  a\tb\nc 👍");
    }

    #[test]
    fn the_limit_counts_the_shield() {
        let author = AuthorLabel::new(&domain::PersonName::default(), &domain::Username::new("a").unwrap());
        let room = FeedText::room(&author, None);
        let body = |tail: &str| CommentBody::new(&format!("{}{tail}", "x".repeat(room - 2))).unwrap();
        assert!(write(&author, None, &body("@.")).is_ok());
        assert!(write(&author, None, &body("@{")).is_err());
    }
}
