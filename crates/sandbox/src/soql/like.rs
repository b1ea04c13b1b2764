//! LIKE: `%` is any run of characters, `_` is any one, a backslash takes either for itself, and case doesn't matter.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Exactly(char),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        let mut parts = Vec::new();
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            match character {
                '%' if parts.last() == Some(&Part::Any) => {}
                '%' => parts.push(Part::Any),
                '_' => parts.push(Part::One),
                '\\' => parts.extend(characters.next().unwrap_or('\\').to_lowercase().map(Part::Exactly)),
                other => parts.extend(other.to_lowercase().map(Part::Exactly)),
            }
        }
        Self(parts)
    }

    /// In time proportional to pattern × text at worst: on a mismatch only the latest `%` takes one character more.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let (mut part, mut character) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while let Some(actual) = text.get(character) {
            match self.0.get(part) {
                Some(Part::Any) => {
                    retry = Some((part + 1, character));
                    part += 1;
                }
                Some(Part::One) => {
                    part += 1;
                    character += 1;
                }
                Some(Part::Exactly(wanted)) if wanted == actual => {
                    part += 1;
                    character += 1;
                }
                _ => {
                    let Some((after_any, from)) = retry else { return false };
                    retry = Some((after_any, from + 1));
                    part = after_any;
                    character = from + 1;
                }
            }
        }
        self.0.iter().skip(part).all(|part| *part == Part::Any)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Pattern;

    #[rstest]
    #[case("abc", "ABC", true)]
    #[case("abc", "abcd", false)]
    #[case("a%", "Apple", true)]
    #[case("%le", "apple", true)]
    #[case("%pp%", "apple", true)]
    #[case("a_c", "abc", true)]
    #[case("a_c", "ac", false)]
    #[case("%", "", true)]
    #[case("_", "", false)]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case(r"50\%", "50%", true)]
    #[case(r"50\%", "500", false)]
    #[case(r"a\_b", "a_b", true)]
    #[case(r"a\_b", "axb", false)]
    #[case(r"a\\b", r"a\b", true)]
    #[case("%a%b%c%", "xxaxxbxxcxx", true)]
    #[case("%a%b%c%", "xxaxxcxxb", false)]
    #[case("%ab", "aab", true)]
    #[case("ÉCOLE%", "école normale", true)]
    #[case("_cole", "école", true)]
    fn patterns_match(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(Pattern::new(pattern).matches(text), expected);
    }

    #[test]
    fn many_wildcards_against_a_long_text_end_quickly() {
        let pattern = Pattern::new(&"%a".repeat(2_000));
        assert!(!pattern.matches(&"ab".repeat(1_000)));
    }
}
