//! What a typed piece of text may not be, and the rule that keys share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a value was refused, as a sentence for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// A catalogue key: 1 to 255 characters, no white space at the ends, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyText(String);

impl KeyText {
    pub const MAX_CHARS: usize = 255;

    /// # Errors
    /// The text is blank, longer than [`Self::MAX_CHARS`], holds control characters, or is `.` or `..`, which no address can hold.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(Invalid::new("The key is blank."));
        }
        if text.trim() != text {
            return Err(Invalid::new(format!("The key “{text}” begins or ends with white space.")));
        }
        if matches!(text.as_str(), "." | "..") {
            return Err(Invalid::new(format!("The key “{text}” can't be part of an address.")));
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(Invalid::new(format!("The key is longer than {} characters.", Self::MAX_CHARS)));
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("The key holds control characters."));
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyText {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl From<KeyText> for String {
    fn from(key: KeyText) -> Self {
        key.0
    }
}

impl fmt::Display for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
