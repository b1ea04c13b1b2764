//! XML: documents as they are read, and what may stand in one that is written.

mod element;

use std::borrow::Cow;

pub(crate) use self::element::Element;

/// Whether XML 1.0 has the character at all: of the control characters it knows tab and the ends of lines, and no reference
/// stands for another.
pub(crate) fn is_allowed(character: char) -> bool {
    !matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Text without what XML doesn't have.
pub(crate) fn allowed(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_allowed) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| is_allowed(*character)).collect())
}

/// Text as an element holds it: a document stays one, whatever is said in it.
pub(crate) fn escape(text: &str) -> String {
    quick_xml::escape::escape(&*allowed(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_no_document_can_hold_is_left_out() {
        assert_eq!(escape("a\u{0}<\u{1}\u{b}\u{c}\u{1f}\u{fffe}\u{ffff}\t\r\n\u{7f}é😀"), "a&lt;\t\r\n\u{7f}é😀");
    }
}
