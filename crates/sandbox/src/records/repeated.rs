//! The same record named twice by one call that makes or changes records by external id.

use std::collections::HashMap;

use serde_json::Value;

use super::{coerce::coerce, database::folded};
use crate::{error::ApiError, schema::Field};

/// Keys that a call gives more than once. All rows that have one are refused, for which of them should be the last?
pub(crate) struct Repeated<'f> {
    field: &'f Field,
    counts: HashMap<String, usize>,
}

impl<'f> Repeated<'f> {
    pub(crate) fn among<'v>(field: &'f Field, keys: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut counts = HashMap::new();
        for key in keys.into_iter().filter_map(|key| kept(field, key)) {
            *counts.entry(key).or_default() += 1;
        }
        Self { field, counts }
    }

    /// # Errors
    /// Another row of the call has the key.
    pub(crate) fn check(&self, key: &Value) -> Result<(), ApiError> {
        let count = kept(self.field, key).and_then(|key| self.counts.get(&key).copied());
        if count.is_none_or(|count| count < 2) {
            return Ok(());
        }
        let shown = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let message = format!("Duplicate external id specified: {shown}");
        Err(ApiError::bad("DUPLICATE_VALUE", message).about(&self.field.name))
    }
}

/// As records have it; none for what is no key, which is refused for that.
fn kept(field: &Field, key: &Value) -> Option<String> {
    folded(field, &coerce(field, key).ok()?)
}
