//! How an org says that a record is no longer there.

/// Of the record itself, or of one that it points to.
const CODES: [&str; 5] = [
    "NOT_FOUND",
    "ENTITY_IS_DELETED",
    "INVALID_CROSS_REFERENCE_KEY",
    "INVALID_ID_FIELD",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
];

pub(super) fn is_gone(error: &salesforce::Error) -> bool {
    error.code().is_some_and(says_gone)
}

/// The same of a code that was kept.
pub(crate) fn says_gone(code: &str) -> bool {
    CODES.contains(&code)
}
