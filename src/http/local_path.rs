//! Where to go after signing in: a path of this portal and nothing else.

use url::Url;

/// A path with an optional query, safe to put into `Location`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalPath(String);

impl LocalPath {
    /// None for anything that a browser could take for another site, or that leads back to log-in.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let base = Url::parse("http://portal.invalid").ok()?;
        let plain = text.starts_with('/') && !text.contains('\\') && !text.chars().any(char::is_control);
        let url = base.join(text).ok().filter(|url| plain && url.origin() == base.origin())?;
        let path = url.path();
        if path.starts_with("//") || matches!(path, "/" | "/login" | "/logout") {
            return None;
        }
        Some(Self(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::LocalPath;

    #[test]
    fn only_our_own_paths_are_taken() {
        for foreign in [
            "",
            "courses",
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test/",
            "javascript:alert(1)",
            "/\t/evil.test",
            "/\n/evil.test",
            "/login",
            "/login?next=/login",
            "/logout",
            "/..//evil.test",
            "/./\\evil.test",
            "/%0d%0aSet-Cookie:x\r\n",
        ] {
            assert_eq!(LocalPath::parse(foreign), None, "{foreign:?}");
        }
        assert_eq!(LocalPath::parse("/courses?q=a%20b").unwrap().as_str(), "/courses?q=a%20b");
        assert_eq!(LocalPath::parse("/a/../courses").unwrap().as_str(), "/courses");
        assert_eq!(LocalPath::parse("/courses/é").unwrap().as_str(), "/courses/%C3%A9");
    }
}
