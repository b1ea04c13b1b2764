//! No text makes the parser or the resolver panic.

use proptest::prelude::*;

use super::{Indexes, Scope, org, schema, settings};
use crate::soql::{parse, run};

fn try_it(text: &str) {
    if let Ok(query) = parse(text) {
        // Whether it answers or refuses is all the same here.
        drop(run(&query, schema(), &org(Indexes::Present), &settings(Scope::All)));
    }
}

/// Words and signs of the language, so that some of what comes out is nearly a query.
fn token() -> impl Strategy<Value = String> {
    let words = [
        "SELECT",
        "FROM",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "INCLUDES",
        "GROUP",
        "BY",
        "HAVING",
        "ORDER",
        "ASC",
        "DESC",
        "NULLS",
        "FIRST",
        "LAST",
        "LIMIT",
        "OFFSET",
        "FOR",
        "VIEW",
        "ALL",
        "ROWS",
        "USING",
        "SCOPE",
        "WITH",
        "COUNT",
        "COUNT_DISTINCT",
        "SUM",
        "MAX",
        "FIELDS",
        "toLabel",
        "CALENDAR_YEAR",
        "convertTimezone",
        "null",
        "true",
        "TODAY",
        "LAST_N_DAYS",
        "N_YEARS_AGO",
        "Case",
        "Account",
        "FeedItem",
        "Feeds",
        "Cases",
        "Id",
        "Name",
        "Subject",
        "Status",
        "Body",
        "CreatedDate",
        "IsClosed",
        "Owner",
        "Parent",
        "Contact",
        "Tags__c",
        "Course__r",
        "Key__c",
        "Seats__c",
        "Start__c",
        "n",
        "(",
        ")",
        ",",
        ".",
        ":",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "<>",
        "'New'",
        "'%a_'",
        r"'\u00e9'",
        "'500SB0000000001'",
        "''",
        "0",
        "2",
        "-1.5e3",
        "99999999999999999999",
        "2026-11-20",
        "2026-11-20T12:00:00Z",
        "0000-00-00",
        "\n",
    ];
    prop_oneof![10 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,4}"]
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        try_it(&text);
    }

    #[test]
    fn any_run_of_tokens_is_answered_or_refused(tokens in prop::collection::vec(token(), 0..24)) {
        try_it(&tokens.join(" "));
    }

    #[test]
    fn any_ending_of_a_query_is_answered_or_refused(tokens in prop::collection::vec(token(), 0..16)) {
        try_it(&format!("SELECT Id FROM Case WHERE {}", tokens.join(" ")));
    }

    #[test]
    fn any_select_list_is_answered_or_refused(tokens in prop::collection::vec(token(), 0..10)) {
        try_it(&format!("SELECT {} FROM Case", tokens.join(" ")));
    }

    #[test]
    fn any_escaped_text_is_found_again(text in any::<String>()) {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
        let equal = format!("SELECT Id FROM Case WHERE Subject = '{escaped}'");
        prop_assert!(parse(&equal).is_ok());
        let pattern = escaped.replace('%', "\\%").replace('_', "\\_");
        let like = format!("SELECT Id FROM Case WHERE Subject LIKE '{pattern}'");
        prop_assert!(parse(&like).is_ok());
    }
}
