//! What a link or a heading is called.

use domain::CommentBody;

/// The name, or what stands for it where the name shows nothing: a link without visible text can't be found.
pub(crate) fn named(name: &str, otherwise: &str) -> String {
    // What shows nothing as a comment shows nothing as a name.
    if CommentBody::new(name).is_ok() { name } else { otherwise }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn what_shows_nothing_is_called_by_its_key() {
        for nothing in ["", " \t", "\u{200b}\u{feff}", "\u{3164}"] {
            assert_eq!(named(nothing, "MITx+6.002x"), "MITx+6.002x", "{nothing:?}");
        }
        assert_eq!(named(" Circuits\u{200b}", "MITx+6.002x"), " Circuits\u{200b}");
    }
}
