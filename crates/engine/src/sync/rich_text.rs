//! Feed text that the org marks as rich: its few tags become plain text, since threads show words exactly as written.

/// Tags that begin a new line.
const BREAKING: [&str; 6] = ["p", "br", "li", "ul", "ol", "div"];

/// Text without tags, entities decoded. What is no tag and no entity stays as it is.
pub(super) fn to_plain(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        rest = match from.strip_prefix('<').and_then(tag) {
            Some((name, after)) => {
                if BREAKING.contains(&name.as_str()) && !plain.is_empty() && !plain.ends_with('\n') {
                    plain.push('\n');
                }
                if name == "li" {
                    plain.push_str("• ");
                }
                after
            }
            None => match from.strip_prefix('&').and_then(entity) {
                Some((character, after)) => {
                    plain.push(character);
                    after
                }
                None => {
                    let mut characters = from.chars();
                    plain.extend(characters.next());
                    characters.as_str()
                }
            },
        };
    }
    plain.push_str(rest);
    plain.trim_end_matches('\n').to_owned()
}

/// The name of the tag that starts here (empty for an end tag) and what follows it.
fn tag(text: &str) -> Option<(String, &str)> {
    let (inside, after) = text.split_once('>')?;
    let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
    let is_tag = inside.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/') && !inside.contains('<');
    is_tag.then(|| (name.to_ascii_lowercase(), after))
}

fn entity(text: &str) -> Option<(char, &str)> {
    let (name, after) = text.split_once(';')?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|character| *character != '\0')?
        }
    };
    Some((character, after))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::to_plain;

    #[rstest]
    #[case("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three")]
    #[case("<ul><li>a</li><li>b</li></ul>", "• a\n• b")]
    #[case("<b>bold</b> <i>text</i>", "bold text")]
    #[case("a < b & c > d", "a < b & c > d")]
    #[case("1 &lt; 2 &#39;&#x41;&nope;", "1 < 2 'A&nope;")]
    #[case("&amp;lt;", "&lt;")]
    #[case("<", "<")]
    #[case("é<br>ß", "é\nß")]
    fn tags_go_and_words_stay(#[case] html: &str, #[case] plain: &str) {
        assert_eq!(to_plain(html), plain);
    }
}
