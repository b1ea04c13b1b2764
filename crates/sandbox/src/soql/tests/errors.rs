use rstest::rstest;

use super::refused;

const FIELD_HINT: &str = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.";

#[test]
fn an_unknown_column_is_shown_with_snippet_caret_row_and_column() {
    let error = refused("SELECT Id, Bad FROM Contact");
    assert_eq!(error.code, "INVALID_FIELD");
    assert_eq!(
        error.message,
        format!(
            "\nSELECT Id, Bad FROM Contact\n           ^\nERROR at Row:1:Column:12\nNo such column 'Bad' on entity 'Contact'. {FIELD_HINT}"
        )
    );
}

#[test]
fn an_unknown_object_is_an_invalid_type() {
    let error = refused("SELECT Id FROM Foo");
    assert_eq!(error.code, "INVALID_TYPE");
    assert_eq!(
        error.message,
        "\nSELECT Id FROM Foo\n               ^\nERROR at Row:1:Column:16\nsObject type 'Foo' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    );
}

#[test]
fn the_row_is_counted_and_its_line_shown() {
    let error = refused("SELECT Id\nFROM Case\n  WHERE Bad = 1");
    assert!(error.message.starts_with("\n  WHERE Bad = 1\n        ^\nERROR at Row:3:Column:9\n"), "{}", error.message);
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let padding = "Id, ".repeat(50);
    let error = refused(&format!("SELECT {padding} Bad FROM Case"));
    assert!(error.message.contains("duplicate field selected: Id"));
    let padding = "x".repeat(100);
    let error = refused(&format!("SELECT Id FROM Case WHERE Subject = '{padding}' AND Bad = '{padding}'"));
    let lines: Vec<&str> = error.message.lines().collect();
    assert!(lines[1].len() <= 80 && lines[1].get(40..43) == Some("Bad"), "{}", lines[1]);
    assert_eq!(lines[2].find('^'), Some(40));
    assert_eq!(lines[3], "ERROR at Row:1:Column:144");
}

#[test]
fn columns_count_characters_not_bytes() {
    let error = refused("SELECT Id FROM Case WHERE Subject = 'éé' AND Bad = 1");
    assert!(error.message.contains("Column:46\n"), "{}", error.message);
}

#[rstest]
// Grammar.
#[case("", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT", "MALFORMED_QUERY", "Row:1:Column:7\nunexpected token: '<EOF>'")]
#[case("SELECT FROM Case", "MALFORMED_QUERY", "Column:8\nunexpected token: 'FROM'")]
#[case("SELECT Id, FROM Case", "MALFORMED_QUERY", "Column:12\nunexpected token: 'FROM'")]
#[case("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case WHERE Status", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case WHERE Status = ", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case WHERE Status = Open", "MALFORMED_QUERY", "Column:36\nunexpected token: 'Open'")]
#[case("SELECT Id FROM Case WHERE Status IN ()", "MALFORMED_QUERY", "unexpected token: ')'")]
#[case("SELECT Id FROM Case WHERE Status NOT LIKE 'a'", "MALFORMED_QUERY", "unexpected token: 'NOT'")]
#[case(
    "SELECT Id FROM Case WHERE Status = :status",
    "MALFORMED_QUERY",
    "Column:36\nBind variables only allowed in Apex code"
)]
#[case("SELECT Id FROM Case WHERE Status IN :statuses", "MALFORMED_QUERY", "Bind variables only allowed in Apex code")]
#[case("SELECT Id FROM Case WHERE CreatedDate = LAST_N_DAYS", "MALFORMED_QUERY", "unexpected token: 'LAST_N_DAYS'")]
#[case("SELECT Id FROM Case WHERE CreatedDate = LAST_N_DAYS:x", "MALFORMED_QUERY", "unexpected token: 'LAST_N_DAYS'")]
#[case(
    "SELECT Id FROM Case WHERE CreatedDate = 2026-13-01T00:00:00Z",
    "MALFORMED_QUERY",
    "unexpected token: '2026-13-01T00:00:00Z'"
)]
#[case(
    "SELECT Id FROM Case WHERE IsClosed = true AND Status = 'a' OR Status = 'b'",
    "MALFORMED_QUERY",
    "Column:60\nunexpected token: 'OR'"
)]
#[case(
    "SELECT Id FROM Case WHERE IsClosed = true OR Status = 'a' AND Status = 'b'",
    "MALFORMED_QUERY",
    "unexpected token: 'AND'"
)]
#[case("SELECT Id FROM Case WHERE (Status = 'a'", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'")]
#[case("SELECT Id FROM Case LIMIT -1", "MALFORMED_QUERY", "unexpected token: '-1'")]
#[case("SELECT Id FROM Case LIMIT 1.5", "MALFORMED_QUERY", "unexpected token: '1.5'")]
#[case("SELECT Id FROM Case ORDER BY Id NULLS", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case LIMIT 1 ORDER BY Id", "MALFORMED_QUERY", "unexpected token: 'ORDER'")]
#[case("SELECT Id FROM Case; DROP", "MALFORMED_QUERY", "line 1:19 no viable alternative at character ';'")]
#[case("SELECT * FROM Case", "MALFORMED_QUERY", "line 1:7 no viable alternative at character '*'")]
#[case(
    "SELECT Id FROM Case WHERE Subject = \"a\"",
    "MALFORMED_QUERY",
    "line 1:36 no viable alternative at character '\"'"
)]
#[case(
    "SELECT Id FROM Case WHERE Subject = 'a",
    "MALFORMED_QUERY",
    "line 1:36 mismatched character '<EOF>' expecting '''"
)]
#[case(r"SELECT Id FROM Case WHERE Subject = 'a\'", "MALFORMED_QUERY", "mismatched character '<EOF>'")]
#[case(
    r"SELECT Id FROM Case WHERE Subject = 'a\c'",
    "MALFORMED_QUERY",
    r"Illegal character sequence '\c' in string literal."
)]
#[case(r"SELECT Id FROM Case WHERE Subject = '\u+041'", "MALFORMED_QUERY", "Illegal character sequence")]
#[case("SELECT FOO(Id) FROM Case", "MALFORMED_QUERY", "unexpected token: '('")]
#[case("SELECT COUNT(), Id FROM Case", "MALFORMED_QUERY", "unexpected token: ','")]
#[case("SELECT Id, COUNT() FROM Case", "MALFORMED_QUERY", "unexpected token: 'COUNT'")]
#[case("SELECT FIELDS(SOME) FROM Case", "MALFORMED_QUERY", "unexpected token: 'SOME'")]
#[case("SELECT Id FROM Case WITH SOMETHING", "MALFORMED_QUERY", "unexpected token: 'SOMETHING'")]
#[case("SELECT Id FROM Case WITH DATA CATEGORY Geo__c AT Rome__c", "NOT_IMPLEMENTED", "WITH DATA CATEGORY")]
#[case(
    "SELECT Id FROM Account WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') < 5",
    "NOT_IMPLEMENTED",
    "DISTANCE() is not emulated"
)]
#[case("SELECT Id FROM Case LIKE", "MALFORMED_QUERY", "unexpected token: 'LIKE'")]
#[case("SELECT Id FROM Case HAVING COUNT(Id) > 1", "MALFORMED_QUERY", "unexpected token: 'HAVING'")]
#[case("SELECT Id FROM Case OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")]
// Names.
#[case(
    "SELECT Foo.Name FROM Case",
    "INVALID_FIELD",
    "Didn't understand relationship 'Foo' in field path. If you are attempting to use a custom relationship, be sure to append the '__r'"
)]
#[case("SELECT Account.Bad FROM Case", "INVALID_FIELD", "No such column 'Bad' on entity 'Account'")]
#[case("SELECT Parent.Subject FROM FeedItem", "INVALID_FIELD", "No such column 'Subject' on entity 'Name'")]
#[case("SELECT Course__c.Name FROM Case", "INVALID_FIELD", "Didn't understand relationship 'Course__c'")]
#[case(
    "SELECT Id, (SELECT Id FROM Foos) FROM Case",
    "INVALID_TYPE",
    "Didn't understand relationship 'Foos' in FROM part of query call."
)]
#[case("SELECT Id FROM Case ORDER BY Bad", "INVALID_FIELD", "No such column 'Bad'")]
#[case("SELECT Id, Subject, id FROM Case", "INVALID_FIELD", "duplicate field selected: Id")]
#[case("SELECT Parent.Parent.Parent.Parent.Parent.Parent.Id FROM Case", "MALFORMED_QUERY", "at most 5 relationships")]
// What a field can't do.
#[case(
    "SELECT Id FROM FeedItem WHERE Body = 'x'",
    "INVALID_FIELD",
    "Column:31\nfield 'Body' can not be filtered in a query call"
)]
#[case(
    "SELECT Id FROM FeedItem WHERE Body LIKE '%x%'",
    "INVALID_FIELD",
    "field 'Body' can not be filtered in a query call"
)]
#[case(
    "SELECT Id FROM EmailMessage WHERE TextBody = 'x'",
    "INVALID_FIELD",
    "field 'TextBody' can not be filtered in a query call"
)]
#[case(
    "SELECT Id FROM Case WHERE Description = 'x'",
    "INVALID_FIELD",
    "field 'Description' can not be filtered in a query call"
)]
#[case(
    "SELECT Id FROM Case ORDER BY Description",
    "INVALID_FIELD",
    "field 'Description' can not be sorted in a query call"
)]
#[case(
    "SELECT COUNT(Id) FROM Case GROUP BY CreatedDate",
    "INVALID_FIELD",
    "field 'CreatedDate' can not be grouped in a query call"
)]
#[case(
    "SELECT Id FROM Case WHERE CreatedDate > '2026-01-01T00:00:00Z'",
    "INVALID_FIELD",
    "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes"
)]
#[case("SELECT Id FROM Case WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime")]
#[case(
    "SELECT Id FROM Course__c WHERE Start__c > 2026-01-01T00:00:00Z",
    "INVALID_FIELD",
    "must be of type date and should not be"
)]
#[case(
    "SELECT Id FROM Case WHERE IsClosed = 'true'",
    "INVALID_FIELD",
    "must be of type boolean and should not be enclosed in quotes"
)]
#[case(
    "SELECT Id FROM Case WHERE Subject = 5",
    "INVALID_FIELD",
    "must be of type string and should be enclosed in quotes"
)]
#[case(
    "SELECT Id FROM Account WHERE NumberOfEmployees = '5'",
    "INVALID_FIELD",
    "must be of type int and should not be enclosed in quotes"
)]
#[case("SELECT Id FROM Case WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nonsense")]
#[case(
    "SELECT Id FROM Case WHERE ContactId LIKE '003%'",
    "INVALID_QUERY_FILTER_OPERATOR",
    "invalid operator on id field"
)]
#[case(
    "SELECT Id FROM Case WHERE IsClosed > true",
    "INVALID_QUERY_FILTER_OPERATOR",
    "not valid on boolean field 'IsClosed'"
)]
#[case(
    "SELECT Id FROM Case WHERE Status INCLUDES ('a')",
    "INVALID_QUERY_FILTER_OPERATOR",
    "not valid on string field 'Status'"
)]
#[case(
    "SELECT Id FROM Case WHERE CALENDAR_YEAR(Subject) = 1",
    "MALFORMED_QUERY",
    "does not support this date function"
)]
#[case("SELECT FIELDS(ALL) FROM Case", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")]
#[case("SELECT FIELDS(CUSTOM) FROM Case LIMIT 201", "MALFORMED_QUERY", "LIMIT of at most 200")]
// Aggregates.
#[case("SELECT Subject s FROM Case", "MALFORMED_QUERY", "only aggregate expressions use field aliasing")]
#[case("SELECT Subject, COUNT(Id) FROM Case", "MALFORMED_QUERY", "Field must be grouped or aggregated: Subject")]
#[case(
    "SELECT Status, Subject FROM Case GROUP BY Status",
    "MALFORMED_QUERY",
    "Field must be grouped or aggregated: Subject"
)]
#[case(
    "SELECT COUNT(Id) FROM Case GROUP BY Status ORDER BY Subject",
    "MALFORMED_QUERY",
    "Field must be grouped or aggregated: Subject"
)]
#[case("SELECT COUNT(Id) n, COUNT(Subject) n FROM Case", "MALFORMED_QUERY", "duplicate alias: n")]
#[case("SELECT SUM(Subject) FROM Case", "MALFORMED_QUERY", "field Subject does not support aggregate operator SUM")]
#[case("SELECT COUNT(Body) FROM FeedItem", "MALFORMED_QUERY", "field Body does not support aggregate operator COUNT")]
#[case("SELECT Id FROM Case WHERE COUNT(Id) > 1", "MALFORMED_QUERY", "unexpected token: '('")]
#[case(
    "SELECT CALENDAR_YEAR(CreatedDate) FROM Case",
    "MALFORMED_QUERY",
    "Field must be grouped or aggregated: CreatedDate"
)]
#[case(
    "SELECT COUNT(Id), (SELECT Id FROM Feeds) FROM Case",
    "MALFORMED_QUERY",
    "Grouped query cannot use child relationships in the SELECT list"
)]
#[case(
    "SELECT Id, (SELECT COUNT() FROM Feeds) FROM Case",
    "MALFORMED_QUERY",
    "only root queries support aggregate expressions"
)]
#[case("SELECT COUNT() FROM Case ORDER BY Subject", "MALFORMED_QUERY", "Field must be grouped or aggregated: Subject")]
#[case(
    "SELECT MAX(CreatedDate) FROM Case LIMIT 1",
    "MALFORMED_QUERY",
    "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
)]
// Functions where they have no place.
#[case("SELECT Id FROM Case WHERE FORMAT(CreatedDate) = 'x'", "MALFORMED_QUERY", "unexpected token: '('")]
#[case("SELECT Id FROM Case ORDER BY FORMAT(CreatedDate)", "MALFORMED_QUERY", "unexpected token: '('")]
#[case("SELECT Id FROM Case ORDER BY toLabel(Status)", "MALFORMED_QUERY", "unexpected token: '('")]
#[case("SELECT Id FROM Case WHERE FORMAT(MAX(CreatedDate)) = 'x'", "MALFORMED_QUERY", "unexpected token: '('")]
#[case("SELECT FORMAT(FORMAT(CreatedDate)) FROM Case", "MALFORMED_QUERY", "unexpected token: '('")]
#[case("SELECT convertTimezone(CreatedDate) FROM Case", "MALFORMED_QUERY", "unexpected token: '('")]
// Names in FROM.
#[case("SELECT Id FROM Case c, x.Account a", "INVALID_TYPE", "Didn't understand 'x' in FROM part of query call.")]
#[case("SELECT Id FROM Case c, c.Accounts a", "INVALID_FIELD", "Didn't understand relationship 'Accounts'")]
#[case("SELECT Id FROM Case c, c.Account", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
#[case("SELECT Id FROM Case c, c.Account C", "MALFORMED_QUERY", "Column:34\nduplicate alias: C")]
#[case("SELECT Id FROM Case c, c a", "MALFORMED_QUERY", "one to 5 relationships away")]
#[case("SELECT a.Bad FROM Case c, c.Account a", "INVALID_FIELD", "No such column 'Bad' on entity 'Account'")]
#[case("SELECT Name, (SELECT Id FROM Contact.Cases) FROM Account", "INVALID_TYPE", "Didn't understand relationship")]
// Links of files.
#[case(
    "SELECT Id FROM ContentDocumentLink",
    "MALFORMED_QUERY",
    "Implementation restriction: ContentDocumentLink requires"
)]
#[case(
    "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId != '500SB0000000001'",
    "MALFORMED_QUERY",
    "Implementation restriction: ContentDocumentLink requires a filter by a single Id"
)]
#[case(
    "SELECT Id FROM Case WHERE Id IN (SELECT LinkedEntityId FROM ContentDocumentLink)",
    "MALFORMED_QUERY",
    "Entity 'ContentDocumentLink' is not supported for semi join inner selects"
)]
// Scopes.
#[case("SELECT Id FROM Case USING SCOPE ours", "MALFORMED_QUERY", "unexpected token: 'ours'")]
#[case("SELECT Id FROM FeedItem USING SCOPE mine", "MALFORMED_QUERY", "'mine' is not supported by entity 'FeedItem'")]
#[case("SELECT Id FROM Case USING SCOPE delegated", "MALFORMED_QUERY", "Column:33\nScope 'delegated' is not supported")]
#[case("SELECT Id FROM Account USING SCOPE my_territory", "MALFORMED_QUERY", "'my_territory' is not supported")]
#[case(
    "SELECT Id FROM Account USING SCOPE my_team_territory",
    "MALFORMED_QUERY",
    "is not supported by entity 'Account'"
)]
#[case("SELECT Id FROM Case USING SCOPE mine_and_my_groups", "MALFORMED_QUERY", "is not supported by entity 'Case'")]
#[case("SELECT Id FROM Account USING SCOPE team", "MALFORMED_QUERY", "'team' is not supported by entity 'Account'")]
// Joins.
#[case(
    "SELECT Id FROM Case WHERE ParentId IN (SELECT Id FROM Case)",
    "MALFORMED_QUERY",
    "The inner and outer selects should not be on the same object type"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT Name FROM Account)",
    "MALFORMED_QUERY",
    "Semi join sub-selects can only query id fields, cannot use: 'Name'"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT Id FROM Contact)",
    "MALFORMED_QUERY",
    "should point to the same object type"
)]
#[case(
    "SELECT Id FROM Case WHERE Subject IN (SELECT Id FROM Contact)",
    "MALFORMED_QUERY",
    "should point to the same object type"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT Id, Name FROM Account)",
    "MALFORMED_QUERY",
    "must select exactly one field"
)]
#[case(
    "SELECT Id FROM Case WHERE Status = 'a' OR AccountId IN (SELECT Id FROM Account)",
    "MALFORMED_QUERY",
    "Semi join sub-selects are not allowed with the 'OR' operator"
)]
#[case(
    "SELECT Id FROM Case WHERE Status = 'a' AND (Priority = 'b' OR AccountId IN (SELECT Id FROM Account))",
    "MALFORMED_QUERY",
    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions."
)]
#[case(
    "SELECT Id FROM Case WHERE NOT AccountId IN (SELECT Id FROM Account)",
    "MALFORMED_QUERY",
    "only allowed at the top level"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT Id FROM Account LIMIT 1)",
    "MALFORMED_QUERY",
    "unexpected token: 'LIMIT'"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT Id FROM Account ORDER BY Name)",
    "MALFORMED_QUERY",
    "unexpected token: 'ORDER'"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT COUNT() FROM Account)",
    "MALFORMED_QUERY",
    "must select exactly one field"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM Case))",
    "MALFORMED_QUERY",
    "Nesting of semi join sub-selects is not supported"
)]
#[case(
    "SELECT Id FROM Case WHERE AccountId IN (SELECT Id FROM Account) AND ContactId IN (SELECT Id FROM Contact) AND Id IN (SELECT ParentId FROM FeedItem)",
    "MALFORMED_QUERY",
    "Maximum 2 semi join sub-selects are allowed"
)]
fn refusals(#[case] soql: &str, #[case] code: &str, #[case] message: &str) {
    let error = refused(soql);
    assert_eq!(error.code, code, "{}", error.message);
    assert!(error.message.contains(message), "{}", error.message);
}

#[test]
fn too_long_and_too_deep_are_refused() {
    let long = format!("SELECT Id FROM Case WHERE Subject = '{}'", "x".repeat(100_000));
    assert!(refused(&long).message.contains("cannot be longer than 100000 characters"));
    for nest in ["(", "NOT "] {
        let deep = format!("SELECT Id FROM Case WHERE {}", nest.repeat(30_000));
        assert!(refused(&deep.chars().take(90_000).collect::<String>()).message.contains("nested too deeply"));
    }
}
