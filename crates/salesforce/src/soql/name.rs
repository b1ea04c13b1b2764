//! Names of objects and fields.

use super::SoqlError;

/// `Id`, `Course__c`, `CreatedBy.Name`: parts of ASCII letters, digits and underscores that start with a letter, joined by dots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldName(String);

impl FieldName {
    /// # Errors
    /// [`SoqlError::Name`] with the text that is no name.
    pub fn new(text: &str) -> Result<Self, SoqlError> {
        if text.split('.').all(is_part) { Ok(Self(text.to_owned())) } else { Err(SoqlError::Name(text.to_owned())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_part(part: &str) -> bool {
    part.starts_with(|first: char| first.is_ascii_alphabetic())
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl From<FieldName> for String {
    fn from(name: FieldName) -> Self {
        name.0
    }
}
