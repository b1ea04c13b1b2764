//! Salesforce record ids: 15 case-sensitive characters, or 18 with a suffix that makes case folding safe.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Always held in its 18-character form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SalesforceId(String);

const SUFFIX_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

impl SalesforceId {
    /// Takes either form; a suffix that doesn't match its first 15 characters is refused.
    ///
    /// # Errors
    /// Wrong length, a character outside base 62, or a wrong suffix.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let malformed = || Invalid::new(format!("malformed id {text}"));
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(malformed());
        }
        let short = match text.len() {
            15 => text,
            18 => text.get(..15).ok_or_else(malformed)?,
            _ => return Err(malformed()),
        };
        let long = format!("{short}{}", Self::suffix(short));
        if text.len() == 18 && !long.eq_ignore_ascii_case(text) {
            return Err(malformed());
        }
        Ok(Self(long))
    }

    /// Three characters, one per chunk of five: bit k is set when character k is A–Z.
    fn suffix(short: &str) -> String {
        short
            .as_bytes()
            .chunks(5)
            .filter_map(|chunk| {
                let bits =
                    chunk.iter().rev().fold(0_usize, |bits, byte| (bits << 1) | usize::from(byte.is_ascii_uppercase()));
                SUFFIX_ALPHABET.get(bits).map(|byte| char::from(*byte))
            })
            .collect()
    }

    /// 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first three characters, which name the object.
    pub fn key_prefix(&self) -> &str {
        self.0.get(..3).unwrap_or_default()
    }
}

impl TryFrom<String> for SalesforceId {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<SalesforceId> for String {
    fn from(id: SalesforceId) -> Self {
        id.0
    }
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::SalesforceId;

    #[test]
    fn suffix_matches_the_published_vectors() {
        for (short, suffix) in [
            ("a01M00000062mPg", "IAI"),
            ("001M000000qfPyS", "IAU"),
            ("AbCdEfGhIjKlMnO", "VKV"),
            ("aBcDEfgHIJKLMNO", "025"),
        ] {
            assert_eq!(SalesforceId::new(short).unwrap().as_str(), format!("{short}{suffix}"));
        }
    }

    #[test]
    fn a_wrong_suffix_length_or_character_is_refused() {
        for text in ["a01M00000062mPgIAJ", "a01M00000062mP", "", "a01M00000062mP-", "é1M00000062mPg"] {
            assert!(SalesforceId::new(text).is_err(), "{text}");
        }
    }
}
