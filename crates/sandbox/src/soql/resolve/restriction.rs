//! Objects that can't be asked for without saying of what.

use crate::soql::{
    error::SoqlError,
    filter::{Filter, Test},
    plan::{Plan, Source},
};

/// Files and what they are attached to.
pub(super) const LINK: &str = "ContentDocumentLink";
const UNFILTERED: &str = "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.";
const BY_OTHER_FIELDS: &str = "Implementation restriction: filtering on non-id fields is only permitted when filtering by ContentDocumentLink.LinkedEntityId using the equals operator.";
/// Any of them narrows enough.
const IDS: [&str; 3] = ["Id", "ContentDocumentId", "LinkedEntityId"];

/// Links of files are asked for by document, by record or by their own ids.
pub(super) fn check(plan: &Plan<'_>) -> Result<(), SoqlError> {
    if plan.object.name != LINK {
        return Ok(());
    }
    let error = |message: &str| Err(SoqlError::plain("MALFORMED_QUERY", message));
    let Some(filter) = &plan.filter else { return error(UNFILTERED) };
    let all = match filter {
        Filter::And(terms) => terms.as_slice(),
        term => std::slice::from_ref(term),
    };
    let ids = |term: &Filter<Source<'_>>| match term {
        Filter::Test { source, test: Test::OneOf(set) } => own_id(source).map(|field| (field, set.values().len())),
        _ => None,
    };
    if !all.iter().filter_map(ids).any(|(_, count)| count > 0) {
        return error(UNFILTERED);
    }
    let by_one_record = all.iter().filter_map(ids).any(|found| found == ("LinkedEntityId", 1));
    if !by_one_record && tests_other_fields(filter) {
        return error(BY_OTHER_FIELDS);
    }
    Ok(())
}

fn own_id(source: &Source<'_>) -> Option<&'static str> {
    let Source::Path(path) = source else { return None };
    IDS.into_iter().find(|name| path.hops.is_empty() && path.leaf.key() == *name)
}

fn tests_other_fields(filter: &Filter<Source<'_>>) -> bool {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().any(tests_other_fields),
        Filter::Not(term) => tests_other_fields(term),
        Filter::Test { source, .. } => own_id(source).is_none(),
    }
}
