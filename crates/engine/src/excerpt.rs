//! What a list shows of a post.

const CHARS: usize = 140;

/// The first words, cut with a mark that says so.
pub(crate) fn excerpt(body: &str) -> String {
    let mut text: String = body.chars().take(CHARS).collect();
    if text.len() < body.len() {
        text.push('…');
    }
    text
}
