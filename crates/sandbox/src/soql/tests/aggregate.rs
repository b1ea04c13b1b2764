use rstest::rstest;
use serde_json::{Value, json};

use super::{Scope, ask, ask_in, refused};

#[rstest]
#[case("SELECT COUNT(Id) FROM Case", json!([{ "expr0": 4 }]))]
#[case("SELECT COUNT(Subject), COUNT_DISTINCT(Status) kinds, COUNT(Priority) FROM Case",
    json!([{ "expr0": 3, "kinds": 3, "expr1": 3 }]))]
#[case("SELECT MIN(CreatedDate), MAX(CreatedDate) last FROM Case WHERE Status = 'New'",
    json!([{ "expr0": "2026-10-31T23:59:59.999+0000", "last": "2026-11-19T12:00:00.000+0000" }]))]
#[case("SELECT SUM(Seats__c), AVG(Seats__c), MIN(Seats__c), MAX(Seats__c) FROM Course__c",
    json!([{ "expr0": 30.5, "expr1": 15.25, "expr2": 10.5, "expr3": 20 }]))]
#[case("SELECT SUM(NumberOfEmployees) FROM Account", json!([{ "expr0": 12 }]))]
#[case("SELECT SUM(Seats__c), MAX(Name), COUNT(Id) FROM Course__c WHERE Name = 'none'",
    json!([{ "expr0": null, "expr1": null, "expr2": 0 }]))]
#[case("SELECT Status, COUNT(Id) FROM Case GROUP BY Status ORDER BY COUNT(Id) DESC, Status",
    json!([{ "Status": "New", "expr0": 2 }, { "Status": "Open", "expr0": 1 }, { "Status": "Closed", "expr0": 1 }]))]
#[case("SELECT Status s, COUNT(Id) n FROM Case GROUP BY Status HAVING COUNT(Id) > 1", json!([{ "s": "New", "n": 2 }]))]
#[case("SELECT Status FROM Case GROUP BY Status HAVING MAX(CreatedDate) = TODAY", json!([{ "Status": "Open" }]))]
#[case("SELECT Status FROM Case GROUP BY Status HAVING COUNT(Id) = 1 AND Status LIKE 'c%'", json!([{ "Status": "Closed" }]))]
#[case("SELECT COUNT(Id) n FROM Case GROUP BY Status ORDER BY n DESC LIMIT 1", json!([{ "n": 2 }]))]
#[case("SELECT COUNT(Id) n FROM Case GROUP BY Status ORDER BY n DESC LIMIT 5 OFFSET 2", json!([{ "n": 1 }]))]
#[case("SELECT Account.Name, COUNT(Id) FROM Case GROUP BY Account.Name ORDER BY Account.Name NULLS LAST",
    json!([{ "Name": "Acme", "expr0": 2 }, { "Name": "beta", "expr0": 1 }, { "Name": null, "expr0": 1 }]))]
#[case("SELECT CALENDAR_MONTH(CreatedDate), COUNT(Id) FROM Case GROUP BY CALENDAR_MONTH(CreatedDate) ORDER BY CALENDAR_MONTH(CreatedDate)",
    json!([{ "expr0": 10, "expr1": 1 }, { "expr0": 11, "expr1": 3 }]))]
#[case("SELECT DAY_ONLY(convertTimezone(CreatedDate)) day FROM Case WHERE Status = 'Open' GROUP BY DAY_ONLY(CreatedDate)",
    json!([{ "day": "2026-11-20" }]))]
#[case("SELECT Status, IsClosed, COUNT(Id) FROM Case WHERE Status != 'New' GROUP BY Status, IsClosed ORDER BY Status",
    json!([{ "Status": "Open", "IsClosed": false, "expr0": 1 }, { "Status": "Closed", "IsClosed": true, "expr0": 1 }]))]
fn aggregates(#[case] soql: &str, #[case] expected: Value) {
    assert_eq!(Value::Array(ask(soql)), expected);
}

#[test]
fn an_aggregate_row_says_so() {
    let result = ask_in(Scope::Live, "SELECT COUNT(Id) FROM Case").unwrap();
    assert_eq!(result.rows, [json!({ "attributes": { "type": "AggregateResult" }, "expr0": 4 })]);
    assert_eq!(result.total, 1);
}

#[test]
fn a_rollup_adds_subtotals_from_the_last_key_to_the_first() {
    let rows = ask("SELECT IsClosed, Status, COUNT(Id) n, GROUPING(Status) s, GROUPING(IsClosed) c FROM Case
         GROUP BY ROLLUP(IsClosed, Status) ORDER BY GROUPING(IsClosed), GROUPING(Status), Status");
    let shown: Vec<Value> =
        rows.iter().map(|row| json!([row["IsClosed"], row["Status"], row["n"], row["s"], row["c"]])).collect();
    assert_eq!(
        json!(shown),
        json!([
            [false, "New", 1, 0, 0],
            [null, "new", 1, 0, 0],
            [false, "Open", 1, 0, 0],
            [true, "Closed", 1, 0, 0],
            [false, null, 2, 1, 0],
            [true, null, 1, 1, 0],
            [null, null, 1, 1, 0],
            [null, null, 4, 1, 1],
        ])
    );
}

#[test]
fn a_cube_adds_subtotals_of_every_combination() {
    let rows =
        ask("SELECT Visibility, ParentId, COUNT(Id) n, GROUPING(Visibility) v, GROUPING(ParentId) p FROM FeedItem
         GROUP BY CUBE(Visibility, ParentId) HAVING GROUPING(ParentId) = 1
         ORDER BY GROUPING(Visibility), Visibility");
    let shown: Vec<Value> = rows.iter().map(|row| json!([row["Visibility"], row["n"], row["v"]])).collect();
    assert_eq!(json!(shown), json!([["AllUsers", 2, 0], ["InternalUsers", 1, 0], [null, 3, 1]]));
    let all = ask("SELECT COUNT(Id) n FROM FeedItem GROUP BY CUBE(Visibility, ParentId)");
    assert_eq!(all.len(), 3 + 2 + 2 + 1);
}

#[test]
fn grouping_speaks_of_keys_only() {
    for soql in [
        "SELECT GROUPING(Subject) FROM Case GROUP BY ROLLUP(Status)",
        "SELECT GROUPING(Status) FROM Case",
        "SELECT COUNT(Id) FROM Case GROUP BY ROLLUP(Status, Priority, Origin, Reason)",
        "SELECT COUNT(Id) FROM Case GROUP BY ROLLUP()",
    ] {
        assert_eq!(refused(soql).code, "MALFORMED_QUERY", "{soql}");
    }
}
